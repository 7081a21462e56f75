"""node-semver's own fixtures and semver.org's lists, one test a case. Data and licences: tests/data/semver."""

from __future__ import annotations

import json
import operator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from automatosx_nb.model.semver import InvalidRange, InvalidVersion, Range, Version

DATA = Path(__file__).parents[1] / "data" / "semver"

LARGE = "numbers over 2**53 - 1 are valid by the specification; node-semver refuses them"
LONG = "a version over 256 characters is refused, also where build metadata makes it long"
PREFIX = "'v', '=' and blanks are not part of a version (semver.org FAQ: \"v1.2.3\" is not a semantic version)"
DIFFERENT = {
    "^9007199254740991.0.0": LARGE,
    "0.90071992547409910.0": LARGE,
    "  v1.2.3+build": PREFIX,
    "v1.2.3": PREFIX,
}
"""Cases in which our rule differs, by a text in them, with the reason. Loose parsing is not offered at all."""


def cases(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((DATA / f"{name}.json").read_text("utf-8"))["cases"]
    return [case for case in found if not is_loose(case) and different(case) is None]


def is_loose(case: dict[str, Any]) -> bool:
    options = [case.get("options"), *case.get("args", ())[1:]]
    return any(o is True or (isinstance(o, dict) and o.get("loose") is True) for o in options)


def different(case: dict[str, Any]) -> str | None:
    texts = [text for text in [*case.values(), *case.get("args", ())] if isinstance(text, str)]
    if any(len(text) > 256 for text in texts):
        return LONG
    return next((DIFFERENT[text] for text in texts if text in DIFFERENT), None)


def wide(case: dict[str, Any]) -> bool:
    options = [case.get("options"), *case.get("args", ())[1:]]
    return any(isinstance(o, dict) and o.get("includePrerelease") is True for o in options)


def ids(case: dict[str, Any]) -> str:
    shown = {key: value for key, value in case.items() if key not in ("options", "options_raw")}
    return json.dumps(list(shown.values()))[:120]


def each(name: str, *more: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", [c for n in (name, *more) for c in cases(n)], ids=ids)


@each("semver-org-valid")
def test_what_semver_org_calls_valid_is_read_and_written_back(case: dict[str, Any]) -> None:
    assert str(Version.parse(case["version"])) == case["version"]


@each("semver-org-invalid")
def test_what_semver_org_calls_invalid_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(InvalidVersion) as refused:
        Version.parse(case["version"])
    assert 0 <= refused.value.position <= len(case["version"])


@pytest.mark.parametrize("chain", json.loads((DATA / "semver-org-precedence.json").read_text("utf-8"))["chains"])
def test_precedence_is_that_of_semver_org(chain: list[str]) -> None:
    versions = [Version.parse(text) for text in chain]
    assert [a < b for a, b in pairwise(versions)] == [True] * (len(chain) - 1)


@each("valid-versions")
def test_a_version_has_these_parts(case: dict[str, Any]) -> None:
    version = Version.parse(case["version"])
    assert (version.major, version.minor, version.patch) == (case["major"], case["minor"], case["patch"])
    assert list(version.prerelease) == case["prerelease"]
    assert list(version.build) == case["build"]


@pytest.mark.parametrize("case", [c for c in cases("invalid-versions") if isinstance(c["value"], str)], ids=ids)
def test_what_node_semver_calls_invalid_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(InvalidVersion):
        Version.parse(case["value"])


@each("comparisons")
def test_the_greater_version_is_greater(case: dict[str, Any]) -> None:
    greater, lesser = Version.parse(case["greater"]), Version.parse(case["lesser"])
    assert greater > lesser
    assert not greater < lesser
    assert greater != lesser


@each("equality")
def test_equal_versions_are_equal(case: dict[str, Any]) -> None:
    a, b = Version.parse(case["a"]), Version.parse(case["b"])
    assert a == b
    assert hash(a) == hash(b)
    assert a <= b <= a


OPERATORS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "=": operator.eq,
    "": operator.eq,
    "!=": operator.ne,
}


@pytest.mark.parametrize("case", [c for c in cases("fn-cmp") if c["args"][1] in OPERATORS], ids=ids)
def test_operators_compare_as_node_semver_does(case: dict[str, Any]) -> None:
    a, op, b, *_ = case["args"]
    assert OPERATORS[op](Version.parse(a), Version.parse(b)) is case["result"]


@each("fn-sort")
def test_versions_sort_as_in_node_semver(case: dict[str, Any]) -> None:
    (texts,) = case["args"]
    ordered = sorted(map(Version.parse, texts))
    assert ordered == [Version.parse(text) for text in case["result"]]


@each("fn-rsort")
def test_versions_sort_backwards_as_in_node_semver(case: dict[str, Any]) -> None:
    (texts,) = case["args"]
    assert sorted(map(Version.parse, texts), reverse=True) == [Version.parse(text) for text in case["result"]]


@pytest.mark.parametrize("case", [c for c in cases("fn-valid") if isinstance(c["args"][0], str)], ids=ids)
def test_validity_is_that_of_node_semver(case: dict[str, Any]) -> None:
    text = case["args"][0]
    if case["result"] is None:
        with pytest.raises(InvalidVersion):
            Version.parse(text)
    else:
        assert Version.parse(text) == Version.parse(case["result"])


@each("range-include")
def test_the_range_includes_the_version(case: dict[str, Any]) -> None:
    assert Range.parse(case["range"]).allows(Version.parse(case["version"]), prereleases=wide(case))


@each("range-exclude")
def test_the_range_excludes_the_version(case: dict[str, Any]) -> None:
    assert allows_text(case["range"], case["version"], prereleases=wide(case)) is False


@pytest.mark.parametrize("case", [c for c in cases("fn-satisfies") if isinstance(c["args"][0], str)], ids=ids)
def test_satisfaction_is_that_of_node_semver(case: dict[str, Any]) -> None:
    version, written, *_ = case["args"]
    assert allows_text(written, version, prereleases=wide(case)) is case["result"]


def allows_text(written: str, version: str, *, prereleases: bool) -> bool:
    """npm answers False for what is no range or no version."""
    try:
        return Range.parse(written).allows(Version.parse(version), prereleases)
    except (InvalidRange, InvalidVersion):
        return False


@each("range-parse")
def test_a_range_is_written_out_as_in_node_semver(case: dict[str, Any]) -> None:
    if case["expected"] is None:
        with pytest.raises(InvalidRange):
            Range.parse(case["range"])
    elif not wide(case):
        assert Range.parse(case["range"]).canonical == case["expected"]
    else:
        assert_same_versions(case["range"], case["expected"])


@each("fn-valid-range")
def test_range_validity_is_that_of_node_semver(case: dict[str, Any]) -> None:
    text = case["args"][0]
    if case["result"] is None:
        with pytest.raises(InvalidRange):
            Range.parse(text)
    elif not wide(case):
        assert Range.parse(text).canonical == case["result"]
    else:
        assert_same_versions(text, case["result"])


def assert_same_versions(written: str, canonical: str) -> None:
    """Both allow the same of a grid of versions, prereleases counted."""
    grid = [Version(a, b, c, p) for a in range(4) for b in range(4) for c in range(5) for p in ((), (0,), ("beta",))]
    ours, theirs = Range.parse(written), Range.parse(canonical)
    assert [ours.allows(v, True) for v in grid] == [theirs.allows(v, True) for v in grid]
    assert any(ours.allows(v, True) for v in grid)


@each("fn-to-comparators")
def test_comparators_are_those_of_node_semver(case: dict[str, Any]) -> None:
    canonical = "||".join(" ".join(comparators) or "*" for comparators in case["result"])
    assert Range.parse(case["args"][0]).canonical == canonical


@each("range-intersection")
def test_ranges_intersect_as_in_node_semver(case: dict[str, Any]) -> None:
    a, b = Range.parse(case["range0"]), Range.parse(case["range1"])
    assert a.intersects(b) is b.intersects(a) is case["expected"]


@each("comparator-intersection")
def test_comparators_intersect_as_in_node_semver(case: dict[str, Any]) -> None:
    a, b = Range.parse(case["comparator0"]), Range.parse(case["comparator1"])
    assert a.intersects(b) is b.intersects(a) is case["expected"]


@each("fn-intersects")
def test_intersection_is_that_of_node_semver(case: dict[str, Any]) -> None:
    a, b, *_ = case["args"]
    assert Range.parse(a).intersects(Range.parse(b)) is case["result"]


@each("version-gt-range", "version-lt-range")
def test_a_version_outside_a_range_is_not_in_it(case: dict[str, Any]) -> None:
    assert not Range.parse(case["range"]).allows(Version.parse(case["version"]), prereleases=wide(case))


def test_every_case_that_is_left_out_for_our_rule_exists() -> None:
    every = "".join(path.read_text("utf-8") for path in sorted(DATA.glob("*.json")))
    assert [text for text in DIFFERENT if json.dumps(text) not in every] == []
