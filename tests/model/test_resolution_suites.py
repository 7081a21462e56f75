"""The resolver suites of pub, CocoaPods, Swift PM, packse, poetry, resolvelib. Data, licences: tests/data/resolver."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any, Literal

import pytest

from automatosx_nb.errors import DependencyCycle, ResolutionConflict
from automatosx_nb.model.resolution import Resolution, resolve
from automatosx_nb.model.semver import Range, Version
from automatosx_nb.testing.index import MemoryIndex

DATA = Path(__file__).parents[1] / "data" / "resolver"
CASES = {
    path.relative_to(DATA).as_posix().partition(".json")[0]: path
    for path in sorted([*DATA.glob("*/*.json"), *DATA.glob("*/*.json.gz")])
}
CIRCULAR = {"dart-pub/circular-dependency"}
"""Cases that have no solution without a circle."""


@cache
def read(name: str) -> dict[str, Any]:
    content = CASES[name].read_bytes()
    case: dict[str, Any] = json.loads(gzip.decompress(content) if CASES[name].suffix == ".gz" else content)
    return case


def solve(case: dict[str, Any], cycles: Literal["allow", "refuse"], **options: Any) -> Resolution:
    kept = {plugin: Version.parse(text) for plugin, text in (case.get("locked") or {}).items()}
    options["locked" if case.get("locked_is_hard") else "installed"] = kept
    index = MemoryIndex(case["index"], env=case.get("env"))
    return resolve(case["requirements"], index, cycles=cycles, **options)


def texts(found: Resolution) -> dict[str, str]:
    return {plugin: str(version) for plugin, version in found.selected.items()}


@pytest.mark.parametrize("name", CASES)
def test_a_case_is_answered_as_its_suite_says(name: str) -> None:
    case = read(name)
    if case["expected"] is None:
        assert_conflict(case, "allow")
        return
    found = solve(case, "allow")
    assert_valid(case, found.selected)
    assert sorted(found.order) == sorted(found.selected)
    match case["expected_kind"]:
        case "unique":
            assert texts(found) == case["expected"]
        case "pareto":
            assert_not_older_throughout(found, case["expected"])


@pytest.mark.parametrize("name", CASES)
def test_a_case_is_answered_without_circles(name: str) -> None:
    case = read(name)
    if case["expected"] is None:
        assert_conflict(case, "refuse")
    elif name in CIRCULAR:
        with pytest.raises(DependencyCycle):
            solve(case, "refuse")
    else:
        found = solve(case, "refuse")
        assert_valid(case, found.selected)
        assert_in_activation_order(found)
        if "expected_if_cycles_forbidden" in case:
            assert texts(found) == case["expected_if_cycles_forbidden"]


COLUMNS = {"name", "suite", "source", "licence", "notes", "size", "index", "requirements", "env", "locked"}
COLUMNS |= {"locked_is_hard", "expected", "expected_kind", "expected_if_cycles_forbidden", "conflict_packages"}
PEERS = {"peer_message", "peer_tries"}
"""How a peer says it, and how often it tried: nothing that holds for others."""


def test_no_column_of_a_case_is_overlooked() -> None:
    marks = {"version", "deps", "optional", "engine", "python", "yanked"}
    for name in CASES:
        case = read(name)
        assert case.keys() <= COLUMNS | PEERS, name
        assert {key for releases in case["index"].values() for each in releases for key in each} <= marks, name


def test_every_case_names_its_source_and_licence() -> None:
    assert [name for name in CASES if not (read(name)["source"] and read(name)["licence"])] == []
    assert len(CASES) == 93


def assert_conflict(case: dict[str, Any], cycles: Literal["allow", "refuse"]) -> None:
    """The fewest wishes that contradict each other are named, and each suggestion is one that works."""
    with pytest.raises(ResolutionConflict) as raised:
        solve(case, cycles)
    conflict = raised.value
    wishes = {plugin: case["requirements"][plugin] for plugin in conflict.wishes}
    asked = [f"you asked for {plugin} {Range.parse(text)}" for plugin, text in wishes.items()]
    assert [cause for cause in conflict.causes if cause.startswith("you asked for ")] == asked
    assert len(conflict.causes) > len(asked)
    for plugin in case.get("conflict_packages", ()):
        assert any(plugin in cause.split() for cause in conflict.causes[len(asked) :])
    with pytest.raises(ResolutionConflict):
        solve({**case, "requirements": wishes}, cycles)
    for plugin in wishes:
        solve({**case, "requirements": {other: text for other, text in wishes.items() if other != plugin}}, "allow")
    for suggestion in conflict.suggestions:
        if suggestion == "with --pre":
            solve(case, cycles, prereleases=True)
            continue
        word, plugin, *wanted = suggestion.split(maxsplit=2)
        others = {other: text for other, text in case["requirements"].items() if other != plugin}
        solve({**case, "requirements": {**others, plugin: wanted[0]} if word == "with" else others}, cycles)


def assert_not_older_throughout(found: Resolution, expected: dict[str, str]) -> None:
    known = {plugin: Version.parse(text) for plugin, text in expected.items()}
    comparable = found.selected.keys() == known.keys() and found.selected != known
    assert not (comparable and all(known[plugin] >= version for plugin, version in found.selected.items()))


def assert_in_activation_order(found: Resolution) -> None:
    for plugin, release in found.releases.items():
        before = found.order[: found.order.index(plugin)]
        assert [need for need in release.dependencies if need not in before and need != plugin] == []


def assert_valid(case: dict[str, Any], selected: dict[str, Version]) -> None:
    """Read against the data itself, not through the resolver's own records."""
    wanted = list(case["requirements"].items())
    for plugin, version in selected.items():
        (record,) = [each for each in case["index"][plugin] if each["version"] == str(version)]
        wanted += record.get("deps", {}).items()
        wanted += [(other, text) for other, text in record.get("optional", {}).items() if other in selected]
        assert not record.get("yanked") or case["requirements"].get(plugin) == str(version)
    assert [(p, r) for p, r in wanted if p not in selected or selected[p] not in Range.parse(r)] == []
