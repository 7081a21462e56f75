"""Versions: what the specification says, quoted, and what is ours (errors, limits, equality)."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automatosx_nb import errors
from automatosx_nb.model.semver import MAX_LENGTH, InvalidRange, InvalidVersion, Version

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
    fault = fault_of(text)
    if fault is None:
        assert str(Version.parse(text)) == text
    else:
        assert 0 <= fault.position <= len(text)
        assert str(fault)


def fault_of(text: str) -> InvalidVersion | None:
    try:
        Version.parse(text)
    except InvalidVersion as error:
        return error
    return None


def test_build_metadata_orders_versions_of_the_same_precedence_where_asked() -> None:
    texts = ["1.0.0+b", "1.0.0+1.0", "1.0.0", "1.0.0+1", "0.9.0+z", "1.0.0+11"]
    ordered = sorted(map(Version.parse, texts), key=lambda version: version.total_key)
    assert list(map(str, ordered)) == ["0.9.0+z", "1.0.0", "1.0.0+1", "1.0.0+1.0", "1.0.0+11", "1.0.0+b"]


def test_numbers_have_no_upper_limit() -> None:
    text = "99999999999999999999999.999999999999999999.99999999999999999"
    assert str(Version.parse(text)) == text
    assert Version.parse(text) > Version.parse("9007199254740991.0.0")


def test_a_caret_under_a_long_text_stands_under_what_is_shown_of_it() -> None:
    text = "1.2.3-" + "a" * 200 + "_" + "b" * 40
    with pytest.raises(InvalidVersion) as refused:
        Version.parse(text)
    shown, under = str(refused.value).splitlines()[1:3]
    assert refused.value.position == 206
    assert shown[under.index("^")] == "_"
    assert len(shown) < 110


def test_a_caret_stands_right_under_text_that_cannot_be_printed() -> None:
    with pytest.raises(InvalidVersion) as refused:
        Version.parse("1.\n2.3")
    shown, under = str(refused.value).splitlines()[1:3]
    assert shown[under.index("^")] == "\N{REPLACEMENT CHARACTER}"
