"""Reads npm's range grammar and writes its shorthands out in comparators.

The grammar: https://github.com/npm/node-semver#range-grammar. Strict, but for one ``v`` before a version.
"""

from __future__ import annotations

import re

from automatosx_nb.errors import InvalidRange
from automatosx_nb.model.semver.version import MAX_LENGTH, Key, prerelease_key

_NUMBER = r"0|[1-9][0-9]*+"
_UNUSED = r"(?:-[0-9A-Za-z.-]++)?+"
"""A prerelease after an ``x`` says nothing, as in npm."""
_PARTIAL = (
    rf"v?+(?:[xX*](?:\.[xX*](?:\.[xX*]{_UNUSED})?+)?+|({_NUMBER})(?:\.(?:[xX*](?:\.[xX*]{_UNUSED})?+"
    rf"|({_NUMBER})(?:\.(?:[xX*]{_UNUSED}|({_NUMBER})(?:-([0-9A-Za-z.-]++))?+))?+))?+)"
    r"(?:\+[0-9A-Za-z-]++(?:\.[0-9A-Za-z-]++)*+)?+"
)
"""A version with parts left out or ``x``: its numbers before the first ``x``, and its prerelease."""
_TERM = re.compile(rf"(\^|~>?+|>=?+|<=?+|=)?+\s*+{_PARTIAL}(?=\s|\Z)\s*+", re.ASCII)
_HYPHEN = re.compile(rf"{_PARTIAL}\s++-\s++{_PARTIAL}\s*+\Z", re.ASCII)
MAX_RANGE_LENGTH = 65536
"""Characters of a whole range; each of its alternatives has a version's :data:`MAX_LENGTH`."""
SPACE = " \t\n\r\f\v"

Comparator = tuple[str, Key]
"""``<``, ``<=``, ``=``, ``>=`` or ``>``, and the key of a version."""
Conjunction = tuple[Comparator, ...]
"""All of them hold; an empty one allows every release."""

Numbers = tuple[int, ...]
"""The numbers before the first ``x``: none to three."""

NOTHING: Comparator = ("<", (0, 0, 0, 0, 0, 0))
_ZERO: Comparator = (">=", (0, 0, 0, 1))
_ZERO_PRERELEASE: Comparator = (">=", (0, 0, 0, 0, 0, 0))


def parse(text: str, *, wide: bool) -> list[Conjunction]:
    """The alternatives of ``text``; an empty one allows every release. ``wide``: prereleases count too."""
    if len(text) <= MAX_LENGTH and "||" not in text:
        return [_alternative(text, 0, len(text), wide)]
    if len(text) > MAX_RANGE_LENGTH:
        raise InvalidRange(text, MAX_LENGTH, f"it is longer than {MAX_RANGE_LENGTH} characters")
    alternatives: list[Conjunction] = []
    start = 0
    for part in text.split("||"):
        if len(part) > MAX_LENGTH:
            raise InvalidRange(text, min(start, MAX_LENGTH), f"one part of it is longer than {MAX_LENGTH} characters")
        alternatives.append(_alternative(text, start, start + len(part), wide))
        start += len(part) + 2
    return _simplified(alternatives)


def _simplified(alternatives: list[Conjunction]) -> list[Conjunction]:
    """Without those that allow nothing, and only ``*`` where it covers the others.

    node-semver drops the others always, and with them the prereleases that they name; here
    ``* || 2.0.0-rc.1`` allows what each of its sides allows.
    """
    some = [comparators for comparators in alternatives if comparators != (NOTHING,)]
    if not some:
        return alternatives[:1]
    if () in some and all(key[3] for comparators in some for _, key in comparators):
        return [()]
    return some


def _alternative(text: str, start: int, end: int, wide: bool) -> Conjunction:
    while start < end and text[start] in SPACE:
        start += 1
    comparators: list[Comparator] = []
    hyphen = _HYPHEN.match(text, start, end) if text.find("-", start, end) >= 0 else None
    if hyphen is not None:
        comparators = _between(hyphen, text, start, wide)
    else:
        while start < end:
            found = _TERM.match(text, start, end)
            if found is None:
                raise _fault(text, start, end)
            op, major, minor, patch, prerelease = found.groups()
            comparators += _term(op, _numbers(major, minor, patch), _rest(prerelease, text, start), wide)
            start = found.end()
    return _conjunction(comparators, wide)


