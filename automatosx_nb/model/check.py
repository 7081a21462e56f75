"""A second look at the versions that the solver chose, with resolvelib (https://github.com/sarugaku/resolvelib).

Its provider is handed one candidate for each plugin, the solver's, so resolvelib has nothing to search: it walks from
the wishes over every requirement and builds the graph, or stumbles over what does not hold.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from resolvelib import AbstractProvider, BaseReporter, Resolver
from resolvelib.resolvers import ResolverException

from automatosx_nb.errors import ResolutionUnsound
from automatosx_nb.model.candidates import Candidate, Requirement

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from automatosx_nb.model.semver import Range

STRETCH = 16
"""How many plugins one run of resolvelib walks over. Each of its rounds, one a plugin, asks again for all requirements
met so far: one run over everything would take a time that grows with the square of it."""

Waiting = defaultdict[str, list[Requirement]]
"""Plugin → what is required of it by plugins that were looked at before."""


class _Provider(AbstractProvider[Requirement, Candidate, str]):
    """Knows the plugins of one stretch, and puts what these require of others among ``waiting``.

    Plugins are taken requirers first: each is then met once, when all that ask for it are known.
    """

    def __init__(self, stretch: Sequence[Candidate], waiting: Waiting, prereleases: bool) -> None:
        self._chosen = {candidate.plugin: candidate for candidate in stretch}
        self._rank = {candidate.plugin: place for place, candidate in enumerate(stretch)}
        self._waiting = waiting
        self._prereleases = prereleases
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
        if not requirement.range.allows(candidate.version, self._prereleases):
            return False
        self._met.add(id(requirement))
        return True

    def get_dependencies(self, candidate: Candidate) -> Iterable[Requirement]:
        needs = []
        for requirement in candidate.requirements():
            if requirement.plugin in self._rank:
                needs.append(requirement)
            else:
                self._waiting[requirement.plugin].append(requirement)
        return needs


class _Leaves(_Provider):
    """Plugins that were walked over before, and are required again."""

    def get_dependencies(self, candidate: Candidate) -> Iterable[Requirement]:
        return ()


def check(
    wishes: Mapping[str, Range], chosen: Mapping[str, Candidate], order: Sequence[str], prereleases: bool
) -> None:
    """:param order: all of ``chosen``, each after what it requires where that can be.
    :raises ResolutionUnsound: a requirement does not hold, or something was chosen that nothing requires.
    """
    waiting: Waiting = defaultdict(list)
    for plugin, wish in wishes.items():
        waiting[plugin].append(Requirement(plugin, wish))
    candidates = [chosen[plugin] for plugin in reversed(order)]
    try:
        for start in range(0, len(candidates), STRETCH):
            stretch = candidates[start : start + STRETCH]
            _walk(_Provider(stretch, waiting, prereleases), stretch, waiting)
        again = [chosen[plugin] for plugin in waiting if plugin in chosen]
        _walk(_Leaves(again, waiting, prereleases), again, waiting)
    except ResolverException as error:
        raise ResolutionUnsound(f"resolvelib says {type(error).__name__} {error}", tuple(wishes)) from error
    missing = [str(each) for some in waiting.values() for each in some if not each.optional]
    if missing:
        raise ResolutionUnsound(f"{missing[0]}, which was not chosen", tuple(wishes))


def _walk(provider: _Provider, stretch: Sequence[Candidate], waiting: Waiting) -> None:
    roots = [each for candidate in stretch for each in waiting.pop(candidate.plugin, ())]
    resolver = Resolver(provider, BaseReporter[Requirement, Candidate, str]())
    found = resolver.resolve(roots, max_rounds=len(stretch) + 1).mapping
    idle = [candidate for candidate in stretch if candidate.plugin not in found]
    if idle:
        raise ResolutionUnsound(f"nothing requires {idle[0]}")
