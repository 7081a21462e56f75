"""What is known of each package at this point of the search, in the order in which it became known, and why."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from automatosx_nb.model.solver_clauses import ABSENT, Clause

P = TypeVar("P", bound=Hashable)

Reason = Clause[P] | tuple[P, P, int] | None
"""Why values went: a clause; ``(package, on, accepted)``, what some of its versions need; None: by decision."""


class Trail(Generic[P]):
    """The values left to each package, and how they became so few: every step can be undone."""

    def __init__(self, size: Callable[[P], int]) -> None:
        self._size = size
        self._steps: list[tuple[P, int, Reason[P]]] = []
        """Package, the values it had before, why it lost some."""
        self._steps_of: dict[P, list[int]] = {}
        """Package → the places of its steps, rising."""
        self._decisions: list[int] = []
        """The places of the decisions."""
        self._place: dict[P, int] = {}
        """Package → its place in :attr:`needed`."""
        self.domain: dict[P, int] = {}
        """Package → the values left to it; a package that nobody looked at yet is missing."""
        self.waiting: list[P] = []
        """Packages that lost values, while the consequences are not drawn yet."""
        self.needed: list[P] = []
        """Packages in the order in which they were first needed."""
        self.settled = 0
        """Of :attr:`needed`, so many are decided, or not needed now."""

    def narrow(self, package: P, values: int, reason: Reason[P]) -> bool:
        """Leaves ``package`` its values in ``values``; False: that would be none, so nothing is done."""
        before = self.domain.get(package)
        if before is None:
            before = self.domain[package] = (2 << self._size(package)) - 1
            self._steps_of[package] = []
        after = before & values
        if after == before:
            return True
        if not after:
            return False
        if before & ABSENT and not after & ABSENT:
            self._need(package)
        self._steps_of[package].append(len(self._steps))
        self._steps.append((package, before, reason))
        self.domain[package] = after
        self.waiting.append(package)
        return True

    def _need(self, package: P) -> None:
        place = self._place.setdefault(package, len(self.needed))
        if place == len(self.needed):
            self.needed.append(package)
        elif place < self.settled:
            self.settled = place

    def decide(self, package: P, value: int) -> None:
        self._decisions.append(len(self._steps))
        self.narrow(package, value, None)

    def clear(self) -> None:
        """Back to the beginning; the next search finds its own order."""
        self._cut(0)
        self._decisions.clear()
        self.needed.clear()
        self._place.clear()

    def undo_to(self, level: int) -> None:
        """Undoes all decisions but the first ``level``, with their consequences."""
        if level < len(self._decisions):
            self._cut(self._decisions[level])
            del self._decisions[level:]

    def _cut(self, length: int) -> None:
        steps, domain, steps_of = self._steps, self.domain, self._steps_of
        while len(steps) > length:
            package, before, _ = steps.pop()
            domain[package] = before
            steps_of[package].pop()
        self.settled = 0
        self.waiting.clear()

    def reason_at(self, step: int) -> Reason[P]:
        return self._steps[step][2]

    def level_at(self, step: int) -> int:
        """How many decisions had been made when ``step`` was."""
        return bisect_right(self._decisions, step)

    def step_without(self, package: P, values: int, end: int | None = None) -> int:
        """The step by which ``package`` had lost the last of ``values``, before ``end``; -1: it never had any."""
        for step in reversed(self._steps_of.get(package, ())):
            if (end is None or step < end) and self._steps[step][1] & values:
                return step
        return -1
