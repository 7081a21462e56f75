"""Every case of node-semver's fixtures and of semver.org's lists. Data and licences: tests/data/semver.

A case is ``FILE-N``, its place in its file. Where ours differs from node-semver, :data:`DIFFERENT` has the case and the
reason, and the test is that it does differ.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from automatosx_nb.model.semver import (
    InvalidIncrement,
    InvalidRange,
    InvalidVersion,
    Range,
    Version,
    clean,
    coerce,
    difference,
    increment,
    loose_range,
    loose_version,
    truncate,
)

DATA = Path(__file__).parents[2] / "data" / "semver"
REFUSED = (InvalidVersion, InvalidRange, InvalidIncrement)

LARGE = "numbers over 2**53 - 1 are valid by the specification; node-semver refuses them"
LONG = "one side of a range over 256 characters is refused, also where build metadata makes it long"
PREFIX = "'v', '=' and blanks are not part of a version (semver.org FAQ: \"v1.2.3\" is not a semantic version)"
NO_TEXT = "what is no text is the type checker's to refuse"
DIFFERENT = {
    "equality-18": PREFIX,
    "fn-cmp-232": PREFIX,
    "fn-cmp-233": PREFIX,
    "fn-coerce-0": NO_TEXT,
    "fn-coerce-6": LARGE,
    "fn-coerce-7": LARGE,
    "fn-outside-71": PREFIX,
    "fn-outside-111": PREFIX,
    "fn-parse-1": LARGE,
    "fn-parse-4": NO_TEXT,
    "fn-satisfies-98": NO_TEXT,
    "fn-satisfies-113": NO_TEXT,
    "fn-valid-1": LARGE,
    "fn-valid-range-46": LARGE,
    **{f"fn-valid-range-{n}": LONG for n in range(61, 67)},
    "invalid-versions-1": LARGE,
    "invalid-versions-4": NO_TEXT,
    "range-parse-46": LARGE,
    **{f"range-parse-{n}": LONG for n in range(61, 67)},
    "version-not-gt-range-14": PREFIX,
    "version-not-lt-range-14": PREFIX,
}


@dataclass(frozen=True)
class Case:
    name: str
    data: Any

    def __getitem__(self, key: Any) -> Any:
        return self.data[key]

    @property
    def args(self) -> list[Any]:
        """The arguments of a recorded call, without those that are undefined at the end."""
        return [None if isinstance(each, dict) and "$js" in each else each for each in self.data["args"]]

    @property
    def options(self) -> dict[str, Any]:
        given = self.data.get("options", self.args[-1] if "args" in self.data else None)
        return given if isinstance(given, dict) else {"loose": given is True}

    @property
    def prereleases(self) -> bool:
        return self.options.get("includePrerelease") is True or self.data.get("includePrerelease") is True

    def version(self, text: str) -> Version:
        return loose_version(text) if self.options.get("loose") else Version.parse(text)

    def range(self, text: str) -> Range:
        if self.options.get("loose"):
            text = str(loose_range(text))
        return Range.parse(text, self.prereleases)


# --- versions ---


def semver_org_valid(case: Case) -> None:
    version = Version.parse(case["version"])
    assert str(version) == case["version"]
    assert [str(part) for part in (version.major, version.minor, version.patch)] == [
        case["major"],
        case["minor"],
        case["patch"],
    ]
    assert ".".join(map(str, version.prerelease)) == case["prerelease"]
    assert ".".join(version.build) == case["buildmetadata"]


def semver_org_invalid(case: Case) -> None:
    with pytest.raises(InvalidVersion) as refused:
        Version.parse(case["version"])
    assert 0 <= refused.value.position <= len(case["version"])


def semver_org_precedence(case: Case) -> None:
    assert all(low < high for low, high in pairwise(map(Version.parse, case.data)))


def valid_versions(case: Case) -> None:
    version = Version.parse(case["version"])
    parts = version.major, version.minor, version.patch, list(version.prerelease), list(version.build)
    assert parts == (case["major"], case["minor"], case["patch"], case["prerelease"], case["build"])


def invalid_versions(case: Case) -> None:
    with pytest.raises(InvalidVersion):
        case.version(case["value"])


def comparisons(case: Case) -> None:
    greater, lesser = case.version(case["greater"]), case.version(case["lesser"])
    assert greater > lesser
    assert not greater < lesser
    assert greater != lesser


def equality(case: Case) -> None:
    a, b = case.version(case["a"]), case.version(case["b"])
    assert a == b
    assert hash(a) == hash(b)
    assert a <= b <= a


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "=": operator.eq,
    "": operator.eq,
    "===": operator.eq,
    "!=": operator.ne,
    "!==": operator.ne,
}


def fn_cmp(case: Case) -> None:
    a, op, b, *_ = case.args
    if "throws" in case.data:
        assert op not in OPERATORS
    elif op in ("===", "!=="):
        assert OPERATORS[op](a, b) is case["result"]
    else:
        assert OPERATORS[op](case.version(a), case.version(b)) is case["result"]


def fn_compare_build(case: Case) -> None:
    a, b = (Version.parse(text).total_key for text in case.args[:2])
    assert (a > b) - (a < b) == case["result"]


def fn_sort(case: Case) -> None:
    ordered = sorted(map(Version.parse, case.args[0]), key=lambda version: version.total_key)
    assert [str(version) for version in ordered] == case["result"]


def fn_rsort(case: Case) -> None:
    ordered = sorted(map(Version.parse, case.args[0]), key=lambda version: version.total_key, reverse=True)
    assert [str(version) for version in ordered] == case["result"]


def fn_valid(case: Case) -> None:
    assert text_or_none(lambda: case.version(case.args[0])) == case["result"]


def fn_parse(case: Case) -> None:
    fn_valid(case)


def fn_prerelease(case: Case) -> None:
    version = answer_or_none(lambda: case.version(case.args[0]))
    assert (list(version.prerelease) if version and version.is_prerelease else None) == case["result"]


def fn_clean(case: Case) -> None:
    """npm's ``version`` is without build metadata, as ``truncate`` gives it."""
    assert text_or_none(lambda: truncate(clean(case.args[0]), "prerelease")) == case["result"]


