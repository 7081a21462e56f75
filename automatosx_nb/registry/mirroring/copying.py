"""Making a mirror, or bringing one up to date: only what is not there yet is fetched."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from automatosx_nb.errors import ArtifactMismatch
from automatosx_nb.registry.mirroring.layout import FORMAT, Blob, MirroredPlugin, Root, encode_plugin, encode_root

if TYPE_CHECKING:
    from datetime import datetime

    from automatosx_nb.model.ports import Registry
    from automatosx_nb.model.release import IndexRelease, PluginDetail
    from automatosx_nb.registry.mirroring.selecting import Selection
    from automatosx_nb.registry.mirroring.targets import Target


@dataclass(frozen=True, slots=True)
class MirrorReport:
    """``sha256`` is the digest of ``mirror.json``, from which everything else can be verified."""

    sha256: str
    plugins: int
    releases: int
    fetched: int
    """Artifacts."""
    fetched_bytes: int
    kept: int
    """Artifacts that were there already."""
    removed: int
    """Files that nothing needs any more."""
    expires: str
    unmet: tuple[tuple[str, str, str], ...]


def copy(
    registry: Registry,
    selection: Selection,
    target: Target,
    *,
    made: datetime,
    expires: datetime,
    told: Callable[[str], object] = lambda _plugin: None,
) -> MirrorReport:
    """:param told: of each plugin before it is copied.

    :raises ArtifactMismatch: the registry hands out other bytes than it announces. Nothing was changed then.
    """
    documents: dict[str, Blob] = {}
    fetched: list[int] = []
    keep: set[str] = set()
    for plugin, releases in selection.releases.items():
        told(plugin)
        copied = [each for each in releases if each.quarantined is None]
        fetched += [_fetch(registry, plugin, each, target) for each in copied if not target.has(each.sha256)]
        document = encode_plugin(_plugin(registry, plugin, releases, copied))
        digest = hashlib.sha256(document).hexdigest()
        if not target.has(digest):
            target.put(document)
        documents[plugin] = Blob(digest, len(document))
        keep |= {digest, *(each.sha256 for each in copied)}
    root = encode_root(Root(FORMAT, registry.address, made.isoformat(), expires.isoformat(), documents))
    count = len(keep) - len(documents)
    return MirrorReport(
        sha256=hashlib.sha256(root).hexdigest(),
        plugins=len(documents),
        releases=sum(len(each) for each in selection.releases.values()),
        fetched=len(fetched),
        fetched_bytes=sum(fetched),
        kept=count - len(fetched),
        removed=target.commit(root, keep),
        expires=expires.isoformat(),
        unmet=selection.unmet,
    )


def _fetch(registry: Registry, plugin: str, release: IndexRelease, target: Target) -> int:
    """The artifact's size.

    :raises ArtifactMismatch:
    """
    data = b"".join(registry.artifact(plugin, str(release.version)))
    actual = hashlib.sha256(data).hexdigest()
    if actual != release.sha256:
        raise ArtifactMismatch(plugin, str(release.version), release.sha256, actual)
    target.put(data)
    return len(data)


def _plugin(
    registry: Registry, plugin: str, releases: Iterable[IndexRelease], copied: Iterable[IndexRelease]
) -> MirroredPlugin:
    versions = [str(each.version) for each in copied]
    changelogs = {version: registry.changelog(plugin, version) for version in versions}
    checks = {version: registry.checked(plugin, version) for version in versions}
    detail = _only(registry.plugin(plugin), changelogs) if versions else None
    return MirroredPlugin(plugin, detail, tuple(releases), changelogs, checks)


def _only(detail: PluginDetail, changelogs: Mapping[str, str]) -> PluginDetail:
    """What is said of the versions in ``changelogs``; where the shown one is none of them, of the newest that is.

    Its downloads are left out: a mirror is the same after somebody downloaded something.
    """
    kept = tuple(each for each in detail.releases if each.version in changelogs)
    summary = replace(detail.summary, downloads=0)
    if kept and summary.version not in changelogs:
        shown = next((each for each in kept if each.yanked is None), kept[0])
        summary = replace(
            summary,
            version=shown.version,
            permissions=shown.permissions,
            updated=shown.published,
            engine=shown.engine,
            python=shown.python,
            platforms=shown.platforms,
            packages=shown.packages,
            stage=shown.stage,
            signed=shown.signature is not None,
        )
        return replace(detail, summary=summary, changelog=changelogs[shown.version], releases=kept)
    return replace(detail, summary=summary, releases=kept)
