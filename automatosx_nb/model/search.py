"""The search for versions, on resolvelib: a provider of plugins, and the limits under which it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from resolvelib import AbstractProvider, BaseReporter, Resolver
from resolvelib.resolvers import ResolutionImpossible, ResolutionTooDeep

from automatosx_nb.errors import ResolutionConflict, ResolutionTooHard
from automatosx_nb.model.candidates import Candidate, Candidates
from automatosx_nb.model.exhaustive import ExhaustiveSearch, StepsExhausted
from automatosx_nb.model.explain import Requirement, conflict_sentences, path_from_wish

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from automatosx_nb.model.semver import Range

MAX_ROUNDS = 3000
"""Decisions and backtracks. 330 plugins of a real registry take about 500, one second."""

Edge = tuple[str, str]
"""A plugin and one that it requires."""


class _Absent:
    """Stands for "this plugin is not there", which is what an optional requirement alone leads to."""

    def __init__(self, plugin: str) -> None:
        self.plugin = plugin


Choice = Candidate | _Absent


class _Provider(AbstractProvider[Requirement, Choice, str]):
    def __init__(self, candidates: Candidates, prereleases: bool, forbidden: Collection[Edge]) -> None:
        self.reached_by: dict[str, Requirement] = {}
        """Plugin → the requirement by which the search came to it first."""
        self._candidates = candidates
        self._prereleases = prereleases
        self._forbidden = forbidden
        self._absent: dict[str, _Absent] = {}
        self._discovered: dict[str, int] = {}

    def identify(self, requirement_or_candidate: Requirement | Choice) -> str:
        return requirement_or_candidate.plugin

    def get_preference(
        self,
        identifier: str,
        resolutions: Mapping[str, Choice],
        candidates: Mapping[str, Iterator[Choice]],
        information: Mapping[str, Iterator[Any]],
        backtrack_causes: Sequence[Any],
    ) -> int:
        """No choice at all first, then in the order in which the search came to them: the user's wishes lead."""
        choices = candidates[identifier]
        next(choices, None)
        return -1 if next(choices, None) is None else self._discovered[identifier]

    def find_matches(
        self,
        identifier: str,
        requirements: Mapping[str, Iterator[Requirement]],
        incompatibilities: Mapping[str, Iterator[Choice]],
    ) -> Iterable[Choice]:
        wanted = list(requirements[identifier])
        ruled_out = set(incompatibilities[identifier])
        if all(requirement.optional for requirement in wanted):
            absent = self._absent.setdefault(identifier, _Absent(identifier))
            return [] if absent in ruled_out else [absent]
        return [candidate for candidate in self.matches(identifier, wanted) if candidate not in ruled_out]

    def matches(self, plugin: str, wanted: Sequence[Requirement]) -> list[Candidate]:
        return [
            candidate
            for candidate in self._candidates.usable(plugin)
            if self._is_allowed(candidate)
            and all(wish.range.allows(candidate.version, self._prereleases) for wish in wanted)
        ]

    def _is_allowed(self, candidate: Candidate) -> bool:
        return not any(
            plugin == candidate.plugin and other in candidate.release.dependencies for plugin, other in self._forbidden
        )

    def is_satisfied_by(self, requirement: Requirement, candidate: Choice) -> bool:
        if isinstance(candidate, _Absent):
            return requirement.optional
        return requirement.range.allows(candidate.version, self._prereleases)

    def get_dependencies(self, candidate: Choice) -> Iterable[Requirement]:
        return [] if isinstance(candidate, _Absent) else self.requirements_of(candidate)

    def requirements_of(self, candidate: Candidate) -> list[Requirement]:
        """What it requires, then what it works with; alphabetical."""
        release, own = candidate.release, candidate.plugin
        required = sorted((plugin, wish) for plugin, wish in release.dependencies.items() if plugin != own)
        optional = sorted((plugin, wish) for plugin, wish in release.optional_dependencies.items() if plugin != own)
        found = [Requirement(plugin, wish, candidate) for plugin, wish in required]
        found += [Requirement(plugin, wish, candidate, optional=True) for plugin, wish in optional]
        self.reach(found)
        return found

    def reach(self, requirements: Iterable[Requirement]) -> None:
        for requirement in requirements:
            self.reached_by.setdefault(requirement.plugin, requirement)
            self._discovered.setdefault(requirement.plugin, len(self._discovered))


class _Ending(BaseReporter[Requirement, Choice, str]):
    """Keeps what the search ended with: resolvelib may fail afterwards, when it builds its graph."""

    def __init__(self) -> None:
        self.mapping: dict[str, Choice] | None = None

    def ending(self, state: Any) -> None:
        self.mapping = dict(state.mapping)


def search(
    wishes: Mapping[str, Range],
    candidates: Candidates,
    prereleases: bool,
    forbidden: Collection[Edge] = (),
) -> dict[str, Candidate]:
    """A candidate for each plugin that is needed, and perhaps for some that are not.

    Where resolvelib finds no solution, :mod:`.exhaustive` looks once more before anybody is told.

    :param forbidden: requirements that no chosen candidate may have.
    :raises ResolutionConflict:
    :raises ResolutionTooHard: neither found a solution nor ruled it out.
    """
    provider, ending = _Provider(candidates, prereleases, forbidden), _Ending()
    roots = [Requirement(plugin, wish) for plugin, wish in wishes.items()]
    provider.reach(roots)
    causes = roots
    stopped = ""
    try:
        Resolver(provider, ending).resolve(roots, max_rounds=MAX_ROUNDS)
    except ResolutionImpossible as error:
        causes = [cause.requirement for cause in error.causes]
    except ResolutionTooDeep:
        stopped = f"the search took over {MAX_ROUNDS} steps"
    except RecursionError:
        stopped = "the requirements lead too deep"
    if ending.mapping is not None:
        return {plugin: choice for plugin, choice in ending.mapping.items() if isinstance(choice, Candidate)}
    sentences = conflict_sentences(causes, provider.reached_by, candidates, prereleases)
    try:
        found = _second_opinion(provider, roots, causes)
    except (StepsExhausted, RecursionError):
        unproven = f"the search ended here, without a proof: {'; '.join(sentences)}"
        raise ResolutionTooHard(stopped or unproven, tuple(wishes)) from None
    if found is None:
        raise ResolutionConflict(sentences)
    return found


def _second_opinion(
    provider: _Provider, roots: list[Requirement], causes: Iterable[Requirement]
) -> dict[str, Candidate] | None:
    """Tries the wishes that led to ``causes`` alone first: a contradiction among these few is soonest proven."""

    def solve(some: list[Requirement]) -> dict[str, Candidate] | None:
        return ExhaustiveSearch(provider.matches, provider.requirements_of, provider.is_satisfied_by).solve(some)

    blamed = {path_from_wish(cause, provider.reached_by)[0].plugin for cause in causes}
    suspects = [root for root in roots if root.plugin in blamed]
    if len(suspects) < len(roots) and solve(suspects) is None:
        return None
    return solve(roots)
