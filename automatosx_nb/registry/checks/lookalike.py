"""No plugin's id can be taken for another's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automatosx_nb.model.names import fold
from automatosx_nb.registry.checks.submission import Check, Finding, Submission

if TYPE_CHECKING:
    from collections.abc import Iterator

_ALIKE = str.maketrans({"-": "", "0": "o", "1": "l"})


def skeleton(plugin: str) -> str:
    """The id as an eye sees it: folded, without hyphens, ``0`` as ``o`` and ``1`` as ``l``."""
    return fold(plugin).translate(_ALIKE)


def refusal(plugin: str, other: str) -> str:
    return f"the id {plugin!r} looks like {other!r}, which is taken: choose another 'id'"


def _find(submission: Submission) -> Iterator[Finding]:
    if submission.look_alike is not None:
        yield Finding("error", refusal(submission.package.manifest.id, submission.look_alike), "plugin.toml")


CHECK = Check("look-alike", "No other plugin's id looks the same.", _find)
