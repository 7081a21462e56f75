"""Ranges: what is in them, how they are written, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automatosx_nb.model.semver import InvalidRange, Range, Version

small = st.integers(min_value=0, max_value=3)
near = st.builds(Version, small, small, small, st.lists(st.sampled_from([0, 1, "a", "b"]), max_size=2))


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("^1.2.3", ["1.2.3", "1.9.0"], ["1.2.2", "2.0.0", "1.3.0-rc.1", "2.0.0-0"]),
        ("^0.2.3", ["0.2.3", "0.2.9"], ["0.3.0"]),
        ("^0.0.3", ["0.0.3"], ["0.0.4"]),
        ("~1.2.3", ["1.2.9"], ["1.3.0"]),
        ("1.x", ["1.0.0", "1.99.0"], ["2.0.0", "0.9.9"]),
        ("*", ["0.0.0", "9.9.9"], ["1.0.0-rc.1"]),
        ("", ["0.0.0"], ["1.0.0-rc.1"]),
        ("1.2 - 2.3", ["1.2.0", "2.3.9"], ["2.4.0", "1.1.9"]),
        (">=1.0.0 <2.0.0 || 3.x", ["1.5.0", "3.1.0"], ["2.5.0"]),
        (">1.2", ["1.3.0"], ["1.2.9"]),
        ("<=1.2", ["1.2.9"], ["1.3.0"]),
        (">1.2.3 <=1.2.4", ["1.2.4"], ["1.2.3", "1.2.5"]),
        ("=1.2.3", ["1.2.3", "1.2.3+build"], ["1.2.4"]),
        ("* || 2.0.0-rc.1", ["1.0.0", "2.0.0-rc.1"], ["2.0.0-rc.2"]),
        ("<1.0.0 >2.0.0", [], ["0.5.0", "1.5.0", "3.0.0"]),
    ],
)
def test_a_range_holds_these_and_not_those(text: str, inside: list[str], outside: list[str]) -> None:
    wanted = Range.parse(text)
    assert [v for v in inside if Version.parse(v) not in wanted] == []
    assert [v for v in outside if Version.parse(v) in wanted] == []


def test_a_prerelease_is_in_a_range_that_names_its_release() -> None:
    wanted = Range.parse(">=1.2.3-beta.2 <2.0.0")
    assert Version.parse("1.2.3-beta.4") in wanted
    assert Version.parse("1.2.4-beta.4") not in wanted
    assert wanted.allows(Version.parse("1.2.4-beta.4"), prereleases=True)
    assert not wanted.allows(Version.parse("1.2.3-beta.1"), prereleases=True)


def test_a_range_is_shown_as_it_was_written_and_equals_what_means_the_same() -> None:
    assert str(Range.parse("  ^1.2 ")) == "^1.2"
    assert str(Range.parse("")) == "*"
    assert Range.parse("^1.2").canonical == ">=1.2.0 <2.0.0-0"
    assert Range.parse("^1.2") == Range.parse(">= 1.2.0  <2.0.0-0")
    assert hash(Range.parse("^1.2")) == hash(Range.parse(">=1.2.0 <2.0.0-0"))
    assert Range.parse("^1.2") != Range.parse("^1.3")


def test_only_an_exact_version_is_a_pin() -> None:
    assert Range.parse("=1.2.3-rc.1").pin == Version.parse("1.2.3-rc.1")
    assert Range.parse("1.2.3").pin == Version.parse("1.2.3")
    assert Range.parse("1.2").pin is None
    assert Range.parse("1.2.3 || 1.2.4").pin is None
    assert Range.parse("*").pin is None


@pytest.mark.parametrize(
    ("text", "position", "reason"),
    [
        ("1.2.3 foo", 6, "'foo' is neither a version nor a comparator"),
        ("1.x.5", 3, "only x follows an x"),
        ("^1 || >=", 8, "expected a version"),
        ("^1.2.3-01", 7, "a prerelease identifier is empty or a number with leading zeros"),
        ("1.2.3-a..b", 8, "a prerelease identifier is empty or a number with leading zeros"),
        ("1.2.3-", 6, "a prerelease identifier is empty or a number with leading zeros"),
        (">=01.2.3", 2, "a number has a leading zero"),
        (">=1.0,<2.0", 5, "between comparators stands a blank"),
        (">1.0.0<2.0.0", 6, "between comparators stands a blank"),
        ("1 - 2 - 3", 6, "nothing follows the second version of a hyphen range"),
        ("^1 - 2", 3, "a hyphen stands between two versions, and nothing else with them"),
        ("1 - ^2", 4, "'^2' is neither a version nor a comparator"),
        ("1 -", 3, "expected a version"),
        ("==1.2.3", 1, "'==1.2.3' is neither a version nor a comparator"),
        ("1.2.3.4", 5, "'1.2.3.4' is neither a version nor a comparator"),
        ("^1 || 2 | 3", 8, "'|' is neither a version nor a comparator"),
        ("latest", 0, "'latest' is neither a version nor a comparator"),
        ("1.2.٣", 3, "'1.2.٣' is neither a version nor a comparator"),
    ],
)
def test_an_invalid_range_says_where_and_why(text: str, position: int, reason: str) -> None:
    with pytest.raises(InvalidRange) as refused:
        Range.parse(text)
    assert (refused.value.text, refused.value.position, refused.value.reason) == (text, position, reason)


def test_the_caret_stands_under_the_fault_of_a_long_range() -> None:
    with pytest.raises(InvalidRange) as refused:
        Range.parse(" || ".join(f"1.0.{patch}" for patch in range(500)) + " || 1.2.O || 2")
    shown, under = str(refused.value).splitlines()[1:3]
    assert shown[under.index("^") - 3 :].startswith("1.2.O")


@pytest.mark.parametrize("text", [">=1.0.0 " * 40, "1" * 257, "1.0.0 || " * 8000])
def test_an_overlong_range_is_refused(text: str) -> None:
    with pytest.raises(InvalidRange, match="longer than"):
        Range.parse(text)


def test_a_range_of_many_versions_may_be_long() -> None:
    many = [Version(1, 0, patch) for patch in range(200)]
    wanted = Range.parse(" || ".join(map(str, many)))
    assert all(version in wanted for version in many)
    assert Version(1, 0, 200) not in wanted


comparators = st.builds("{}{}".format, st.sampled_from(["", ">", ">=", "<", "<=", "^", "~"]), near)
conjunctions = st.lists(comparators, min_size=1, max_size=3).map(" ".join)
ranges = st.lists(conjunctions, min_size=1, max_size=3).map(" || ".join)


@given(ranges, near)
def test_the_canonical_text_means_the_same(text: str, version: Version) -> None:
    wanted, written_out = Range.parse(text), Range.parse(Range.parse(text).canonical)
    assert wanted == written_out
    assert (version in wanted) is (version in written_out)


@given(ranges, ranges, near)
def test_alternatives_are_a_union(one: str, other: str, version: Version) -> None:
    union = Range.parse(f"{one} || {other}")
    assert (version in union) is (version in Range.parse(one) or version in Range.parse(other))


def test_what_is_covered_by_any_release_is_left_out_beside_it() -> None:
    assert Range.parse("^1 || * || 2").canonical == "*"
    assert Range.parse("^1 || * || 2.0.0-rc.1").canonical == "*||2.0.0-rc.1"
    assert Range.parse("* || 2.0.0-rc.1", prereleases=True).canonical == "*"


@given(conjunctions, conjunctions, st.builds(Version, small, small, small))
def test_comparators_side_by_side_are_an_intersection_of_releases(one: str, other: str, version: Version) -> None:
    both = Range.parse(f"{one} {other}")
    assert (version in both) is (version in Range.parse(one) and version in Range.parse(other))


@given(st.text(alphabet="0123456789xX*.<>=~^|- +ab", max_size=30))
def test_any_text_is_a_range_or_an_error_with_a_position_in_it(text: str) -> None:
    fault = fault_of(text)
    if fault is None:
        wanted = Range.parse(text)
        assert Range.parse(str(wanted)) == Range.parse(wanted.canonical) == wanted
    else:
        assert 0 <= fault.position <= len(text)
        assert str(fault)


def fault_of(text: str) -> InvalidRange | None:
    try:
        Range.parse(text)
    except InvalidRange as error:
        return error
    return None


@given(near, ranges)
def test_allowing_prereleases_never_takes_a_release_away(version: Version, text: str) -> None:
    wanted = Range.parse(text)
    assert not (version in wanted and not version.is_prerelease) or wanted.allows(version, prereleases=True)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("^1.2", ["1.2.0-0", "1.2.0-rc.1", "1.3.0-rc.1", "1.9.0"], ["2.0.0-0", "1.1.9"]),
        ("~1.2.3", ["1.2.4-a", "1.2.3"], ["1.2.3-a", "1.3.0-0"]),
        ("1.2.3 - 2", ["1.2.3-0", "2.9.9-z"], ["3.0.0-0"]),
        ("<=1.2.3", ["0.0.0-0", "1.2.3-a"], ["1.2.4-0"]),
        ("*", ["0.0.0-0", "1.0.0-rc.1"], []),
        (">1.2", ["1.3.0-0"], ["1.2.9-z", "1.2.0"]),
    ],
)
def test_where_prereleases_are_counted_they_are_in_it_like_releases(
    text: str, inside: list[str], outside: list[str]
) -> None:
    wanted = Range.parse(text, prereleases=True)
    assert [v for v in inside if Version.parse(v) not in wanted] == []
    assert [v for v in outside if Version.parse(v) in wanted] == []
    assert all(Range.parse(text).allows(Version.parse(v), prereleases=True) for v in inside)


def test_a_range_that_counts_prereleases_says_so() -> None:
    counted = Range.parse("^1.2", prereleases=True)
    assert repr(counted) == "Range('^1.2', prereleases=True)"
    assert counted.canonical == ">=1.2.0-0 <2.0.0-0"
    assert counted != Range.parse("^1.2")


def test_ranges_are_equal_when_the_same_versions_are_in_them() -> None:
    assert Range.parse("1 || 2") == Range.parse(">=1.0.0 <3.0.0")
    assert Range.parse(">2 <1") == Range.parse("<0.0.0-0")
    assert Range.parse(">=1.0.0-0") != Range.parse(">=1.0.0")


VERSIONS = list(map(Version.parse, ["1.0.0", "1.1.0", "2.0.0-rc.1", "2.0.0", "2.1.0", "3.0.0"]))


def test_the_highest_and_the_lowest_of_some_versions_are_chosen() -> None:
    assert str(Range.parse("<2.1").highest(VERSIONS)) == "2.0.0"
    assert str(Range.parse(">1.1").lowest(VERSIONS)) == "2.0.0"
    assert str(Range.parse(">1.1.0", prereleases=True).lowest(VERSIONS)) == "2.0.0-rc.1"
    assert Range.parse("^4").highest(VERSIONS) is None
    assert Range.parse("^1").lowest([]) is None


def test_of_equal_versions_the_first_is_chosen() -> None:
    some = [Version.parse("1.0.0+b"), Version.parse("1.0.0+a")]
    assert str(Range.parse("1").highest(some)) == str(Range.parse("1").lowest(some)) == "1.0.0+b"


@pytest.mark.parametrize(
    ("text", "short"),
    [
        (">=1.0.0 <3.1.0 || >=4.0.0 <5.0.0", "*"),
        (">=1.1.0 <1.5.0 || >=2.0.0 <2.1.0", "1.1.0 - 2.0.0"),
        (">=2.1.0 <5.0.0 || >=7.0.0", ">=2.1.0"),
        (">=0.0.1 <=1.1.9", "<=1.1.0"),
        (">=2.0.0-rc.1 <=2.0.0-rc.2", "2.0.0-rc.1"),
        ("^1", "^1"),
    ],
)
def test_a_range_is_simplified_for_the_versions_there_are(text: str, short: str) -> None:
    some = [version for version in VERSIONS if not version.is_prerelease or "-" in text]
    assert str(Range.parse(text).simplified(some)) == short


@given(ranges, st.lists(near, max_size=6))
def test_a_simplified_range_has_the_same_of_the_versions_in_it(text: str, some: list[Version]) -> None:
    wanted = Range.parse(text)
    shorter = wanted.simplified(some)
    assert [version in shorter for version in some] == [version in wanted for version in some]
    assert len(str(shorter)) <= len(str(wanted))
