"""A second opinion: every combination is tried, in order, for so long as that is affordable.

resolvelib jumps back over choices that it holds innocent, and is sometimes wrong in that
(https://github.com/sarugaku/resolvelib/issues/206). This search jumps over nothing, so what it rules out is ruled out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from automatosx_nb.model.candidates import Candidate
    from automatosx_nb.model.explain import Requirement

MAX_STEPS = 2000
"""Candidates tried. A step takes some 10 µs for each requirement in force."""


class StepsExhausted(Exception):
    """Neither a solution nor the proof that there is none was found in time."""


class ExhaustiveSearch:
    """Finds the first solution in the order of ``matches``, or none, or gives up after :data:`MAX_STEPS`."""

    def __init__(
        self,
        matches: Callable[[str, Sequence[Requirement]], Iterable[Candidate]],
        requirements_of: Callable[[Candidate], Sequence[Requirement]],
        is_satisfied: Callable[[Requirement, Candidate], bool],
    ) -> None:
        self._matches = matches
        self._requirements_of = requirements_of
        self._is_satisfied = is_satisfied
        self._steps = 0
        self._hopeless: dict[Candidate, bool] = {}

    def solve(self, roots: Sequence[Requirement]) -> dict[str, Candidate] | None:
        """None: there is no solution.

        :raises StepsExhausted:
        :raises RecursionError: the plugins require each other in chains of several hundred.
        """
        return self._extend({}, tuple(roots))

    def _extend(self, chosen: dict[str, Candidate], wanted: tuple[Requirement, ...]) -> dict[str, Candidate] | None:
        open_one = next((each for each in wanted if not each.optional and each.plugin not in chosen), None)
        if open_one is None:
            return chosen
        plugin = open_one.plugin
        for candidate in self._matches(plugin, [each for each in wanted if each.plugin == plugin]):
            if self._is_hopeless(candidate):
                continue
            self._steps += 1
            if self._steps > MAX_STEPS:
                raise StepsExhausted
            more, with_it = self._requirements_of(candidate), {**chosen, plugin: candidate}
            if all(each.plugin not in with_it or self._is_satisfied(each, with_it[each.plugin]) for each in more):
                found = self._extend(with_it, (*wanted, *more))
                if found is not None:
                    return found
        return None

    def _is_hopeless(self, candidate: Candidate) -> bool:
        """Whether one of its requirements cannot be met, whatever else is chosen."""
        if candidate not in self._hopeless:
            self._hopeless[candidate] = False  # while it is being looked at, so that circles end
            self._hopeless[candidate] = any(
                all(map(self._is_hopeless, self._matches(each.plugin, [each])))
                for each in self._requirements_of(candidate)
                if not each.optional
            )
        return self._hopeless[candidate]
