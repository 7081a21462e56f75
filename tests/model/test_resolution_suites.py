"""The resolver suites of pub, CocoaPods, Swift PM, packse, poetry, resolvelib. Data, licences: tests/data/resolver."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from automatosx_nb.errors import DependencyCycle, ResolutionConflict
from automatosx_nb.model.resolution import Resolution, resolve
from automatosx_nb.model.semver import Range, Version
from automatosx_nb.testing.index import MemoryIndex

DATA = Path(__file__).parents[1] / "data" / "resolver"

_HARD = "nothing here learns from conflicts, and without that the search has no end"
_LARGE = "a file of 80 kB to 2 MB"
LEFT_OUT = {
    "synthetic/chain-5x5": _HARD,
    "synthetic/chain-8x8": _HARD,
    "synthetic/pigeon-7-6": _HARD,
    "synthetic/distract-50x20": _HARD,
    "synthetic/powerlaw-1000-*": _HARD,
    "cocoapods/complex-package-selection": _LARGE,
    "cocoapods/shared-parent-dependency": _LARGE,
    "cocoapods/shared-parent-dependency-with-swapping": _LARGE,
    "cocoapods/spapping-and-rewinding": _LARGE,
}
"""Cases of these suites that are not here, with the reason."""

CASES = {path.relative_to(DATA).with_suffix("").as_posix(): path for path in sorted(DATA.glob("*/*.json"))}
CYCLIC = {"dart-pub/circular-dependency"}
"""Cases that have no solution without a circle."""


def read(name: str) -> dict[str, Any]:
    case: dict[str, Any] = json.loads(CASES[name].read_text("utf-8"))
    return case


def solve(case: dict[str, Any], **options: Any) -> Resolution:
    installed = {plugin: Version.parse(text) for plugin, text in (case.get("locked") or {}).items()}
    index = MemoryIndex(case["index"], env=case.get("env"))
    return resolve(case["requirements"], index, installed=installed, **options)


@pytest.mark.parametrize("name", [name for name in CASES if read(name)["expected"] is not None])
def test_a_case_with_a_solution_is_solved(name: str) -> None:
    case = read(name)
    found = solve(case, cycles="allow")
    assert_valid(case, found.selected)
    if case["expected_kind"] == "unique":
        assert {plugin: str(version) for plugin, version in found.selected.items()} == case["expected"]
    assert sorted(found.order) == sorted(found.selected)


@pytest.mark.parametrize("name", [name for name in CASES if read(name)["expected_kind"] == "pareto"])
def test_no_known_solution_is_newer_throughout(name: str) -> None:
    case = read(name)
    found = solve(case, cycles="allow").selected
    known = {plugin: Version.parse(text) for plugin, text in case["expected"].items()}
    comparable = found.keys() == known.keys() and found != known
    assert not (comparable and all(known[plugin] >= found[plugin] for plugin in found))


@pytest.mark.parametrize("name", [name for name in CASES if read(name)["expected"] is None])
def test_a_case_without_a_solution_is_a_conflict(name: str) -> None:
    case = read(name)
    with pytest.raises(ResolutionConflict) as conflict:
        solve(case)
    assert any(cause.startswith("you asked for ") for cause in conflict.value.causes)
    assert len(conflict.value.causes) >= 2


@pytest.mark.parametrize("name", [n for n in CASES if read(n)["expected"] is not None and n not in CYCLIC])
def test_a_solution_without_a_circle_is_in_activation_order(name: str) -> None:
    case = read(name)
    found = solve(case)
    assert_valid(case, found.selected)
    for plugin, release in found.releases.items():
        before = found.order[: found.order.index(plugin)]
        assert [need for need in release.dependencies if need not in before and need != plugin] == []


@pytest.mark.parametrize("name", sorted(CYCLIC))
def test_a_case_with_none_but_circular_solutions_is_a_cycle(name: str) -> None:
    with pytest.raises(DependencyCycle):
        solve(read(name))


def test_a_circle_that_can_be_avoided_is_avoided() -> None:
    case = read("cocoapods/fixed-circular")
    found = solve(case).selected
    assert {plugin: str(version) for plugin, version in found.items()} == case["expected_if_cycles_forbidden"]


def test_the_cases_left_out_are_not_here() -> None:
    assert [name for name in LEFT_OUT if name in CASES] == []
    assert len(CASES) > 70


def assert_valid(case: dict[str, Any], selected: dict[str, Version]) -> None:
    """Read against the data itself, not through the resolver's own records."""
    wanted = list(case["requirements"].items())
    for plugin, version in selected.items():
        (record,) = [each for each in case["index"][plugin] if each["version"] == str(version)]
        wanted += record.get("deps", {}).items()
        wanted += [(other, text) for other, text in record.get("optional", {}).items() if other in selected]
        assert not record.get("yanked") or case["requirements"].get(plugin) == str(version)
    assert [(p, r) for p, r in wanted if p not in selected or selected[p] not in Range.parse(r)] == []
