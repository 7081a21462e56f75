"""npm's shorthands, written out in comparators.

``wide`` is npm's ``includePrerelease``: then ``1.2`` begins at its first prerelease, ``1.2.0-0``.
"""

from __future__ import annotations

from automatosx_nb.model.semver.version import Key

Comparator = tuple[str, Key]
"""``<``, ``<=``, ``=``, ``>=`` or ``>``, and the key of a version."""
Numbers = tuple[int, ...]
"""The numbers before the first ``x``: none to three."""
Partial = tuple[Numbers, Key]
"""A version that may be partly written: its numbers, and what the key of its prerelease has behind them."""

NOTHING: Comparator = ("<", (0, 0, 0, 0, 0, 0))
ZERO: Comparator = (">=", (0, 0, 0, 1))
"""Allows every release."""
ZERO_PRERELEASE: Comparator = (">=", (0, 0, 0, 0, 0, 0))
"""Allows every version."""


def names_prerelease(comparator: Comparator) -> bool:
    """Not so ``<2.0.0-0``: that is how ``^1`` leaves the prereleases of 2.0.0 out."""
    op, key = comparator
    return not key[3] and (op, key[4:]) != ("<", (0, 0))


def term(op: str, partial: Partial, wide: bool) -> list[Comparator]:
    """One version, with the operator before it."""
    numbers, rest = partial
    if not numbers:
        return [NOTHING] if op in ("<", ">") else []
    if op == "^":
        return [_low(numbers, rest, wide), _before_next(numbers[: _significant(numbers)])]
    if op in ("~", "~>"):
        return [_low(numbers, rest, wide), _before_next(numbers[:2])]
    if len(numbers) == 3:
        return [(op or "=", _key(numbers, rest))]
    return _partial(op, numbers, wide)


def between(low: Partial, high: Partial, wide: bool) -> list[Comparator]:
    """``low - high``, both included."""
    comparators: list[Comparator] = []
    if low[0]:
        comparators.append((">=", _key(*low)) if low[1] else _from(low[0], wide))
    if high[0]:
        written_out = len(high[0]) == 3 and (bool(high[1]) or not wide)
        comparators.append(("<=", _key(*high)) if written_out else _before_next(high[0]))
    return comparators


def _partial(op: str, numbers: Numbers, wide: bool) -> list[Comparator]:
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


def _significant(numbers: Numbers) -> int:
    """How many parts ``^`` holds fast: up to the first that is not zero, or all that are written."""
    for count, number in enumerate(numbers, 1):
        if number:
            return count
    return len(numbers)
