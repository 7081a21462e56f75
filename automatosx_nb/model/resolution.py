"""Chooses one version of each plugin that is needed, so that every requirement holds.

Newest first, but installed versions stay where they can; the user's own wishes are settled before what those
require. The search is resolvelib's (https://github.com/sarugaku/resolvelib); what it finds is read against the
requirements once more before anybody sees it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from automatosx_nb.errors import DependencyCycle, ResolutionConflict, ResolutionTooHard, UnknownPlugin
from automatosx_nb.model.activation import Edges, activation_order, find_cycle
from automatosx_nb.model.candidates import Candidate, Candidates, Rules
from automatosx_nb.model.explain import Requirement
from automatosx_nb.model.search import Edge, search
from automatosx_nb.model.semver import Range
from automatosx_nb.model.spelling import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automatosx_nb.model.ports import ReleaseIndex
    from automatosx_nb.model.release import IndexRelease
    from automatosx_nb.model.semver import Version

MAX_CYCLE_SEARCHES = 64
"""How many ways around cycles are tried before the first cycle is reported."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """One version of each plugin. ``order`` has every plugin after those that it requires: activate in this order."""

    selected: dict[str, Version]
    order: tuple[str, ...]
    releases: Mapping[str, IndexRelease]
    """Plugin → the release behind :attr:`selected`."""
    requirements: Mapping[str, Range]
    """What the user asked for."""
    _reached: Mapping[str, Requirement] = field(repr=False, default_factory=dict)

    def why(self, plugin: str) -> str:
        """One sentence: how the user's wishes lead to ``plugin``.

        :raises UnknownPlugin: it was not selected.
        """
        if plugin not in self.selected:
            raise UnknownPlugin(plugin, nearest(plugin, self.selected))
        step = self._reached[plugin]
        reasons = [str(step)]
        while step.parent is not None:
            step = self._reached[step.parent.plugin]
            reasons.append(str(step))
        return f"{plugin} {self.selected[plugin]} is here because {', because '.join(reasons)}."


def resolve(
    requirements: Mapping[str, str],
    index: ReleaseIndex,
    *,
    installed: Mapping[str, Version] | None = None,
    prereleases: bool = False,
    cycles: Literal["refuse", "allow"] = "refuse",
    engine: Version | None = None,
    python: str | None = None,
) -> Resolution:
    """The versions that meet ``requirements`` (plugin → range) and all that these require in turn.

    :param installed: versions to keep where the requirements allow them; plugins that nothing needs are left out.
    :param prereleases: choose among prerelease versions and beta releases too.
    :param engine: the runtime's API version, and ``python`` the interpreter's, as in ``3.12.1``: releases that do
        not fit them are not chosen. Where they are not given, the index's attributes of these names count.
    :raises InvalidRange: in ``requirements``.
    :raises UnknownPlugin: the user asked for a plugin that the index does not have.
    :raises ResolutionConflict: no versions meet all requirements.
    :raises DependencyCycle: they do only with plugins that require each other in a circle.
    :raises ResolutionTooHard: the search was given up.
    """
    wishes = {plugin: Range.parse(text) for plugin, text in requirements.items()}
    rules = Rules(
        pins={plugin: pin for plugin, wish in wishes.items() if (pin := wish.pin) is not None},
        installed=installed or {},
        prereleases=prereleases,
        engine=engine if engine is not None else getattr(index, "engine", None),
        python=python if python is not None else getattr(index, "python", None),
    )
    candidates = Candidates(index, rules)
    _check_known(wishes, candidates, index)
    if cycles == "allow":
        chosen = search(wishes, candidates, prereleases)
    else:
        chosen = _search_without_cycles(wishes, candidates, prereleases)
    return _resolution(wishes, chosen, prereleases)


def _check_known(wishes: Mapping[str, Range], candidates: Candidates, index: ReleaseIndex) -> None:
    for plugin in wishes:
        if not candidates.knows(plugin):
            known = getattr(index, "known", None)
            raise UnknownPlugin(plugin, nearest(plugin, known()) if callable(known) else ())


def _search_without_cycles(
    wishes: Mapping[str, Range], candidates: Candidates, prereleases: bool
) -> dict[str, Candidate]:
    """Breadth first: one requirement of each circle that is found is forbidden, and the search repeated."""
    first: tuple[str, ...] = ()
    waiting: deque[frozenset[Edge]] = deque([frozenset()])
    seen = set(waiting)
    for _ in range(MAX_CYCLE_SEARCHES):
        if not waiting:
            break
        forbidden = waiting.popleft()
        try:
            chosen = search(wishes, candidates, prereleases, forbidden)
        except ResolutionConflict:
            if not first:
                raise
            continue
        cycle = find_cycle(_edges(chosen))
        if not cycle:
            return chosen
        first = first or cycle
        for edge in zip(cycle, (*cycle[1:], cycle[0]), strict=True):
            if (more := forbidden | {edge}) not in seen:
                seen.add(more)
                waiting.append(more)
    raise DependencyCycle(first)


def _edges(chosen: Mapping[str, Candidate]) -> Edges:
    return {plugin: sorted(one.release.dependencies) for plugin, one in chosen.items()}


def _resolution(wishes: Mapping[str, Range], chosen: Mapping[str, Candidate], prereleases: bool) -> Resolution:
    reached = _read_back(wishes, chosen, prereleases)
    needed = {plugin: chosen[plugin] for plugin in sorted(reached)}
    optional = {
        plugin: sorted(set(one.release.optional_dependencies) & needed.keys()) for plugin, one in needed.items()
    }
    return Resolution(
        selected={plugin: one.version for plugin, one in needed.items()},
        order=activation_order(_edges(needed), optional),
        releases={plugin: one.release for plugin, one in needed.items()},
        requirements=dict(wishes),
        _reached=reached,
    )


def _read_back(
    wishes: Mapping[str, Range], chosen: Mapping[str, Candidate], prereleases: bool
) -> dict[str, Requirement]:
    """Plugin → the requirement closest to the user's wishes that needs it, after checking every requirement.

    :raises ResolutionTooHard: one does not hold, so the search went wrong.
    """
    reached: dict[str, Requirement] = {}
    waiting = deque(Requirement(plugin, wish) for plugin, wish in wishes.items())
    while waiting:
        requirement = waiting.popleft()
        one = chosen.get(requirement.plugin)
        if one is None or not requirement.range.allows(one.version, prereleases):
            raise ResolutionTooHard(f"the search ended although {requirement}", tuple(wishes))
        if requirement.plugin not in reached:
            reached[requirement.plugin] = requirement
            for plugin, wanted in sorted(one.release.dependencies.items()):
                waiting.append(Requirement(plugin, wanted, one))
    for plugin in reached:
        for other, wanted in chosen[plugin].release.optional_dependencies.items():
            if other in reached and not wanted.allows(chosen[other].version, prereleases):
                limit = Requirement(other, wanted, chosen[plugin], optional=True)
                raise ResolutionTooHard(f"the search ended although {limit}", tuple(wishes))
    return reached
