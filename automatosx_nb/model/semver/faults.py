"""What is wrong with the text of a range: it is read again, slowly, term by term."""

from __future__ import annotations

import re

from automatosx_nb.model.semver import patterns

_side = re.compile(patterns.SIDE, re.ASCII).fullmatch
_term = re.compile(patterns.TERM, re.ASCII).match
_version = re.compile(patterns.PARTIAL, re.ASCII).match
_before_version = re.compile(rf"(?:{patterns.OPERATOR})?+v?+", re.ASCII)
_blanks = re.compile(r"\s*+", re.ASCII)
_hyphen = re.compile(r"-(?=\s|\Z)", re.ASCII).match


def fault(text: str) -> tuple[int, str]:
    """The position of the first character of a ``text`` that is no range at which it stops being one, and why."""
    start = 0
    for side in text.split("||"):
        if _side(side) is None:
            position, reason = _fault(side)
            return start + position, reason
        start += len(side) + 2
    raise AssertionError("a text whose every side fits is a range")


def _fault(side: str) -> tuple[int, str]:
    position, read = _end(_blanks, side, 0), ""
    """``read`` has a letter for each term so far: v(ersion), c(omparator) or - for a hyphen."""
    while position < len(side) and read != "v-v":
        if read == "v" and _hyphen(side, position):
            end, read = position + 1, "v-"
        elif found := (_version if read == "v-" else _term)(side, position):
            end = found.end()
            read += "v" if _version(side, position) else "c"
        else:
            end = position if read == "v-" else _end(_before_version, side, position)
            return end, _unreadable(side, position, end)
        if end < len(side) and side[end] not in patterns.SPACE:
            return _excess(side, position, end)
        position = _end(_blanks, side, end)
    if read == "v-v":
        return position, "nothing follows the second version of a hyphen range"
    return position, "expected a version"


def _unreadable(side: str, start: int, end: int) -> str:
    if not side[end:].strip(patterns.SPACE):
        return "expected a version"
    if _hyphen(side, end):
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


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    found = pattern.match(text, position)
    return found.end() if found else position
