"""npm's range grammar: checked in one pass of one pattern, read into comparators when they are needed.

The grammar: https://github.com/npm/node-semver#range-grammar. Strict, but for one ``v`` before a version: an operator
is written once and in one piece, and only ``x`` follows an ``x``.
"""

from __future__ import annotations

import re

from automatosx_nb.errors import InvalidRange
from automatosx_nb.model.semver import patterns
from automatosx_nb.model.semver.faults import fault
from automatosx_nb.model.semver.shorthands import (
    NOTHING,
    ZERO,
    ZERO_PRERELEASE,
    Comparator,
    Partial,
    between,
    names_prerelease,
    term,
)
from automatosx_nb.model.semver.version import MAX_LENGTH, prerelease_key

MAX_RANGE_LENGTH = 65536
"""Characters of a whole range; each of its sides has a version's :data:`MAX_LENGTH`."""

Conjunction = tuple[Comparator, ...]
"""All of them hold; an empty one allows every release."""

_side = re.compile(patterns.SIDE, re.ASCII).fullmatch
_terms = re.compile(
    rf"(\^|~>?+|>=?+|<=?+|=)?+\s*+v?+({patterns.NUMBER}|{patterns.X})"
    rf"(?:\.({patterns.NUMBER}|{patterns.X}))?+(?:\.({patterns.NUMBER}|{patterns.X}))?+"
    rf"(?:-({patterns.PRERELEASE}))?+\S*+",
    re.ASCII,
).findall


def check(text: str) -> None:
    """:raises InvalidRange: with the position of the first character that does not fit."""
    if len(text) > MAX_RANGE_LENGTH:
        raise InvalidRange(text, MAX_RANGE_LENGTH, f"it is longer than {MAX_RANGE_LENGTH} characters")
    for side in text.split("||") if "||" in text else (text,):
        if len(side) > MAX_LENGTH or _side(side) is None:
            raise InvalidRange(text, *fault(text))


def alternatives(text: str, *, wide: bool) -> list[Conjunction]:
    """The sides of a ``text`` that :func:`check` passed. ``wide``: prereleases count like releases.

    As in npm, a side that allows nothing is left out, and so is one beside ``*``; but not where it names a prerelease:
    npm forgets that one, and here ``* || 2.0.0-rc.1`` allows what each of its sides allows.
    """
    if "||" not in text:
        return [_alternative(text, wide)]
    found = [_alternative(side, wide) for side in text.split("||")]
    if () in found:
        return [(), *(comparators for comparators in found if not wide and any(map(names_prerelease, comparators)))]
    return [comparators for comparators in found if comparators != (NOTHING,)] or found[:1]


def _alternative(side: str, wide: bool) -> Conjunction:
    """Each comparator once, without those that allow everything; :data:`NOTHING` alone where it is among them."""
    kept: list[Comparator] = []
    anything = ZERO_PRERELEASE if wide else ZERO
    for comparator in _comparators(side, wide):
        if comparator == NOTHING:
            return (NOTHING,)
        if comparator != anything and comparator not in kept:
            kept.append(comparator)
    return tuple(kept)


def _comparators(side: str, wide: bool) -> list[Comparator]:
    found = _terms(side)
    if "-" in side and "-" in side.split():
        (_, *low), (_, *high) = found
        return between(_partial(*low), _partial(*high), wide)
    comparators: list[Comparator] = []
    for op, major, minor, patch, prerelease in found:
        comparators += term(op, _partial(major, minor, patch, prerelease), wide)
    return comparators


def _partial(major: str, minor: str, patch: str, prerelease: str) -> Partial:
    if patch.isdigit() and minor.isdigit() and major.isdigit():
        return (int(major), int(minor), int(patch)), prerelease_key(prerelease) if prerelease else ()
    if minor.isdigit() and major.isdigit():
        return (int(major), int(minor)), ()
    return ((int(major),) if major.isdigit() else ()), ()
