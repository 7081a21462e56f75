"""The solver by itself: packages are letters, versions are places in a list, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automatosx_nb.model.solver import GaveUp, Solver, Unsatisfiable
from automatosx_nb.model.solver_clauses import ABSENT, VERSIONS, Ban, Clause, Need, Wish, bit, versions_in

Graph = Mapping[str, Sequence[Mapping[str, int]]]
"""Package → for each of its versions: other package → the values it accepts."""


class Letters:
    """A problem written down; it counts the questions about each package."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.asked: list[str] = []

    def size(self, package: str, /) -> int:
        self.asked.append(package)
        return len(self.graph.get(package, ()))

    def needs(self, package: str, version: int, /) -> list[tuple[str, int]]:
        return list(self.graph[package][version].items())

    def all_needs(self, package: str, on: str, /) -> dict[int, int]:
        found: dict[int, int] = {}
        for version, needs in enumerate(self.graph[package]):
            if on in needs:
                found[needs[on]] = found.get(needs[on], 0) | bit(version)
        return found


ANY = VERSIONS


def only(*versions: int) -> int:
    return sum(map(bit, versions))


def solve(graph: Graph, **wishes: int) -> dict[str, int]:
    return Solver(Letters(graph)).solve(list(wishes.items()))


def proof(graph: Graph, **wishes: int) -> Clause[str]:
    with pytest.raises(Unsatisfiable) as raised:
        solve(graph, **wishes)
    return raised.value.proof


def test_values_are_bits_and_the_lowest_is_absence() -> None:
    assert (ABSENT, bit(0), bit(3)) == (1, 2, 16)
    assert list(versions_in(ABSENT | bit(3) | bit(0))) == [0, 3]
    assert ABSENT & VERSIONS == 0
    assert only(0, 5) & ~VERSIONS == 0


def test_the_first_version_is_chosen() -> None:
    assert solve({"a": [{}, {}, {}]}, a=ANY) == {"a": 0}
    assert solve({"a": [{}, {}, {}]}, a=only(1, 2)) == {"a": 1}


def test_what_is_needed_comes_too_and_nothing_else() -> None:
    assert solve({"a": [{"b": ANY}], "b": [{}], "c": [{}]}, a=ANY) == {"a": 0, "b": 0}


def test_a_package_that_nobody_needs_is_never_asked_about() -> None:
    letters = Letters({"a": [{"b": ANY}, {"c": ANY}], "b": [{}], "c": [{}]})
    Solver(letters).solve([("a", ANY)])
    assert letters.asked == ["a", "b"]


def test_nothing_wished_is_nothing_chosen() -> None:
    assert solve({"a": [{}]}) == {}


def test_two_wishes_for_one_package_both_hold() -> None:
    solver = Solver(Letters({"a": [{}, {}, {}]}))
    assert solver.solve([("a", only(0, 1)), ("a", only(1, 2))]) == {"a": 1}


def test_the_wishes_come_before_what_they_need() -> None:
    graph: Graph = {"a": [{"c": ANY}], "b": [{"c": only(1)}, {}], "c": [{}, {}]}
    assert solve(graph, a=ANY, b=ANY) == {"a": 0, "b": 0, "c": 1}


def test_what_has_one_version_comes_first() -> None:
    graph: Graph = {"a": [{"c": only(0)}, {}], "b": [{"c": only(1)}], "c": [{}, {}]}
    assert solve(graph, a=ANY, b=ANY) == {"a": 1, "b": 0, "c": 1}


def test_the_earlier_wish_has_the_better_version() -> None:
    graph: Graph = {"a": [{"c": only(0)}, {}], "b": [{"c": only(1)}, {}], "c": [{}, {}]}
    assert solve(graph, a=ANY, b=ANY) == {"a": 0, "b": 1, "c": 0}
    assert solve(graph, b=ANY, a=ANY) == {"a": 1, "b": 0, "c": 1}


def test_a_need_that_may_be_absent_limits_and_does_not_pull() -> None:
    graph: Graph = {"a": [{"b": only(1) | ABSENT}], "b": [{}, {}], "c": [{"b": ANY}]}
    assert solve(graph, a=ANY) == {"a": 0}
    assert solve(graph, a=ANY, c=ANY) == {"a": 0, "c": 0, "b": 1}
    assert solve(graph, c=ANY, a=ANY) == {"a": 0, "c": 0, "b": 1}


def test_an_unknown_package_is_needed_by_nothing_that_is_chosen() -> None:
    graph: Graph = {"a": [{"gone": 0}, {"gone": ABSENT}]}
    assert solve(graph, a=ANY) == {"a": 1}


def test_circles_are_no_matter() -> None:
    graph: Graph = {"a": [{"b": ANY}], "b": [{"c": ANY}], "c": [{"a": only(0)}]}
    assert solve(graph, b=ANY) == {"a": 0, "b": 0, "c": 0}


def test_a_proof_names_the_wishes_and_needs_it_rests_on() -> None:
    graph: Graph = {"a": [{"c": only(0)}], "b": [{"c": only(1)}], "c": [{}, {}], "d": [{}]}
    found = proof(graph, d=ANY, a=ANY, b=ANY)
    assert found.literals == {}
    assert set(found.origins()) == {
        Wish(1),
        Wish(2),
        Need("a", only(0), "c", only(0)),
        Need("b", only(0), "c", only(1)),
    }


