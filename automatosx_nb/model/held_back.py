"""What was not chosen although it is newer, and why."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from automatosx_nb.model.activation import find_cycle
from automatosx_nb.model.candidates import Candidate, Candidates, Excluded, Requirement
from automatosx_nb.model.flags import yanked_for
from automatosx_nb.model.release import Stage
from automatosx_nb.model.rules import BETA, HOW_PRERELEASES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from automatosx_nb.model.semver import Range, Version

Because = Literal["release", "prerelease", "wish", "dependant", "locked", "installed", "requires", "circle", "rest"]
"""What keeps a newer version away: the release itself (yanked, too young, for another Python, denied …); that it is a
prerelease or a beta; what the user asked for; what a chosen plugin accepts; a lock; an installed version that stays;
what it requires itself; a circle that it would close; or what else was chosen, in a longer way round."""


@dataclass(frozen=True, slots=True)
class HeldBack:
    """``newer`` of plugin ``id`` was not chosen, but ``chosen``; ``str()`` is the sentence."""

    id: str
    chosen: str
    newer: str
    because: Because
    reason: str
    """Continues the sentence 'acme.a 2.0.0 …'."""

    def __str__(self) -> str:
        return f"{self.id} {self.newer} {self.reason}"


def newer_versions(
    wishes: Mapping[str, Range], chosen: Mapping[str, Candidate], candidates: Candidates
) -> tuple[HeldBack, ...]:
    """Of each plugin the newest version; where that itself is out, or a prerelease, also the newest that is not."""
    comparison = _Comparison(wishes, chosen, candidates)
    return tuple(each for plugin in sorted(chosen) for each in comparison.newer(plugin))


class _Comparison:
    def __init__(self, wishes: Mapping[str, Range], chosen: Mapping[str, Candidate], candidates: Candidates) -> None:
        self._chosen = chosen
        self._candidates = candidates
        self._limits: dict[str, list[Requirement]] = defaultdict(list)
        for plugin, wish in wishes.items():
            self._limits[plugin].append(Requirement(plugin, wish))
        for candidate in chosen.values():
            for requirement in candidate.requirements():
                self._limits[requirement.plugin].append(requirement)

    def newer(self, plugin: str) -> Iterator[HeldBack]:
        current = self._chosen[plugin]
        told: set[str] = set()
        for version, of in self._newest_first(plugin):
            if version <= current.version:
                return
            because, reason = self._why_not(of, current) if isinstance(of, Candidate) else _excluded(of)
            kind = "prerelease" if version.is_prerelease else because
            if kind not in told:
                yield HeldBack(plugin, str(current.version), str(version), because, reason)
            if kind not in ("release", "prerelease"):
                return
            told.add(kind)

    def _newest_first(self, plugin: str) -> list[tuple[Version, Candidate | Excluded]]:
        public = (no for no in self._candidates.excluded(plugin) if no.release.stage is not Stage.DRAFT)
        both: list[Candidate | Excluded] = [*self._candidates.usable(plugin), *public]
        return sorted(((one.version, one) for one in both), key=lambda pair: pair[0], reverse=True)

    def _why_not(self, newer: Candidate, current: Candidate) -> tuple[Because, str]:
        broken = [limit for limit in self._limits[newer.plugin] if not newer.is_in(limit.range)]
        if broken:
            return _outside(newer, broken)
        stays = self._candidates.stays(current)
        if stays == "locked":
            return "locked", f"is newer than the lock, which has {current.version}"
        if stays == "installed":
            return "installed", f"is left for an update: {current.version} is installed and stays"
        if newer.release.yanked is not None:
            return "release", yanked_for(newer.release.yanked)
        return self._own_requirements(newer)

    def _own_requirements(self, newer: Candidate) -> tuple[Because, str]:
        for requirement in newer.requirements():
            verb = "works only with" if requirement.optional else "requires"
            needs = f"{verb} {requirement.plugin} {requirement.range}"
            other = self._chosen.get(requirement.plugin)
            if other is not None and not other.is_in(requirement.range):
                return "requires", f"{needs}, and {other} was chosen"
            if other is None and not requirement.optional and not self._is_there(requirement):
                return "requires", f"{needs}, of which no version can be chosen here"
        circle = find_cycle(_edges({**self._chosen, newer.plugin: newer}))
        if newer.plugin in circle:
            return "circle", f"would close a circle of requirements: {' → '.join((*circle, circle[0]))}"
        return "rest", "does not go together with what else was chosen"

    def _is_there(self, requirement: Requirement) -> bool:
        return any(each.is_in(requirement.range) for each in self._candidates.usable(requirement.plugin))


def _excluded(no: Excluded) -> tuple[Because, str]:
    return "prerelease" if no.reason == BETA else "release", no.reason


def _outside(newer: Candidate, broken: Sequence[Requirement]) -> tuple[Because, str]:
    if all(limit.range.allows(newer.version, prereleases=True) for limit in broken):
        return "prerelease", f"is a prerelease: {HOW_PRERELEASES}"
    first = next((limit for limit in broken if limit.parent is None), broken[0])
    if first.parent is None:
        return "wish", f"is not in {first.range}, which you asked for"
    more = len(broken) - 1
    others = f" ({more} other{'s rule' if more > 1 else ' rules'} it out, too)" if more else ""
    verb = "works with" if first.optional else "requires"
    return "dependant", f"is not in {first.range}, which {first.parent} {verb}{others}"


def _edges(chosen: Mapping[str, Candidate]) -> dict[str, list[str]]:
    return {plugin: sorted(_present(one.release.dependencies, chosen)) for plugin, one in chosen.items()}


def _present(plugins: Iterable[str], chosen: Mapping[str, Candidate]) -> list[str]:
    return [plugin for plugin in plugins if plugin in chosen]
