"""What keeps an artifact from being read, as the results of checks, and what is found in its files beside that."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from automatosx_nb import package
from automatosx_nb.errors import InvalidManifest, NotAnArchive, PublishRefused
from automatosx_nb.model.release import CheckResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from automatosx_nb.errors import ArtifactFault
    from automatosx_nb.model.manifest import Manifest
    from automatosx_nb.model.publishing import PublishPolicy
    from automatosx_nb.package import Examined, Package

ARCHIVE, MANIFEST = "archive", "manifest"
"""No policy can have these only watched."""


def opened(artifact: bytes, policy: PublishPolicy) -> Package:
    """What is in an artifact that is to be published.

    :raises NotAnArchive:
    :raises PublishRefused: with all that is wrong.
    """
    return opened_by(artifact, partial(results, policy=policy))


def opened_by(artifact: bytes, judge: Callable[[Examined], tuple[CheckResult, ...]]) -> Package:
    """As :func:`opened`; ``judge`` says what is wrong with one that cannot be read."""
    found = package.examine(artifact)
    if found.package is not None:
        return found.package
    if isinstance(found.errors[0], NotAnArchive):
        raise found.errors[0]
    raise refusal(judge(found), found.manifest)


def refusal(found: tuple[CheckResult, ...], manifest: Manifest | None) -> PublishRefused:
    """``manifest``: of what is refused; None: nobody can read it."""
    from automatosx_nb.registry import checks  # whoever only reads a registry needs none of them

    named = (manifest.id, str(manifest.version)) if manifest else ("", "")
    return PublishRefused(*named, checks.refusals(found), found)


def results(found: Examined, policy: PublishPolicy) -> tuple[CheckResult, ...]:
    """One for each fault of the archive and of the manifest, and what is wrong in its files."""
    from automatosx_nb.registry import checks

    rows: list[CheckResult] = []
    for error in found.errors:
        if isinstance(error, InvalidManifest):
            rows += [CheckResult(MANIFEST, False, "error", str(each), "plugin.toml") for each in error.problems]
        else:
            rows += faults(error.faults)
    return (*rows, *(checks.run_unread(found.contents, policy) if found.contents is not None else ()))


def faults(found: Iterable[ArtifactFault]) -> tuple[CheckResult, ...]:
    return tuple(CheckResult(ARCHIVE, False, "error", each.reason, each.member or "") for each in found)
