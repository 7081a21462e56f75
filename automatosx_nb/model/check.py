"""A second look at the versions that the solver chose, with resolvelib (https://github.com/sarugaku/resolvelib).

Its provider is handed one candidate for each plugin, the solver's, so resolvelib has nothing to search: it walks from
the wishes over every requirement and builds the graph, or stumbles over what does not hold.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from resolvelib import AbstractProvider, BaseReporter, Resolver
from resolvelib.resolvers import ResolverException

from automatosx_nb.errors import ResolutionUnsound
from automatosx_nb.model.candidates import Candidate, Requirement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from automatosx_nb.model.semver import Range

STRETCH = 4
"""How many plugins one run of resolvelib walks over. Each of its rounds, one a plugin, asks again for all requirements
met so far, so the time of one run over everything would grow with the square of it. Requirers are walked over first:
most plugins are then met when all that is required of them is known."""

Required = Mapping[str, Sequence[Requirement]]
"""Plugin → what it requires of others."""
Waiting = defaultdict[str, list[Requirement]]
"""Plugin → what is required of it by plugins that were walked over before."""


class _Provider(AbstractProvider[Requirement, Candidate, str]):
    """Knows the plugins of one stretch, and puts what these require of others among ``waiting``."""

    def __init__(self, stretch: Sequence[Candidate], required: Required, waiting: Waiting) -> None:
        self._chosen = {candidate.plugin: candidate for candidate in stretch}
        self._rank = {candidate.plugin: place for place, candidate in enumerate(stretch)}
        self._required = required
        self._waiting = waiting
        self._met: set[int] = set()
        """The ``id`` of requirements that are met: resolvelib keeps them, and asks for them again and again."""

    def identify(self, requirement_or_candidate: Requirement | Candidate) -> str:
        return requirement_or_candidate.plugin

    def narrow_requirement_selection(self, identifiers: Iterable[str], *_: Any, **__: Any) -> Iterable[str]:
        return (min(identifiers, key=self._rank.__getitem__),)

    def get_preference(self, identifier: str, *_: Any, **__: Any) -> int:
        return self._rank[identifier]

    def find_matches(self, identifier: str, *_: Any, **__: Any) -> Iterable[Candidate]:
        return (self._chosen[identifier],)

    def is_satisfied_by(self, requirement: Requirement, candidate: Candidate) -> bool:
        if id(requirement) in self._met:
            return True
        if not candidate.is_in(requirement.range):
            return False
        self._met.add(id(requirement))
        return True

    def get_dependencies(self, candidate: Candidate) -> Iterable[Requirement]:
        needs = []
        for requirement in self._required.get(candidate.plugin, ()):
            if requirement.plugin in self._rank:
                needs.append(requirement)
            else:
                self._waiting[requirement.plugin].append(requirement)
        return needs


def check(wishes: Mapping[str, Range], chosen: Mapping[str, Candidate]) -> None:
    """:raises ResolutionUnsound: a requirement does not hold, or something was chosen that nothing requires."""
    waiting: Waiting = defaultdict(list)
    for plugin, wish in wishes.items():
        waiting[plugin].append(Requirement(plugin, wish))
    required = {plugin: candidate.requirements() for plugin, candidate in chosen.items()}
    order = _requirers_first(wishes, required)
    idle = [str(candidate) for plugin, candidate in chosen.items() if plugin not in order]
    if idle:
        raise ResolutionUnsound(f"nothing requires {idle[0]}", tuple(wishes))
    try:
        _walk([chosen[plugin] for plugin in order], required, waiting)
        _walk([chosen[plugin] for plugin in waiting if plugin in chosen], {}, waiting)
    except ResolverException as error:
        raise ResolutionUnsound(f"resolvelib says {type(error).__name__} {error}", tuple(wishes)) from error
    missing = [str(each) for some in waiting.values() for each in some if not each.optional]
    if missing:
        raise ResolutionUnsound(f"{missing[0]}, which was not chosen", tuple(wishes))


def _requirers_first(wishes: Iterable[str], required: Required) -> dict[str, None]:
    """What the wishes lead to, each plugin after all that require it; in a circle, after one of them."""
    missing = Counter(each.plugin for some in required.values() for each in some if not each.optional)
    order: dict[str, None] = {}
    reached = dict.fromkeys(plugin for plugin in wishes if plugin in required)
    ready = [plugin for plugin in reached if not missing[plugin]]
    while reached:
        plugin = ready.pop() if ready else next(iter(reached))
        del reached[plugin]
        order[plugin] = None
        for each in required[plugin]:
            on = each.plugin
            if each.optional or on not in required:
                continue
            missing[on] -= 1
            if on not in order:
                reached[on] = None
                if not missing[on]:
                    ready.append(on)
    return order


def _walk(candidates: Sequence[Candidate], required: Required, waiting: Waiting) -> None:
    for start in range(0, len(candidates), STRETCH):
        stretch = candidates[start : start + STRETCH]
        roots = [each for candidate in stretch for each in _each_range_once(waiting.pop(candidate.plugin, ()))]
        resolver = Resolver(_Provider(stretch, required, waiting), BaseReporter[Requirement, Candidate, str]())
        resolver.resolve(roots, max_rounds=len(stretch) + 1)


def _each_range_once(requirements: Iterable[Requirement]) -> Iterable[Requirement]:
    """Of requirements on one plugin the first with each range: what holds for one of these, holds for all."""
    found: dict[str, Requirement] = {}
    for requirement in requirements:
        found.setdefault(str(requirement.range), requirement)
    return found.values()