def test_versions_with_the_same_fault_are_ruled_out_together() -> None:
    graph: Graph = {"a": [{"b": only(0)}] * 40, "b": [{}, {}]}
    assert set(proof(graph, b=only(1), a=ANY).origins()) == {
        Wish(0),
        Wish(1),
        Need("a", only(*range(40)), "b", only(0)),
    }


def test_a_wish_that_nothing_meets_is_a_proof_by_itself() -> None:
    assert proof({"a": [{}]}, a=0).origins() == [Wish(0)]
    assert proof({}, gone=ANY).origins() == [Wish(0)]


PIGEONS: Graph = {
    **{
        f"p{pigeon}": [
            {f"{a}{b}h{hole}": only(int(pigeon == b)) for a in range(5) for b in range(a + 1, 5) if pigeon in (a, b)}
            for hole in range(4)
        ]
        for pigeon in range(5)
    },
    **{f"{a}{b}h{hole}": [{}, {}] for a in range(5) for b in range(a + 1, 5) for hole in range(4)},
}
"""Five pigeons, four holes: each version of a pigeon is a hole, and no two pigeons fit into one."""


def test_what_takes_learning_is_proven() -> None:
    found = proof(PIGEONS, **{f"p{pigeon}": ANY for pigeon in range(5)})
    assert {origin for origin in found.origins() if isinstance(origin, Wish)} == set(map(Wish, range(5)))
    four = solve(PIGEONS, **{f"p{pigeon}": ANY for pigeon in range(4)})
    assert sorted(four[f"p{pigeon}"] for pigeon in range(4)) == [0, 1, 2, 3]


def test_a_search_out_of_patience_gives_up_and_another_one_is_not_harmed() -> None:
    solver = Solver(Letters(PIGEONS))
    wishes = [(f"p{pigeon}", ANY) for pigeon in range(5)]
    with pytest.raises(GaveUp):
        solver.solve(wishes, patience=2)
    assert len([name for name in solver.solve(wishes[:4], patience=100) if name.startswith("p")]) == 4
    with pytest.raises(Unsatisfiable):
        solver.solve(wishes)


def test_what_was_learned_does_not_depend_on_what_was_wished() -> None:
    solver = Solver(Letters({"a": [{"c": only(0)}, {}], "b": [{"c": only(1)}], "c": [{}, {}]}))
    with pytest.raises(Unsatisfiable):
        solver.solve([("a", only(0)), ("b", ANY)])
    assert solver.solve([("a", only(0))]) == {"a": 0, "c": 0}
    assert solver.solve([("b", ANY), ("a", ANY)]) == {"a": 1, "b": 0, "c": 1}


def test_an_objection_is_heeded() -> None:
    seen = []

    def objection(solution: Mapping[str, int]) -> Mapping[str, int] | None:
        seen.append(dict(solution))
        return {"a": ~only(0), "b": ~only(0)} if solution == {"a": 0, "b": 0} else None

    solver = Solver(Letters({"a": [{}, {}], "b": [{}, {}]}))
    assert solver.solve([("a", ANY), ("b", ANY)], objection) == {"a": 0, "b": 1}
    assert seen == [{"a": 0, "b": 0}, {"a": 0, "b": 1}]


def test_objections_to_everything_are_a_proof() -> None:
    solver = Solver(Letters({"a": [{}, {}], "b": [{}]}))
    with pytest.raises(Unsatisfiable) as raised:
        solver.solve([("a", ANY), ("b", ANY)], lambda solution: {"a": ~bit(solution["a"])})
    assert set(raised.value.proof.origins()) == {Wish(0), Ban(0), Ban(1)}


def random_graph(seed: int) -> Graph:
    random = Random(seed)
    sizes = {name: random.randint(1, 3) for name in "abcde"}
    return {
        name: [
            {
                other: random.randrange(1, 2 << sizes[other])
                for other in random.sample("abcde", random.randint(0, 3))
                if other != name
            }
            for _ in range(size)
        ]
        for name, size in sizes.items()
    }


def every_choice(graph: Graph) -> list[dict[str, int]]:
    """Each solution of ``graph``, whatever is wished."""
    found = []
    for values in product(*([ABSENT, *map(bit, range(len(versions)))] for versions in graph.values())):
        choice = dict(zip(graph, values, strict=True))
        needs = [graph[name][value.bit_length() - 2] for name, value in choice.items() if value != ABSENT]
        if all(choice[on] & accepted for need in needs for on, accepted in need.items()):
            found.append(choice)
    return found


@settings(max_examples=300)
@given(st.integers(0, 2**32 - 1), st.lists(st.sampled_from("abcde"), min_size=1, max_size=4, unique=True))
def test_it_agrees_with_trying_everything_and_learns_only_what_is_true(seed: int, wished: list[str]) -> None:
    graph = random_graph(seed)
    solver, choices = Solver(Letters(graph)), every_choice(graph)
    for wishes in (wished, wished[1:], wished):
        fitting = [choice for choice in choices if not any(choice[name] == ABSENT for name in wishes)]
        try:
            solution = solver.solve([(name, ANY) for name in wishes])
        except Unsatisfiable as nothing:
            needed = [wishes[origin.number] for origin in nothing.proof.origins() if isinstance(origin, Wish)]
            assert not any(all(choice[name] != ABSENT for name in needed) for choice in choices)
        else:
            assert {name: bit(solution[name]) if name in solution else ABSENT for name in graph} in fitting
    for clause in solver.learned():
        assert all(any(choice[name] & values for name, values in clause.literals.items()) for choice in choices)
