"""The resolver against a SAT solver (https://pysathq.github.io), on random graphs and on the suites' cases."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from pysat.card import CardEnc, EncType
from pysat.solvers import Cadical153

from automatosx_nb.errors import DependencyCycle, ResolutionConflict
from automatosx_nb.model.resolution import resolve
from automatosx_nb.model.semver import Range, Version
from automatosx_nb.testing.index import MemoryIndex

DATA = Path(__file__).parents[1] / "data" / "resolver"
Records = Mapping[str, Sequence[Mapping[str, Any]]]
Solution = dict[str, str]


class Sat:
    """An index as a set of clauses: one variable for each release, and one for each wish."""

    def __init__(self, records: Records, case: Mapping[str, Any] | None = None) -> None:
        self.records = records
        self.number = count(1)
        self.variables = {
            plugin: {each["version"]: next(self.number) for each in releases} for plugin, releases in records.items()
        }
        self.solver = Cadical153()
        self.add = self.solver.add_clause
        for plugin, releases in records.items():
            self._add_at_most_one(plugin)
            for release in releases:
                this = self.variables[plugin][release["version"]]
                if case is not None and not usable(release, plugin, case):
                    self.add([-this])
                for other, wanted in release.get("deps", {}).items():
                    self.add([-this, *self.within(other, wanted)])
                for other, wanted in release.get("optional", {}).items():
                    within = set(self.within(other, wanted))
                    for that in self.variables.get(other, {}).values():
                        if that not in within:
                            self.add([-this, -that])

    def _add_at_most_one(self, plugin: str) -> None:
        variables = list(self.variables[plugin].values())
        if len(variables) > 1:
            top = next(self.number)
            encoded = CardEnc.atmost(variables, 1, top_id=top, encoding=EncType.ladder)
            self.number = count(encoded.nv + 1)
            self.solver.append_formula(encoded.clauses)

    def within(self, plugin: str, wanted: str) -> list[int]:
        return [this for version, this in self.variables.get(plugin, {}).items() if allows(wanted, version)]

    def requirers(self, plugin: str, of: str) -> list[int]:
        return [self.variables[plugin][one["version"]] for one in self.records[plugin] if of in one["deps"]]

    def solve(self, wishes: Mapping[str, str]) -> Solution | None:
        """Only what the wishes lead to."""
        asked = next(self.number)
        for plugin, wanted in wishes.items():
            self.add([-asked, *self.within(plugin, wanted)])
        if not self.solver.solve(assumptions=[asked]):
            return None
        model = set(self.solver.get_model() or ())
        there = {p: v for p, variables in self.variables.items() for v, this in variables.items() if this in model}
        return reached(self.records, wishes, there)

    def solve_without_circles(self, wishes: Mapping[str, str]) -> Solution | None:
        while (found := self.solve(wishes)) is not None:
            circle = circle_in(self.records, found)
            if not circle:
                return found
            pairs = zip(circle, (*circle[1:], circle[0]), strict=True)
            ring = []
            for plugin, of in pairs:
                some = next(self.number)
                ring.append(-some)
                for this in self.requirers(plugin, of):
                    self.add([-this, some])
            self.add(ring)
        return None


def allows(wanted: str, version: str, *, known: dict[tuple[str, str], bool] = {}) -> bool:  # noqa: B006
    if (wanted, version) not in known:
        known[wanted, version] = Version.parse(version) in Range.parse(wanted)
    return known[wanted, version]


def usable(release: Mapping[str, Any], plugin: str, case: Mapping[str, Any]) -> bool:
    env, pinned = case.get("env") or {}, case["requirements"].get(plugin) == release["version"]
    if release.get("yanked") and not pinned:
        return False
    engine, python = release.get("engine"), release.get("python")
    if engine and "engine" in env and not Range.parse(engine).allows(Version.parse(env["engine"]), prereleases=True):
        return False
    return not python or "python" not in env or env["python"] in SpecifierSet(python)


def release_of(records: Records, plugin: str, version: str) -> Mapping[str, Any]:
    return next(each for each in records[plugin] if each["version"] == version)


def reached(records: Records, wishes: Iterable[str], there: Solution) -> Solution:
    found: Solution = {}
    waiting = list(wishes)
    while waiting:
        plugin = waiting.pop()
        if plugin not in found:
            found[plugin] = there[plugin]
            waiting += release_of(records, plugin, there[plugin])["deps"]
    return found


def circle_in(records: Records, solution: Solution) -> list[str]:
    """Each plugin requires the next."""
    sorter = TopologicalSorter({p: release_of(records, p, version)["deps"] for p, version in solution.items()})
    try:
        sorter.prepare()
    except CycleError as error:
        return list(error.args[1][:0:-1])
    return []


def assert_holds(records: Records, wishes: Mapping[str, str], solution: Solution) -> None:
    wanted = list(wishes.items())
    for plugin, version in solution.items():
        release = release_of(records, plugin, version)
        wanted += release["deps"].items()
        wanted += [(other, text) for other, text in release["optional"].items() if other in solution]
    assert [(p, text) for p, text in wanted if p not in solution or not allows(text, solution[p])] == []


RANGES = ["*", "^1", "^2", "^3", "<2", ">=2", "1.0.0", "2.0.0", "~1.1", "^1 || ^3", ">=1.1 <3"]
VERSIONS = ["1.0.0", "1.1.0", "1.1.1", "2.0.0", "2.1.0", "3.0.0"]


def graph(seed: int, size: int, *, circles: bool) -> tuple[Records, dict[str, str]]:
    """A random index whose plugins, without ``circles``, require only plugins of a higher number; and some wishes."""
    random = Random(seed)
    names = [f"p{number}" for number in range(size)]
    versions = {name: random.sample(VERSIONS, random.randint(1, 6)) for name in names}
    density = random.choice([0.7, 1.2, 2.0, 3.0])

    def wanted(plugin: str) -> str:
        some = [text for text in RANGES if any(allows(text, version) for version in versions.get(plugin, ()))]
        return random.choice(some if some and random.random() < 0.95 else RANGES)

    records: dict[str, list[dict[str, Any]]] = {}
    for number, name in enumerate(names):
        others = names if circles else names[number + 1 :]
        records[name] = []
        for version in versions[name]:
            needs: dict[str, dict[str, str]] = {"deps": {}, "optional": {}}
            for _ in range(int(random.expovariate(1 / density))):
                other = random.choice(others) if others and random.random() < 0.98 else "gone"
                needs["optional" if random.random() < 0.2 else "deps"][other] = wanted(other)
            records[name].append({"version": version, **needs})
    asked = random.sample(names, random.randint(1, min(6, size)))
    return records, {name: wanted(name) for name in asked}


cyclic, acyclic = (
    st.builds(graph, st.integers(0, 2**32 - 1), st.integers(3, 20), circles=st.just(circles))
    for circles in (True, False)
)


def resolved(records: Records, wishes: Mapping[str, str], **options: Any) -> Solution:
    found = resolve(wishes, MemoryIndex(records), **options)
    return {plugin: str(version) for plugin, version in found.selected.items()}


@settings(max_examples=400)
@given(cyclic | acyclic)
def test_there_is_a_solution_exactly_where_a_sat_solver_finds_one(drawn: tuple[Records, dict[str, str]]) -> None:
    records, wishes = drawn
    try:
        solution = resolved(records, wishes, cycles="allow")
    except ResolutionConflict as conflict:
        assert_conflict(records, wishes, conflict)
        return
    assert_holds(records, wishes, solution)
    assert solution == reached(records, wishes, solution)


def assert_conflict(records: Records, wishes: Mapping[str, str], conflict: ResolutionConflict) -> None:
    """The wishes it names contradict each other, any fewer do not, and what it suggests works."""
    sat = Sat(records)
    core = {plugin: wishes[plugin] for plugin in conflict.wishes}
    assert sat.solve(core) is None
    for plugin in core:
        assert sat.solve({other: text for other, text in core.items() if other != plugin}) is not None
        assert f"you asked for {plugin} {core[plugin]}" in conflict.causes
    for suggestion in conflict.suggestions:
        word, plugin, *wanted = suggestion.split(maxsplit=2)
        others = {other: text for other, text in wishes.items() if other != plugin}
        assert sat.solve({**others, plugin: wanted[0]} if word == "with" else others) is not None


@settings(max_examples=300)
@given(cyclic)
def test_circles_are_avoided_exactly_where_that_is_possible(drawn: tuple[Records, dict[str, str]]) -> None:
    records, wishes = drawn
    try:
        solution = resolved(records, wishes)
    except ResolutionConflict as conflict:
        assert_conflict(records, wishes, conflict)
    except DependencyCycle:
        assert Sat(records).solve(wishes) is not None
        assert Sat(records).solve_without_circles(wishes) is None
    else:
        assert_holds(records, wishes, solution)
        assert circle_in(records, solution) == []


@settings(max_examples=100)
@given(acyclic, st.randoms(use_true_random=False))
def test_an_installed_solution_stays(drawn: tuple[Records, dict[str, str]], random: Random) -> None:
    records, wishes = drawn
    sat = Sat({plugin: random.sample(releases, len(releases)) for plugin, releases in records.items()})
    solution = sat.solve(wishes)
    if solution is not None:
        installed = {plugin: Version.parse(version) for plugin, version in solution.items()}
        assert resolved(records, wishes, installed=installed) == solution


# --- quality ------------------------------------------------------------------------------------------------


CASES = {path.relative_to(DATA).with_suffix("").as_posix(): path for path in sorted(DATA.glob("*/*.json"))}
"""Without the compressed ones, which are large: a SAT solver's clauses for them take seconds to write down."""


