"""What people type, as it is read where they type it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automatosx_nb.model.semver import (
    InvalidRange,
    InvalidVersion,
    Range,
    Version,
    clean,
    coerce,
    loose_range,
    loose_version,
)
from automatosx_nb.model.semver.loose import COERCIBLE_LENGTH


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("1.2.3", "1.2.3"),
        (" v1.2.3 ", "1.2.3"),
        ("= v 1.2.3", "1.2.3"),
        ("01.02.03", "1.2.3"),
        ("1.2.3rc1", "1.2.3-rc1"),
        ("1.2.3-rc.01+b.01", "1.2.3-rc.1+b.01"),
        ("0.0.0", "0.0.0"),
    ],
)
def test_a_version_is_read_as_it_was_meant(typed: str, meant: str) -> None:
    assert str(loose_version(typed)) == meant


@pytest.mark.parametrize("typed", ["1.2", "1.2.3.4", "1.2.3-", "latest", "", "1.2.3 4", "1" * 300])
def test_what_may_mean_several_versions_or_none_is_refused(typed: str) -> None:
    with pytest.raises(InvalidVersion) as refused:
        loose_version(typed)
    assert refused.value.text == typed


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("v1.2", "1.2"),
        ("1.0", "1.0"),
        ("==1.2.3", "1.2.3"),
        ("= =v1.2", "1.2"),
        ("> =1.2", ">=1.2"),
        (">=1.0,<2.0", ">=1.0 <2.0"),
        (">= 1.0 , < 2.0", ">=1.0 <2.0"),
        ("^01.2.3beta || 2", "^1.2.3-beta || 2"),
        ("1.2.3pre - 2.4.3pre", "1.2.3-pre - 2.4.3-pre"),
        ("~v1.2.3rc1", "~1.2.3-rc1"),
    ],
)
def test_a_range_is_read_as_it_was_meant(typed: str, meant: str) -> None:
    assert loose_range(typed) == Range.parse(meant)


@pytest.mark.parametrize("typed", ["latest", "^1 foo", "1,2", "~=1.2", "1.2.3.4", "^1 ||| 2", "!=1.2", "x.1.2", "^1,"])
def test_nothing_of_a_range_is_left_out_in_silence(typed: str) -> None:
    with pytest.raises(InvalidRange) as refused:
        loose_range(typed)
    assert refused.value.text == typed


near = st.sampled_from(["1", "1.2", "1.2.3", "1.x", "v1.2.3-a", "0.0.0-0", "*"])
terms = st.builds("{}{}".format, st.sampled_from(["", "^", "~", ">", "<=", "="]), near)
texts = st.lists(st.lists(terms, min_size=1, max_size=3).map(" ".join), min_size=1, max_size=3).map("||".join)


@given(texts)
def test_a_valid_range_keeps_its_meaning_and_its_text(text: str) -> None:
    assert loose_range(text) == Range.parse(text)
    assert str(loose_range(text)) == str(Range.parse(text))


@given(st.text(alphabet="0123456789vx.=-+ab<>^~,| ", max_size=20))
def test_what_is_read_loosely_can_be_written_strictly(text: str) -> None:
    if (wanted := _or_none(lambda: loose_range(text))) is not None:
        assert Range.parse(str(wanted)) == wanted
    if (version := _or_none(lambda: loose_version(text))) is not None:
        assert Version.parse(str(version)) == version


T = TypeVar("T")


def _or_none(read: Callable[[], T]) -> T | None:
    try:
        return read()
    except ValueError:
        return None


def test_cleaning_takes_away_what_stands_around_a_version_and_nothing_of_it() -> None:
    assert str(clean("  =v1.2.3-rc.1+b ")) == str(clean("= v 1.2.3-rc.1+b")) == "1.2.3-rc.1+b"
    with pytest.raises(InvalidVersion):
        clean("v01.2.3")


def test_a_version_is_found_in_a_text() -> None:
    text = "acme-tool 4.6.3.9-alpha2, built for 2.1-rc.1"
    assert str(coerce(text)) == "4.6.3"
    assert str(coerce(text, rightmost=True)) == "1.0.0"
    assert str(coerce("for 2.1-rc.1+b", prereleases=True)) == "2.1.0-rc.1+b"
    assert coerce("no version") is None
    assert coerce("x" * COERCIBLE_LENGTH + "1.2.3") is None
