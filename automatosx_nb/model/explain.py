"""The sentences of a conflict: from what the user asked for, over what requires what, to the contradiction."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from automatosx_nb.model.candidates import Candidate, Candidates
    from automatosx_nb.model.semver import Range, Version

SHOWN_VERSIONS = 5
"""How many versions of one plugin a sentence lists."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """``parent`` requires ``plugin`` in ``range``; None: the user does. ``optional``: only if it is there anyway."""

    plugin: str
    range: Range
    parent: Candidate | None = None
    optional: bool = False

    def __str__(self) -> str:
        if self.parent is None:
            return f"you asked for {self.plugin} {self.range}"
        verb = "works only with" if self.optional else "requires"
        return f"{self.parent} {verb} {self.plugin} {self.range}"


def conflict_sentences(
    causes: Iterable[Requirement],
    reached_by: Mapping[str, Requirement],
    candidates: Candidates,
    prereleases: bool,
) -> tuple[str, ...]:
    """:param causes: requirements that cannot hold together.
    :param reached_by: plugin → the requirement by which the search came to it first.
    """
    contested = list(dict.fromkeys(causes))
    sentences: list[str] = []
    for cause in contested:
        sentences += [str(step) for step in path_from_wish(cause, reached_by)]
    for plugin in dict.fromkeys(cause.plugin for cause in contested):
        ranges = [cause.range for cause in contested if cause.plugin == plugin]
        sentences += _contradiction(plugin, ranges, candidates, prereleases)
    return tuple(dict.fromkeys(sentences))


def path_from_wish(last: Requirement, reached_by: Mapping[str, Requirement]) -> list[Requirement]:
    """The requirements from a wish of the user's to ``last``."""
    path = [last]
    seen = {last.plugin}
    while (parent := path[-1].parent) is not None and parent.plugin not in seen:
        seen.add(parent.plugin)
        before = reached_by.get(parent.plugin)
        if before is None:
            break
        path.append(before)
    return path[::-1]


def _contradiction(plugin: str, ranges: Sequence[Range], candidates: Candidates, prereleases: bool) -> list[str]:
    """What the versions of ``plugin`` have to do with it; nothing, where some version is in all ``ranges``."""
    if not candidates.knows(plugin):
        return [f"there is no plugin {plugin!r} in the registry"]
    texts = " and ".join(dict.fromkeys(map(str, ranges)))

    def fits(version: Version) -> bool:
        return all(one.allows(version, prereleases) for one in ranges)

    if any(fits(candidate.version) for candidate in candidates.usable(plugin)):
        return []
    excluded = [f"{plugin} {no.version} {no.reason}" for no in candidates.excluded(plugin) if fits(no.version)]
    if not excluded and not all(one.intersects(other) for one, other in combinations(ranges, 2)):
        return [f"no version of {plugin} can be in {texts} at once"]
    hidden = [
        f"{candidate} is a prerelease: name that version exactly, or allow prereleases"
        for candidate in candidates.usable(plugin)
        if all(one.allows(candidate.version, prereleases=True) for one in ranges)
    ]
    return [_nothing_in(plugin, texts, candidates), *hidden[:1], *excluded[:SHOWN_VERSIONS]]


def _nothing_in(plugin: str, texts: str, candidates: Candidates) -> str:
    newest = sorted((candidate.version for candidate in candidates.usable(plugin)), reverse=True)
    if not newest:
        return f"no version of {plugin} can be chosen here"
    more = f" and {len(newest) - SHOWN_VERSIONS} older" if len(newest) > SHOWN_VERSIONS else ""
    return f"no version of {plugin} is in {texts}: it has {', '.join(map(str, newest[:SHOWN_VERSIONS]))}{more}"