def fn_coerce(case: Case) -> None:
    options = case.options
    found = coerce(
        case.args[0], prereleases=options.get("includePrerelease", False), rightmost=options.get("rtl", False)
    )
    assert (None if found is None else str(found)) == case["result"]


def fn_diff(case: Case) -> None:
    one, other = case.args[:2]
    if "throws" in case.data:
        with pytest.raises(InvalidVersion):
            difference(Version.parse(one), Version.parse(other))
    else:
        assert difference(Version.parse(one), Version.parse(other)) == case["result"]


def increments(case: Case) -> None:
    base = case.data.get("identifierBase", 0)
    identifier = case.data.get("identifier") or ""

    def next_version() -> Version:
        version = case.version(case["version"])
        return increment(version, case["release"], identifier, None if base is False else int(base))  # type: ignore[arg-type]

    assert text_or_none(next_version) == case["expected"]


def truncations(case: Case) -> None:
    assert text_or_none(lambda: truncate(Version.parse(case["version"]), case["release"])) == case["expected"]


# --- ranges ---


def range_parse(case: Case) -> None:
    assert canonical(case, case["range"]) == case["expected"]


def fn_valid_range(case: Case) -> None:
    assert canonical(case, case.args[0]) == case["result"]


def fn_to_comparators(case: Case) -> None:
    written = "||".join(" ".join(comparators) or "*" for comparators in case["result"])
    assert Range.parse(case.args[0]).canonical == written


def range_include(case: Case) -> None:
    assert case.version(case["version"]) in case.range(case["range"])
    assert Range.parse(str(case.range(case["range"]))).allows(case.version(case["version"]), case.prereleases)


def range_exclude(case: Case) -> None:
    assert not satisfies(case, case["version"], case["range"])


def fn_satisfies(case: Case) -> None:
    version, wanted, *_ = case.args
    assert satisfies(case, version, wanted) is case["result"]


