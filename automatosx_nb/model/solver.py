"""Chooses a version of each package that is needed, or proves that there is no choice: conflict-driven clause learning.

Each package's versions are the bits of one integer (see :mod:`.solver_clauses`). The search is that of PubGrub
(https://github.com/dart-lang/pub/blob/master/doc/solver.md) and of SAT solvers (Marques-Silva, Sakallah 1996). What
follows from a decision is written down with its reason. Where a package is left without a value, the reasons are
resolved with each other until a clause remains that would have prevented it; the search jumps back to where that clause
says something, and keeps it. Nothing is known here of plugins, and nothing is random.

Packages are decided in the order in which they were first needed, so the wishes come first, and each gets the first
of its versions that is left. What is left with one version needs no decision, and is settled at once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from automatosx_nb.model.solver_clauses import ABSENT, Ban, Clause, Need, Problem, Wish
from automatosx_nb.model.solver_trail import Reason, Trail

P = TypeVar("P", bound=Hashable)


class Unsatisfiable(Exception):
    """There is no solution. ``proof`` is a clause without literals: what it follows from cannot hold together."""

    def __init__(self, proof: Clause[Any]) -> None:
        super().__init__("there is no solution")
        self.proof = proof


class GaveUp(Exception):
    """The search took more conflicts than it was given; nothing is known of the wishes."""


class Solver(Generic[P]):
    """Solves one problem for any number of sets of wishes; what it learns from one, it knows for the next."""

    def __init__(self, problem: Problem[P], spend: Callable[[], object] | None = None) -> None:
        """:param spend: is called with each decision and each step of learning; what it raises ends the search."""
        self._problem = problem
        self._spend = spend
        self._trail: Trail[P] = Trail(problem.size)
        self._watching: dict[P, dict[Clause[P], int]] = {}
        """Package → learned clauses → the values that it must lose for the clause to matter."""
        self._facts: list[Clause[P]] = []
        """Learned clauses of one literal."""
        self._needs: dict[P, dict[int, Sequence[tuple[P, int]]]] = {}
        self._need_clauses: dict[tuple[P, P, int], Clause[P]] = {}
        self._bans = 0
        self._patience: int | None = None
        self.conflicts = 0
        """How many conflicts it ran into since it was made."""

    def solve(
        self,
        wishes: Sequence[tuple[P, int]],
        objection: Callable[[Mapping[P, int]], Mapping[P, int] | None] | None = None,
        *,
        patience: int | None = None,
    ) -> dict[P, int]:
        """Package → the place of its version in the package's list, for every package that is needed.

        :param wishes: packages, and the values that each may have.
        :param objection: is asked about each solution. None accepts it; otherwise a clause that the solution does not
            meet, and that every solution has to meet from now on.
        :param patience: how many conflicts the search may take; None: as many as it needs.
        :raises Unsatisfiable:
        :raises GaveUp:
        """
        self._patience = patience
        self._trail.clear()
        self._start(wishes)
        while True:
            self._propagate()
            if self._decide():
                continue
            solution = self._solution()
            ban = objection(solution) if objection else None
            if ban is None:
                return solution
            self._learn_from(Clause(ban, Ban(self._bans)))
            self._bans += 1

    def learned(self) -> list[Clause[P]]:
        """What was found to hold whatever is wished for."""
        return [*self._facts, *dict.fromkeys(clause for clauses in self._watching.values() for clause in clauses)]

    def _start(self, wishes: Sequence[tuple[P, int]]) -> None:
        clauses = [Clause({package: values}, Wish(number)) for number, (package, values) in enumerate(wishes)]
        for clause in (*self._facts, *clauses):
            ((package, values),) = clause.literals.items()
            if not self._trail.narrow(package, values, clause):
                self._learn_from(clause)

    def _solution(self) -> dict[P, int]:
        domain = self._trail.domain
        return {
            package: domain[package].bit_length() - 2 for package in self._trail.needed if not domain[package] & ABSENT
        }

    # --- consequences ---------------------------------------------------------------------------------------

    def _propagate(self) -> None:
        while (broken := self._broken()) is not None:
            self._learn_from(self._clause(broken))

    def _broken(self) -> Reason[P]:
        """Draws all consequences of what waits; returns the first reason that leaves a package without values."""
        trail, watching = self._trail, self._watching
        waiting, domain, narrow = trail.waiting, trail.domain, trail.narrow
        for package in waiting:  # which grows meanwhile
            values = domain[package]
            if values != ABSENT and not values & (values - 1):
                for on, accepted in self._needs_at(package, values):
                    if domain.get(on, -1) & ~accepted and not narrow(on, accepted, (package, on, accepted)):
                        return package, on, accepted
            if package in watching and (broken := self._wake(package)) is not None:
                return broken
        waiting.clear()
        return None

    def _needs_at(self, package: P, value: int) -> Sequence[tuple[P, int]]:
        known = self._needs.get(package)
        if known is None:
            known = self._needs[package] = {}
        needs = known.get(value)
        if needs is None:
            needs = known[value] = self._problem.needs(package, value.bit_length() - 2)
        return needs

    def _wake(self, package: P) -> Clause[P] | None:
        """Looks at the clauses that watch a literal of ``package`` that is lost; returns one that no longer holds."""
        domain, watching = self._trail.domain, self._watching
        watchers, values = watching[package], domain[package]
        for clause in [clause for clause, own in watchers.items() if not own & values]:
            literals = clause.watched
            if literals[0][0] == package:
                literals[0], literals[1] = literals[1], literals[0]
            other, others = literals[0]
            if not domain[other] & ~others:
                continue
            for number in range(2, len(literals)):
                name, own = literals[number]
                if domain[name] & own:
                    literals[1], literals[number] = literals[number], literals[1]
                    watching.setdefault(name, {})[clause] = own
                    del watchers[clause]
                    break
            else:
                if not self._trail.narrow(other, others, clause):
                    return clause
        return None

    # --- decisions ------------------------------------------------------------------------------------------

    def _decide(self) -> bool:
        """Decides one package, or rules versions of it out first; False: everything needed is decided."""
        trail = self._trail
        domain, needed = trail.domain, trail.needed
        if self._spend is not None:
            self._spend()
        while trail.settled < len(needed):
            package = needed[trail.settled]
            values = domain[package]
            if values & ABSENT or not values & (values - 1):
                trail.settled += 1
                continue
            value = values & -values
            for on, accepted in self._needs_at(package, value):
                if not domain.get(on, -1) & accepted:
                    if self._rule_out(package, on, accepted):
                        break
                    return True
            else:
                trail.decide(package, value)
                return True
        return False

    def _rule_out(self, package: P, on: P, accepted: int) -> bool:
        """Takes from ``package`` every version that accepts none of the values left to ``on``.

        False: there are consequences to draw before anything else is decided.
        """
        left = self._trail.domain.get(on, -1)
        versions = 0
        for some, of in self._problem.all_needs(package, on).items():
            if not some & left:
                accepted |= some
                versions |= of
        if not self._trail.narrow(package, ~versions, (package, on, accepted)):
            self._learn_from(self._clause((package, on, accepted)))
            return False
        values = self._trail.domain[package]
        return bool(values & (values - 1)) and package not in self._watching

    # --- learning -------------------------------------------------------------------------------------------

    def _clause(self, reason: Reason[P]) -> Clause[P]:
        if isinstance(reason, Clause):
            return reason
        assert reason is not None
        known = self._need_clauses.get(reason)
        if known is not None:
            return known
        package, on, accepted = reason
        versions = 0
        for some, of in self._problem.all_needs(package, on).items():
            if not some & ~accepted:
                versions |= of
        clause = Clause({package: ~versions, on: accepted}, Need(package, versions, on, accepted))
        self._need_clauses[reason] = clause
        return clause

    def _learn_from(self, broken: Clause[P]) -> None:
        """Finds what would have prevented ``broken``, whose literals are all lost, and jumps back to where it says
        something new.

        :raises Unsatisfiable:
        :raises GaveUp:
        """
        self.conflicts += 1
        learned = self._resolve(broken)
        if isinstance(broken.origin, Ban) and learned is not broken:
            self._watch(broken)
        if not learned.literals:
            raise Unsatisfiable(learned)
        if self._patience is not None:
            if not self._patience:
                raise GaveUp
            self._patience -= 1
        self._watch(learned)
        fell = {package: self._trail.step_without(package, values) for package, values in learned.literals.items()}
        asserted = max(fell, key=fell.__getitem__)
        before = max((step for package, step in fell.items() if package != asserted), default=-1)
        self._trail.undo_to(self._trail.level_at(before))
        self._trail.narrow(asserted, learned.literals[asserted], learned)

    def _resolve(self, broken: Clause[P]) -> Clause[P]:
        """Resolves ``broken`` with the reasons for it, latest first, up to the first clause that would have sufficed.

        That has one literal only that was lost after the last decision that matters; without decisions, none at all.
        """
        trail = self._trail
        literals: dict[P, int] = {}
        fell: dict[P, int] = {}
        antecedents: list[Clause[P]] = []
        because, end, resolved = broken, None, None
        while True:
            if self._spend is not None:
                self._spend()
            antecedents.append(because)
            for package, values in because.literals.items():
                values = values & literals.pop(package) if package == resolved else values | literals.get(package, 0)
                step = trail.step_without(package, values, end)
                if step >= 0:
                    literals[package], fell[package] = values, step
            if resolved is not None and resolved not in literals:
                del fell[resolved]
            if not literals:
                break
            resolved = max(fell, key=fell.__getitem__)
            end = fell[resolved]
            level = trail.level_at(end)
            others = (step for package, step in fell.items() if package != resolved)
            if level and level > trail.level_at(max(others, default=-1)):
                break
            because = self._clause(trail.reason_at(end))
        if len(antecedents) == 1 and len(literals) == len(broken.literals):
            return broken
        return Clause(literals, None, tuple(antecedents))

    def _watch(self, clause: Clause[P]) -> None:
        """From now on ``clause`` is looked at when one of the two literals that were lost last is lost again."""
        if clause.watched:
            return
        if len(clause.literals) == 1:
            self._facts.append(clause)
            return
        last = self._trail.step_without
        clause.watched = sorted(clause.literals.items(), key=lambda literal: -last(*literal))
        for package, values in clause.watched[:2]:
            self._watching.setdefault(package, {})[clause] = values
