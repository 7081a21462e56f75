"""Lines of versions that promise not to break each other: one major version, and of ``0.2.x`` one minor version, as
npm's caret has it.
"""

from __future__ import annotations

from collections.abc import Iterable

from automatosx_nb.model.semver import Version

MOST_SAID = 3
"""Differences of one thing that are told."""


def line_of(version: Version) -> tuple[int, ...]:
    """Versions with the same one promise not to break each other."""
    return (version.major,) if version.major else (0, version.minor)


def last_of_line(version: Version, published: Iterable[Version]) -> Version | None:
    """The newest release that ``version`` follows and must not break; prereleases promise nothing."""
    if version.prerelease:
        return None
    same = [each for each in published if not each.prerelease and line_of(each) == line_of(version) and each < version]
    return max(same, default=None)


def said(differences: Iterable[str]) -> str:
    """The first of them, each once."""
    return "; ".join(list(dict.fromkeys(differences))[:MOST_SAID])


def to_raise(version: Version) -> str:
    """What is raised to begin another line."""
    return "major version" if version.major else "minor version"


def broken(what: str, how: str, differences: Iterable[str], *, version: Version, before: Version) -> str:
    """``what`` of the release ``version`` breaks those who relied on it in that of ``before``; ``how``: ``set it``."""
    return (
        f"{what} breaks those who {how} as of {before} ({said(differences)}): "
        f"raise the {to_raise(version)}, or keep it as it was"
    )
