"""How long a text may be, and that reading one takes time that grows with its length and no faster.

No time is measured. A pattern is linear where no quantifier gives back what it took, which is seen in the pattern; and
on texts of the longest allowed length, one that is not would not end within anybody's patience.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from automatosx_nb.model.semver import MAX_LENGTH, InvalidRange, InvalidVersion, Range, Version, loose_range, patterns
from automatosx_nb.model.semver.grammar import MAX_RANGE_LENGTH

parser: Any = vars(re)["_parser"]
GREEDY_OR_LAZY = {"MAX_REPEAT", "MIN_REPEAT"}


def operations(pattern: Any) -> Iterator[str]:
    for op, value in pattern:
        yield str(op)
        for part in _nested(value):
            yield from operations(part)


def _nested(value: Any) -> Iterator[Any]:
    if isinstance(value, parser.SubPattern):
        yield value
    elif isinstance(value, (tuple, list)):
        for each in value:
            yield from _nested(each)


@pytest.mark.parametrize("name", ["NUMBER", "PRERELEASE", "BUILD", "PARTIAL", "OPERATOR", "TERM", "SIDE"])
def test_no_quantifier_gives_back_what_it_took(name: str) -> None:
    found = set(operations(parser.parse(getattr(patterns, name))))
    assert "POSSESSIVE_REPEAT" in found
    assert not found & GREEDY_OR_LAZY


def test_a_quantifier_that_gives_back_would_be_seen() -> None:
    assert set(operations(parser.parse(r"(?:a|(?=b+))"))) & GREEDY_OR_LAZY


HARD = [
    "0",
    "1",
    "1.",
    "1.2.3-",
    "1.2.3-a.",
    "1.2.3-0",
    "1.2.3+a.",
    "1.2.3 - ",
    "x.",
    ">= ",
    "^ ",
    "v",
    "-",
    " ",
    "=",
    "~>",
]


@pytest.mark.parametrize("hard", HARD)
@pytest.mark.parametrize("end", ["", "!", "0", " -", "."])
def test_the_longest_sides_are_read_to_the_end(hard: str, end: str) -> None:
    side = (hard * MAX_LENGTH)[: MAX_LENGTH - len(end)] + end
    count = MAX_RANGE_LENGTH // (MAX_LENGTH + 2)
    for text in (side, "||".join([side] * count), "||".join(["1.2.3-" + "a." * 120 + "a"] * (count - 1) + [side])):
        for read in (Range.parse, Version.parse, loose_range):
            assert 0 <= fault_in(read, text) <= len(text)


def fault_in(read: Callable[[str], object], text: str) -> int:
    """Where ``text`` stops being what is read; 0 where it does not."""
    try:
        read(text)
    except (InvalidRange, InvalidVersion) as fault:
        return fault.position
    return 0


def test_a_range_of_the_most_sides_is_read_and_used() -> None:
    sides = [f"{major}.0.0-a" for major in range(5500)]
    text = "||".join(sides)
    assert len(text) < MAX_RANGE_LENGTH
    wanted = Range.parse(text)
    assert all(Version.parse(side) in wanted for side in sides)
    assert wanted.intersection(wanted) == wanted
    assert not wanted.intersects(Range.parse("||".join(f"{side}.0" for side in sides[:4500])))


@pytest.mark.parametrize(
    ("text", "position"), [("1" * 257, 256), ("1.2.3-" + "a" * 251, 256), (" " * 300, 256), ("1 || " + "2" * 257, 260)]
)
def test_a_range_with_an_overlong_side_is_refused_where_it_is_too_long(text: str, position: int) -> None:
    with pytest.raises(InvalidRange, match="longer than 256") as refused:
        Range.parse(text)
    assert refused.value.position == position


def test_a_range_that_is_overlong_as_a_whole_is_refused() -> None:
    with pytest.raises(InvalidRange, match="longer than 65536"):
        Range.parse("1.0.0 || " * 8000)
