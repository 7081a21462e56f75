"""The search for versions: the solver's questions answered from the index, and its answers in terms of plugins."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal

from automatosx_nb.errors import DependencyCycle, ResolutionConflict
from automatosx_nb.model.activation import find_cycle
from automatosx_nb.model.candidates import Candidate, Candidates, Requirement
from automatosx_nb.model.explain import conflict_sentences
from automatosx_nb.model.rules import WITH_PRERELEASES
from automatosx_nb.model.solver import GaveUp, Solver, Unsatisfiable
from automatosx_nb.model.solver_clauses import ABSENT, VERSIONS, Wish, bit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from automatosx_nb.model.release import IndexRelease
    from automatosx_nb.model.semver import Range, Version
    from automatosx_nb.model.solver_clauses import Clause

PATIENCE = 500
"""Conflicts of the search that may be spent to say more about a contradiction; some 50 ms."""
MAX_ATTEMPTS = 40
"""Attempts to leave a wish out of a conflict."""
MAX_SUGGESTED = 3
"""Wishes of a conflict that suggestions are tried for."""


class PluginProblem:
    """Plugins as the solver sees them: their usable releases, preferred ones first, and ranges as sets of these."""

    def __init__(self, candidates: Candidates) -> None:
        self._candidates = candidates
        self._values: dict[str, dict[str, int]] = {}
        self._needs_of_all: dict[tuple[str, str], dict[int, int]] = {}

    def size(self, plugin: str, /) -> int:
        return len(self._candidates.usable(plugin))

    def values(self, plugin: str, wanted: Range) -> int:
        """The versions of ``plugin`` that are in ``wanted``."""
        known = self._values.get(plugin)
        if known is None:
            known = self._values[plugin] = {}
        text = str(wanted)
        values = known.get(text)
        if values is None:
            values, this = 0, bit(0)
            inside, like_releases = wanted.__contains__, partial(wanted.allows, prereleases=True)
            for candidate in self._candidates.usable(plugin):  # as Candidate.is_in, thousands of times
                if (like_releases if candidate.prereleases else inside)(candidate.release.version):
                    values |= this
                this <<= 1
            known[text] = values
        return values

    def needs(self, plugin: str, version: int, /) -> Sequence[tuple[str, int]]:
        release = self._candidates.usable(plugin)[version].release
        required, optional = release.dependencies, release.optional_dependencies
        others = [*sorted(required), *sorted(optional.keys() - required.keys())]
        return [(on, self._accepted(release, on)) for on in others if on != plugin]

    def all_needs(self, plugin: str, on: str, /) -> Mapping[int, int]:
        found = self._needs_of_all.get((plugin, on))
        if found is None:
            found = self._needs_of_all[plugin, on] = {}
            for place, candidate in enumerate(self._candidates.usable(plugin)):
                release = candidate.release
                if on in release.dependencies or on in release.optional_dependencies:
                    accepted = self._accepted(release, on)
                    found[accepted] = found.get(accepted, 0) | bit(place)
        return found

    def _accepted(self, release: IndexRelease, on: str) -> int:
        """What ``release`` accepts of a plugin that it requires or works with."""
        required, optional = release.dependencies.get(on), release.optional_dependencies.get(on)
        accepted = ABSENT | VERSIONS if required is None else self.values(on, required)
        return accepted if optional is None else accepted & (self.values(on, optional) | ABSENT)

    def requirers(self, plugin: str, of: str) -> int:
        """The versions of ``plugin`` that require ``of``."""
        usable = self._candidates.usable(plugin)
        return sum(bit(place) for place, each in enumerate(usable) if of in each.release.dependencies)

    def chosen(self, places: Mapping[str, int]) -> dict[str, Candidate]:
        return {plugin: self._candidates.usable(plugin)[place] for plugin, place in places.items()}


class _NoCircles:
    """Objects to solutions in which plugins require each other in a circle; :attr:`first` is the first such circle."""

    def __init__(self, problem: PluginProblem) -> None:
        self.first: tuple[str, ...] = ()
        self._problem = problem

    def __call__(self, places: Mapping[str, int]) -> Mapping[str, int] | None:
        circle = find_cycle(edges(self._problem.chosen(places)))
        if not circle:
            return None
        self.first = self.first or circle
        following = (*circle[1:], circle[0])
        return {plugin: ~self._problem.requirers(plugin, of) for plugin, of in zip(circle, following, strict=True)}


def edges(chosen: Mapping[str, Candidate]) -> dict[str, list[str]]:
    """Plugin → the plugins that it requires; alphabetical."""
    return {plugin: sorted(one.release.dependencies) for plugin, one in chosen.items()}


def search(
    wishes: Mapping[str, Range], candidates: Candidates, cycles: Literal["refuse", "allow"]
) -> dict[str, Candidate]:
    """A candidate for each plugin that is needed.

    :raises ResolutionConflict:
    :raises DependencyCycle:
    """
    return _Search(wishes, candidates, cycles).run()


class _Search:
    def __init__(self, wishes: Mapping[str, Range], candidates: Candidates, cycles: Literal["refuse", "allow"]) -> None:
        self._wishes = wishes
        self._candidates = candidates
        self._problem = PluginProblem(candidates)
        self._solver = Solver(self._problem, candidates.spend)
        self._no_circles = _NoCircles(self._problem) if cycles == "refuse" else None
        self._patience = PATIENCE

    def run(self) -> dict[str, Candidate]:
        try:
            return self._problem.chosen(self._solver.solve(self._asked(self._wishes), self._no_circles))
        except Unsatisfiable as nothing:
            if self._no_circles and self._no_circles.first:
                raise DependencyCycle(self._no_circles.first) from None
            core, proof = self._smallest(self._wishes_of(nothing, list(self._wishes)), nothing.proof)
            causes = self._explain(core, proof)
        raise ResolutionConflict(causes, tuple(core), tuple(self._suggestions(core, causes)))

    def _asked(self, wishes: Iterable[str], freed: str = "") -> list[tuple[str, int]]:
        """:param freed: a plugin that is wished for in any version."""
        return [
            (plugin, VERSIONS if plugin == freed else self._problem.values(plugin, self._wishes[plugin]))
            for plugin in wishes
        ]

    @staticmethod
    def _wishes_of(nothing: Unsatisfiable, asked: Sequence[str]) -> list[str]:
        """Those of the plugins ``asked`` for that the proof needs."""
        return [asked[number] for number in sorted(o.number for o in nothing.proof.origins() if isinstance(o, Wish))]

    def _smallest(self, core: list[str], proof: Clause[str]) -> tuple[list[str], Clause[str]]:
        """As few of ``core`` as cannot hold together, and the proof: without any one of them, the others could."""
        for plugin in core[:MAX_ATTEMPTS]:
            if plugin in core and len(core) > 1:
                rest = [other for other in core if other != plugin]
                try:
                    self._spend(self._solver, self._asked(rest))
                except Unsatisfiable as nothing:
                    core, proof = self._wishes_of(nothing, rest), nothing.proof
                except GaveUp:
                    continue
        return core, proof

    def _suggestions(self, core: Sequence[str], causes: Iterable[str]) -> Iterator[str]:
        """What would do instead; each was tried."""
        if any(WITH_PRERELEASES in cause for cause in causes) and self._works_with_prereleases():
            yield f"with {WITH_PRERELEASES}"
        for plugin in core[:MAX_SUGGESTED]:
            if str(self._wishes[plugin]) != "*" and (found := self._attempt(self._wishes, freed=plugin)):
                yield f"with {plugin} {_around(found[plugin].version)}"
        for plugin in core[:MAX_SUGGESTED]:
            if len(self._wishes) > 1 and self._attempt([other for other in self._wishes if other != plugin]):
                yield f"without {plugin}"

    def _works_with_prereleases(self) -> bool:
        cycles: Literal["refuse", "allow"] = "refuse" if self._no_circles else "allow"
        other = _Search(self._wishes, self._candidates.with_prereleases(), cycles)
        other._patience = self._patience
        return other._attempt(self._wishes) is not None

    def _attempt(self, wishes: Iterable[str], freed: str = "") -> dict[str, Candidate] | None:
        try:
            places = self._spend(self._solver, self._asked(wishes, freed), self._no_circles)
        except (Unsatisfiable, GaveUp):
            return None
        return self._problem.chosen(places)

    def _spend(
        self, solver: Solver[str], asked: Sequence[tuple[str, int]], objection: _NoCircles | None = None
    ) -> dict[str, int]:
        """Solves with the patience that is left.

        :raises Unsatisfiable:
        :raises GaveUp:
        """
        before = solver.conflicts
        try:
            return solver.solve(asked, objection, patience=self._patience)
        finally:
            self._patience = max(0, self._patience - (solver.conflicts - before))

    def _explain(self, core: Sequence[str], proof: Clause[str]) -> tuple[str, ...]:
        """The sentences of ``proof``, or of one that looks at nothing but ``core``, where that is soon found."""
        if len(core) < len(self._wishes):
            try:
                self._spend(Solver(self._problem, self._candidates.spend), self._asked(core))
            except Unsatisfiable as nothing:
                proof = nothing.proof
            except GaveUp:
                pass
        wishes = [Requirement(plugin, self._wishes[plugin]) for plugin in core]
        return conflict_sentences(proof, wishes, self._candidates, self._problem.values)


def _around(version: Version) -> str:
    """A range that has ``version`` in it and that a person would write."""
    if version.is_prerelease:
        return str(version)
    return f"^{version.major}" if version.major else f"^0.{version.minor}" if version.minor else str(version)
