"""Versions and ranges: what the specification says, quoted, and what is ours (errors, limits, equality)."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automatosx_nb import errors
from automatosx_nb.model.semver import MAX_LENGTH, InvalidRange, InvalidVersion, Range, Version

numbers = st.integers(min_value=0, max_value=10**30)
small = st.integers(min_value=0, max_value=3)
words = st.from_regex(r"[0-9]*[A-Za-z-][0-9A-Za-z-]*", fullmatch=True)
identifiers = st.one_of(st.integers(0, 99), words)
versions = st.builds(
    Version,
    numbers,
    numbers,
    numbers,
    st.lists(identifiers, max_size=4),
    st.lists(st.from_regex(r"[0-9A-Za-z-]{1,6}", fullmatch=True), max_size=3),
)
near = st.builds(Version, small, small, small, st.lists(st.sampled_from([0, 1, "a", "b"]), max_size=2))


# --- versions ---


@given(versions)
def test_str_gives_back_what_was_parsed(version: Version) -> None:
    again = Version.parse(str(version))
    assert again == version
    assert str(again) == str(version)
    assert again.build == version.build


@given(near, near, near)
def test_precedence_is_a_total_order(a: Version, b: Version, c: Version) -> None:
    assert (a < b) + (a == b) + (a > b) == 1
    assert not (a <= b and b <= c) or a <= c
    assert (a <= b) == (not b < a)


@given(near, near)
def test_equal_versions_have_equal_hashes(a: Version, b: Version) -> None:
    assert (a == b) == (str(a) == str(b))
    assert a != b or hash(a) == hash(b)


@given(small, small, small, st.lists(identifiers, min_size=1, max_size=3))
def test_a_prerelease_comes_before_its_release(a: int, b: int, c: int, before: list[int | str]) -> None:
    """'a pre-release version has lower precedence than a normal version' (11.3)."""
    assert Version(a, b, c, before) < Version(a, b, c)
    assert Version(a, b, c, before) > Version(a, b, c - 1) if c else True


@given(near, identifiers)
def test_a_larger_set_of_prerelease_fields_is_higher(version: Version, more: int | str) -> None:
    """'A larger set of pre-release fields has a higher precedence' (11.4.4)."""
    longer = Version(version.major, version.minor, version.patch, (*version.prerelease, more))
    assert (longer > version) is version.is_prerelease


def test_numeric_identifiers_are_lower_than_words_and_compare_as_numbers() -> None:
    """'1.0.0-alpha < 1.0.0-alpha.1 < 1.0.0-alpha.beta < 1.0.0-beta < 1.0.0-beta.2 < 1.0.0-beta.11' (11.4)."""
    chain = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11"]
    chain += ["1.0.0-rc.1", "1.0.0"]
    assert [str(version) for version in sorted(map(Version.parse, chain[::-1]))] == chain


def test_build_metadata_does_not_count_in_comparison() -> None:
    """'Build metadata MUST be ignored when determining version precedence' (10)."""
    one, other = Version.parse("1.0.0+a"), Version.parse("1.0.0+b")
    assert one == other
    assert {one: "kept"}[other] == "kept"
    assert (str(one), str(other)) == ("1.0.0+a", "1.0.0+b")


def test_a_version_survives_copying_and_formatting() -> None:
    version = Version.parse("1.2.3-rc.1+b.2")
    for copied in (copy.copy(version), copy.deepcopy(version)):
        assert (str(copied), copied.build) == ("1.2.3-rc.1+b.2", ("b", "2"))
    assert f"{version:>16}" == "  1.2.3-rc.1+b.2"
    assert repr(version) == "Version('1.2.3-rc.1+b.2')"


def test_a_version_compares_with_versions_only() -> None:
    assert Version(1) != "1.0.0"
    with pytest.raises(TypeError):
        assert Version(1) < "2.0.0"  # type: ignore[operator]


def test_parts_that_make_no_version_are_refused() -> None:
    with pytest.raises(InvalidVersion):
        Version(-1)
    with pytest.raises(InvalidVersion):
        Version(1, 0, 0, ["a b"])


@pytest.mark.parametrize(
    ("text", "position", "reason"),
    [
        ("", 0, "expected the major number"),
        ("v1.2.3", 0, "expected the major number"),
        ("1", 1, "expected '.' and the minor number"),
        ("1.2", 3, "expected '.' and the patch number"),
        ("1.02.3", 2, "the minor number has a leading zero"),
        ("1.2.x", 4, "expected the patch number"),
        ("1.2.3-", 6, "a prerelease identifier is empty"),
        ("1.2.3-a..b", 8, "a prerelease identifier is empty"),
        ("1.2.3-01", 6, "a numeric prerelease identifier has a leading zero"),
        ("1.2.3+", 6, "a build identifier is empty"),
        ("1.2.3+a+b", 7, "this character does not belong here"),
        ("1.2.3 ", 5, "this character does not belong here"),
        ("1.2.3-é", 6, "a prerelease identifier is empty"),
        ("1.2.٣", 4, "expected the patch number"),
        ("1.2.3\n", 5, "this character does not belong here"),
    ],
)
def test_an_invalid_version_says_where_and_why(text: str, position: int, reason: str) -> None:
    with pytest.raises(InvalidVersion) as refused:
        Version.parse(text)
    assert (refused.value.text, refused.value.position, refused.value.reason) == (text, position, reason)


def test_the_caret_stands_under_the_fault() -> None:
    with pytest.raises(InvalidVersion) as refused:
        Version.parse("1.2.03")
    lines = str(refused.value).splitlines()
    assert lines[1].index("0") == lines[2].index("^")


def test_the_longest_version_is_read_and_a_longer_one_refused() -> None:
    longest = "1.2.3-" + "a" * (MAX_LENGTH - 6)
    assert str(Version.parse(longest)) == longest
    with pytest.raises(InvalidVersion, match="longer than 256"):
        Version.parse(longest + "a")


def test_the_errors_are_value_errors_of_our_hierarchy() -> None:
    assert InvalidVersion is errors.InvalidVersion
    assert InvalidRange is errors.InvalidRange
    assert issubclass(InvalidVersion, ValueError)
    assert issubclass(InvalidRange, ValueError)


@given(st.text(max_size=40))
def test_any_text_is_a_version_or_an_error_with_a_position_in_it(text: str) -> None:
    fault = fault_of(Version.parse, text)
    if fault is None:
        assert str(Version.parse(text)) == text
    else:
        assert 0 <= fault.position <= len(text)
        assert str(fault)


def fault_of(parse: Callable[[str], object], text: str) -> InvalidVersion | InvalidRange | None:
    try:
        parse(text)
    except (InvalidVersion, InvalidRange) as error:
        return error
    return None


# --- ranges ---


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
    ("text", "position"),
    [("1.2.3 foo", 6), ("1.x.5", 0), ("^1 || >=", 6), ("^1.2.3-01", 7), (">=01.2.3", 0), ("1,2", 0), ("1 - 2 - 3", 2)],
)
def test_an_invalid_range_says_where(text: str, position: int) -> None:
    with pytest.raises(InvalidRange) as refused:
        Range.parse(text)
    assert (refused.value.text, refused.value.position) == (text, position)


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


@given(conjunctions, conjunctions, st.builds(Version, small, small, small))
def test_comparators_side_by_side_are_an_intersection_of_releases(one: str, other: str, version: Version) -> None:
    both = Range.parse(f"{one} {other}")
    assert (version in both) is (version in Range.parse(one) and version in Range.parse(other))


@given(ranges, ranges, near)
def test_ranges_that_share_a_version_intersect(one: str, other: str, version: Version) -> None:
    a, b = Range.parse(one), Range.parse(other)
    assert a.intersects(b) is b.intersects(a)
    assert a.intersects(b) or not (version in a and version in b)


GRID = [
    Version(a, b, c, p)
    for a in range(6)
    for b in range(6)
    for c in range(6)
    for p in ((), (0,), (0, 0), (0, 0, 0), ("a",), ("a", 0), ("a", 0, 0))
]


@given(st.sampled_from(["", ">", ">=", "<", "<=", "^", "~"]), near, conjunctions)
def test_ranges_that_intersect_share_a_version(op: str, version: Version, other: str) -> None:
    a, b = Range.parse(f"{op}{version}"), Range.parse(other)
    shared = [each for each in (*GRID, *_beside(version)) if each in a and each in b]
    if not shared and a.intersects(b):
        shared = [
            each
            for text in other.split()
            for each in _beside(Version.parse(text.lstrip("<>=^~")))
            if each in a and each in b
        ]
    assert a.intersects(b) is bool(shared)


def _beside(version: Version) -> list[Version]:
    """The version itself, and the ones directly after it."""
    if not version.is_prerelease:
        return [version, Version(version.major, version.minor, version.patch + 1)]
    return [version, Version(version.major, version.minor, version.patch, (*version.prerelease, 0))]


@given(st.text(alphabet="0123456789xX*.<>=~^|- +ab", max_size=30))
def test_any_text_is_a_range_or_an_error_with_a_position_in_it(text: str) -> None:
    fault = fault_of(Range.parse, text)
    if fault is None:
        assert Range.parse(str(Range.parse(text))) == Range.parse(text)
    else:
        assert 0 <= fault.position <= len(text)
        assert str(fault)


@given(near, ranges)
def test_allowing_prereleases_never_takes_a_release_away(version: Version, text: str) -> None:
    wanted = Range.parse(text)
    assert not (version in wanted and not version.is_prerelease) or wanted.allows(version, prereleases=True)
