"""What is wrong with the text of a range: it is read again, slowly, term by term."""

from __future__ import annotations

import re

from automatosx_nb.model.semver import patterns
from automatosx_nb.model.semver.version import MAX_LENGTH

_BEFORE_VERSION = rf"(?:{patterns.OPERATOR})?+v?+"


def fault(text: str) -> tuple[int, str]:
    """The position of the first character of a ``text`` that is no range at which it stops being one, and why."""
    start = 0
    for side in text.split("||"):
        if len(side) > MAX_LENGTH:
            return start + MAX_LENGTH, f"one side of it is longer than {MAX_LENGTH} characters"
        if _end(patterns.SIDE, side, 0) != len(side):
            position, reason = _fault(side)
            return start + position, reason
        start += len(side) + 2
    raise AssertionError("a text whose every side fits is a range")


def _fault(side: str) -> tuple[int, str]:
    position, read = _end(r"\s*+", side, 0), ""
    """``read`` has a letter for each term so far: v(ersion), c(omparator) or - for a hyphen."""
    while position < len(side) and read != "v-v":
        if read == "v" and _is_hyphen(side, position):
            end, read = position + 1, "v-"
        else:
            end = _end(patterns.PARTIAL if read == "v-" else patterns.TERM, side, position)
            if end == position:
                end = position if read == "v-" else _end(_BEFORE_VERSION, side, position)
                return end, _unreadable(side, position, end)
            read += "v" if _end(patterns.PARTIAL, side, position) > position else "c"
        if end < len(side) and side[end] not in patterns.SPACE:
            return _excess(side, position, end)
        position = _end(r"\s*+", side, end)
    if read == "v-v":
        return position, "nothing follows the second version of a hyphen range"
    return position, "expected a version"


def _is_hyphen(side: str, position: int) -> bool:
    return side[position : position + 2].rstrip(patterns.SPACE) == "-"


def _unreadable(side: str, start: int, end: int) -> str:
    if not side[end:].strip(patterns.SPACE):
        return "expected a version"
    if _is_hyphen(side, end):
        return "a hyphen stands between two versions, and nothing else with them"
    return _neither(side, start)


def _excess(side: str, start: int, end: int) -> tuple[int, str]:
    """Why the character at ``end`` cannot follow the term from ``start``, which fits so far."""
    last, mark = side[end - 1], side[end]
    if last == "0" and mark.isdigit():
        return end - 1, "a number has a leading zero"
    if mark == "." and last in "xX*":
        return end, "only x follows an x"
    if mark == "-" or (mark == "." and "-" in side[start:end]):
        return end + 1, "a prerelease identifier is empty or a number with leading zeros"
    if mark == "," or mark in "<>=^~":
        return end, "between comparators stands a blank"
    return end, _neither(side, start)


def _neither(side: str, start: int) -> str:
    return f"{side[start:].split(maxsplit=1)[0]!r} is neither a version nor a comparator"


def _end(pattern: str, text: str, position: int) -> int:
    """Where what fits ``pattern`` from ``position`` on ends; there, where nothing does."""
    found = re.compile(pattern, re.ASCII).match(text, position)  # compiled only where there is an error
    return found.end() if found else position