def _conjunction(comparators: list[Comparator], wide: bool) -> Conjunction:
    """Each once, without those that allow everything; :data:`NOTHING` alone where it is among them."""
    anything = _ZERO_PRERELEASE if wide else _ZERO
    kept: list[Comparator] = []
    for comparator in comparators:
        if comparator == NOTHING:
            return (NOTHING,)
        if comparator != anything and comparator not in kept:
            kept.append(comparator)
    return tuple(kept)


def _numbers(major: str | None, minor: str | None, patch: str | None) -> Numbers:
    if major is None:
        return ()
    if minor is None:
        return (int(major),)
    if patch is None:
        return int(major), int(minor)
    return int(major), int(minor), int(patch)


def _rest(prerelease: str | None, text: str, position: int) -> Key:
    """The key elements of ``prerelease``; empty for none."""
    if prerelease is None:
        return ()
    key = prerelease_key(prerelease)
    if key is None:
        where = text.find(prerelease, position)
        raise InvalidRange(text, where, "a prerelease identifier is empty or a number with leading zeros")
    return key


def _fault(text: str, start: int, end: int) -> InvalidRange:
    word = text[start:end].split(maxsplit=1)[0]
    return InvalidRange(text, start, f"{word!r} is neither a version nor a comparator")


# --- shorthands ---------------------------------------------------------------------------------------------


def _key(numbers: Numbers, rest: Key) -> Key:
    return (*numbers, 0, *rest) if rest else (*numbers, 1)


def _from(numbers: Numbers, wide: bool) -> Comparator:
    """From the first version of a partly written one: ``1.2`` → ``>=1.2.0``."""
    padded = (*numbers, 0, 0)[:3]
    return ">=", ((*padded, 0, 0, 0) if wide else (*padded, 1))


def _low(numbers: Numbers, rest: Key, wide: bool) -> Comparator:
    return (">=", _key(numbers, rest)) if len(numbers) == 3 else _from(numbers, wide)


def _before_next(numbers: Numbers) -> Comparator:
    """Up to the next one with the same number of parts, its prereleases excluded: ``1.2`` → ``<1.3.0-0``."""
    padded = (*numbers[:-1], numbers[-1] + 1, 0, 0)[:3]
    return "<", (*padded, 0, 0, 0)


def _term(op: str | None, numbers: Numbers, rest: Key, wide: bool) -> list[Comparator]:
    if not numbers:
        return [NOTHING] if op in ("<", ">") else []
    if op == "^":
        return [_low(numbers, rest, wide), _before_next(numbers[: _significant(numbers)])]
    if op in ("~", "~>"):
        return [_low(numbers, rest, wide), _before_next(numbers[:2])]
    if len(numbers) == 3:
        return [(op or "=", _key(numbers, rest))]
    return _partial(op, numbers, wide)


def _partial(op: str | None, numbers: Numbers, wide: bool) -> list[Comparator]:
    """A version with a part missing, after a comparator or alone."""
    match op:
        case "<":
            return [("<", _from(numbers, wide=True)[1])]
        case "<=":
            return [_before_next(numbers)]
        case ">":
            return [_from((*numbers[:-1], numbers[-1] + 1), wide)]
        case ">=":
            return [_from(numbers, wide)]
        case _:
            return [_from(numbers, wide), _before_next(numbers)]


def _significant(numbers: Numbers) -> int:
    """How many parts ``^`` holds fast: up to the first that is not zero, or all that are written."""
    for count, number in enumerate(numbers, 1):
        if number:
            return count
    return len(numbers)


def _between(found: re.Match[str], text: str, start: int, wide: bool) -> list[Comparator]:
    """``low - high``, both included."""
    parts = found.groups()
    low, low_rest = _numbers(*parts[:3]), _rest(parts[3], text, start)
    high, high_rest = _numbers(*parts[4:7]), _rest(parts[7], text, start)
    comparators: list[Comparator] = []
    if low:
        comparators.append((">=", _key(low, low_rest)) if low_rest else _from(low, wide))
    if high:
        written_out = len(high) == 3 and (bool(high_rest) or not wide)
        comparators.append(("<=", _key(high, high_rest)) if written_out else _before_next(high))
    return comparators