def range_intersection(case: Case) -> None:
    intersect(case, case["range0"], case["range1"], case["expected"])


def comparator_intersection(case: Case) -> None:
    intersect(case, case["comparator0"], case["comparator1"], case["expected"])


def fn_intersects(case: Case) -> None:
    one, other, *_ = case.args
    intersect(case, one, other, case["result"])


def fn_subset(case: Case) -> None:
    sub, dom = (case.range(text) for text in case.args[:2])
    assert sub.is_subset(dom) is case["result"]


def fn_min_version(case: Case) -> None:
    lowest = case.range(case.args[0]).minimum
    assert (None if lowest is None else str(lowest)) == case["result"]


def fn_max_satisfying(case: Case) -> None:
    versions, wanted, *_ = case.args
    assert text_or_none(lambda: case.range(wanted).highest(map(case.version, versions))) == case["result"]


def fn_min_satisfying(case: Case) -> None:
    versions, wanted, *_ = case.args
    assert text_or_none(lambda: case.range(wanted).lowest(map(case.version, versions))) == case["result"]


def fn_simplify(case: Case) -> None:
    versions, wanted = case.args
    assert str(Range.parse(wanted).simplified(map(Version.parse, versions))) == case["result"]


def version_gt_range(case: Case) -> None:
    assert case.range(case["range"]).is_below(case.version(case["version"]))


def version_not_gt_range(case: Case) -> None:
    assert not case.range(case["range"]).is_below(case.version(case["version"]))


def version_lt_range(case: Case) -> None:
    assert case.range(case["range"]).is_above(case.version(case["version"]))


def version_not_lt_range(case: Case) -> None:
    assert not case.range(case["range"]).is_above(case.version(case["version"]))


def fn_outside(case: Case) -> None:
    version, wanted, side, *_ = case.args
    if "throws" in case.data:
        assert side not in ("<", ">")
        return
    written = case.range(wanted)
    assert (written.is_below if side == ">" else written.is_above)(case.version(version)) is case["result"]


def canonical(case: Case, text: str) -> str | None:
    return text_or_none(lambda: case.range(text).canonical)


def satisfies(case: Case, version: str, wanted: str) -> bool:
    """npm answers False for what is no range or no version."""
    return bool(answer_or_none(lambda: case.version(version) in case.range(wanted)))


def intersect(case: Case, one: str, other: str, expected: bool) -> None:
    a, b = case.range(one), case.range(other)
    assert a.intersects(b) is b.intersects(a) is expected
    assert (not a.intersection(b).is_empty) is expected


def text_or_none(answer: Callable[[], object]) -> str | None:
    """npm answers null for what is no version, range or step."""
    found = answer_or_none(answer)
    return None if found is None else str(found)


def answer_or_none(answer: Callable[[], Any]) -> Any:
    try:
        return answer()
    except REFUSED:
        return None


# --- all of them ---


def read(path: Path) -> list[Case]:
    found = json.loads(path.read_text("utf-8"))
    return [Case(f"{path.stem}-{n}", data) for n, data in enumerate(found.get("cases", found.get("chains")))]


FILES = sorted(DATA.glob("*.json"))
CASES = [case for path in FILES for case in read(path)]


def check(case: Case) -> None:
    globals()[case.name.rpartition("-")[0].replace("-", "_")](case)


@pytest.mark.parametrize("case", [case for case in CASES if case.name not in DIFFERENT], ids=lambda case: case.name)
def test_the_answer_is_that_of_the_suite(case: Case) -> None:
    check(case)


@pytest.mark.parametrize("name", DIFFERENT)
def test_the_answer_differs_where_it_is_said_to(name: str) -> None:
    (case,) = (case for case in CASES if case.name == name)
    with pytest.raises((AssertionError, TypeError, AttributeError, pytest.fail.Exception, *REFUSED)):
        check(case)


def test_no_suite_is_left_out() -> None:
    assert len(FILES) == 38
    assert len(CASES) == sum(json.loads(path.read_text("utf-8"))["count"] for path in FILES)