def assert_undominated(records: Records, wishes: Mapping[str, str], found: Solution, sat: Sat) -> None:
    """No solution has all that was chosen, nothing of it older, and something newer."""
    newer = []
    for plugin, version in found.items():
        chosen = Version.parse(version)
        others = {this: Version.parse(text) for text, this in sat.variables[plugin].items()}
        sat.add([this for this, other in others.items() if other >= chosen])
        newer += [this for this, other in others.items() if other > chosen]
    sat.add(newer)
    assert sat.solve(wishes) is None


@pytest.mark.parametrize("name", CASES)
def test_nothing_newer_was_possible_without_something_older(name: str) -> None:
    case = json.loads(CASES[name].read_bytes())
    records, wishes = case["index"], case["requirements"]
    sat = Sat(records, case)
    try:
        found = resolve(wishes, MemoryIndex(records, env=case.get("env")), cycles="allow")
    except ResolutionConflict:
        assert sat.solve(wishes) is None
    else:
        assert_undominated(records, wishes, {p: str(v) for p, v in found.selected.items()}, sat)


@settings(max_examples=150)
@given(cyclic | acyclic)
def test_nothing_newer_was_possible_on_random_graphs(drawn: tuple[Records, dict[str, str]]) -> None:
    records, wishes = drawn
    try:
        found = resolved(records, wishes, cycles="allow")
    except ResolutionConflict:
        return
    assert_undominated(records, wishes, found, Sat(records))
