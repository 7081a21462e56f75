"""Ranges as sets of versions, against brute force over a small universe of versions.

The universe holds every version that a generated comparator can name, and beside each of them enough others that two
sets which differ at all differ in it.
"""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automatosx_nb.model.semver import MAX_LENGTH, Range, Version

NAMED = [Version(*numbers, before) for numbers in product((0, 1, 2), (0, 1), (0, 1)) for before in ((), (0,), ("a",))]
UNIVERSE = sorted(
    Version(*numbers, before)
    for numbers in product((0, 1, 2, 3, 4), (0, 1, 2, 3), (0, 1, 2, 3))
    for before in ((), (0,), (0, 0), (1,), ("a",), ("a", 0), ("b",))
)

operators = st.sampled_from(["", ">", ">=", "<", "<=", "^", "~"])
comparators = st.builds("{}{}".format, operators, st.sampled_from(NAMED))
conjunctions = st.lists(comparators, min_size=1, max_size=3).map(" ".join)
texts = st.lists(conjunctions | st.sampled_from(["*", "1.x", "0 - 1.1"]), min_size=1, max_size=3).map(" || ".join)
ranges = st.builds(Range.parse, texts, st.booleans())


def members(wanted: Range) -> list[Version]:
    return [version for version in UNIVERSE if version in wanted]


@given(ranges, ranges)
def test_the_intersection_holds_what_is_in_both(one: Range, other: Range) -> None:
    both = one.intersection(other)
    assert members(both) == [version for version in members(one) if version in other]
    assert both == other & one
    assert Range.parse(str(both), both.prereleases) == both


@given(ranges, ranges)
def test_ranges_intersect_exactly_when_a_version_is_in_both(one: Range, other: Range) -> None:
    shared = any(version in other for version in members(one))
    assert one.intersects(other) is other.intersects(one) is shared
    assert one.intersection(other).is_empty is not shared


@given(ranges, ranges)
def test_a_subset_has_no_version_that_the_other_lacks(one: Range, other: Range) -> None:
    assert one.is_subset(other) is all(version in other for version in members(one))


@given(ranges, ranges)
def test_ranges_are_equal_exactly_when_their_versions_are(one: Range, other: Range) -> None:
    assert (one == other) is (members(one) == members(other))
    assert one != other or hash(one) == hash(other)


@given(ranges)
def test_the_minimum_is_the_lowest_version_in_it(wanted: Range) -> None:
    assert wanted.minimum == min(members(wanted), default=None)


@given(ranges, st.sampled_from(NAMED))
def test_a_version_is_above_or_below_a_range_exactly_when_it_is_so_of_every_version_in_it(
    wanted: Range, version: Version
) -> None:
    assert wanted.is_below(version) is all(each < version for each in members(wanted))
    assert wanted.is_above(version) is all(each > version for each in members(wanted))


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("^1.2", "<1.5", ">=1.2.0 <1.5.0-0"),
        ("^1.2", "^2", "<0.0.0-0"),
        ("*", "~1.2.3", ">=1.2.3 <1.3.0-0"),
        ("1 || 3", ">=1.5 <3.2", ">=1.5.0 <2.0.0-0||>=3.0.0 <3.2.0-0"),
        (">=1.2.3-rc.1", "^1.2.3-beta", ">=1.2.3-rc.1 <2.0.0-0"),
        (">=1.2.3-rc.1", "^1.2", ">=1.2.3 <2.0.0-0"),
        ("1.2.3", "<=1.2.3", "1.2.3"),
    ],
)
def test_an_intersection_is_written_as_a_range(one: str, other: str, both: str) -> None:
    assert str(Range.parse(one) & Range.parse(other)) == both


def test_a_union_is_covered_by_ranges_that_touch() -> None:
    """node-semver answers no: it compares with one alternative at a time."""
    assert Range.parse("^1 || ^2").is_subset(Range.parse(">=1.0.0 <1.5.0 || >=1.5.0"))


def test_nothing_lies_between_neighbours() -> None:
    """node-semver answers yes to the first: it compares comparators, not versions."""
    assert not Range.parse(">1.2.3 <1.2.4").intersects(Range.parse("*"))
    assert Range.parse(">1.2.3 <1.2.4", prereleases=True).intersects(Range.parse("*", prereleases=True))


def test_an_empty_range_is_below_and_above_every_version_and_a_subset_of_every_range() -> None:
    nothing = Range.parse(">2 <1")
    assert nothing.is_empty
    assert nothing.minimum is None
    assert nothing.is_below(Version(1))
    assert nothing.is_above(Version(1))
    assert nothing.is_subset(Range.parse("3"))


def test_a_prerelease_that_is_not_in_a_range_need_not_be_outside_of_it() -> None:
    """node-semver calls 1.5.0-beta greater than ^1.0.0, though 1.9.0 is in it."""
    assert Version.parse("1.5.0-beta") not in Range.parse("^1.0.0")
    assert not Range.parse("^1.0.0").is_below(Version.parse("1.5.0-beta"))
    assert Range.parse("^1.0.0").is_below(Version.parse("2.0.0-beta"))
    assert Range.parse("^1.0.0").is_above(Version.parse("1.0.0-beta"))


def test_what_is_made_of_the_longest_versions_may_be_longer() -> None:
    longest = "1.2.3-" + "a" * 249
    above = Range.parse(f">{longest}")
    assert str(above.minimum) == f"{longest}.0"
    both = above & Range.parse("<1.2.3-" + "b" * 249)
    assert len(str(both)) > MAX_LENGTH
    assert Version.parse("1.2.3-aaab") in both
    assert Version.parse("1.2.4") not in both


def test_the_minimum_of_a_range_is_found_past_an_alternative_that_allows_nothing() -> None:
    assert str(Range.parse(">=1.0.0 <1.0.0 || >=2").minimum) == "2.0.0"
