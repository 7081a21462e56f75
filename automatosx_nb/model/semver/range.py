"""A range of versions: alternatives joined by ``||``, each an interval once npm's shorthands are written out.

Bounds are keys (see :mod:`.version`) of half-open intervals. The key just after a version is that version's key
with ``-1`` appended, which no version has: so ``>1.2.3`` begins there, and ``<=1.2.3`` ends there.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from automatosx_nb.model.semver.grammar import SPACE, Conjunction, parse
from automatosx_nb.model.semver.version import Key, Version, key_text

Bound = tuple[int | str | float, ...]

_BOTTOM: Bound = ()
_TOP: Bound = (math.inf,)
_NONE: frozenset[Key] = frozenset()


class _Interval(NamedTuple):
    """Versions from ``low`` up to ``high``, which is out; prereleases only of releases in ``prereleases``."""

    low: Bound
    high: Bound
    prereleases: frozenset[Key]


class Range:
    """A set of versions, as npm's grammar writes it. ``str()`` is the text as written.

    Prereleases follow npm's rule: one is in a range only where a comparator with a prerelease of the same
    ``major.minor.patch`` says so. Two ranges are equal when their :attr:`canonical` texts are.
    """

    __slots__ = ("_alternatives", "_intervals", "_text", "_wide")

    def __init__(self, text: str) -> None:
        """:raises InvalidRange: with the position of the term that cannot be read."""
        self._text = text.strip(SPACE)
        self._alternatives = parse(text, wide=False)
        self._intervals = [_interval(comparators) for comparators in self._alternatives]
        self._wide: list[_Interval] | None = None

    @classmethod
    def parse(cls, text: str) -> Range:
        """:raises InvalidRange: with the position of the term that cannot be read."""
        return cls(text)

    def __contains__(self, version: Version) -> bool:
        key = version.key
        for low, high, prereleases in self._intervals:
            if low <= key < high and (key[3] or key[:3] in prereleases):
                return True
        return False

    def allows(self, version: Version, prereleases: bool = False) -> bool:
        """``version in self``; with ``prereleases`` they count like releases (npm's ``includePrerelease``)."""
        if not prereleases:
            return version in self
        return any(low <= version.key < high for low, high, _ in self._all_intervals())

    def intersects(self, other: Range) -> bool:
        """Whether any version is in both."""
        return any(_meet(one, two) for one in self._intervals for two in other._intervals)

    @property
    def pin(self) -> Version | None:
        """The one version that this range names exactly, as in ``1.2.3`` or ``=1.2.3``; else None."""
        match self._alternatives:
            case [(("=", key),)]:
                return Version.parse(key_text(key))
            case _:
                return None

    @property
    def canonical(self) -> str:
        """The range written out in comparators, as npm prints it; ``*`` for any release."""
        return "||".join(map(_comparators_text, self._alternatives))

    def _all_intervals(self) -> list[_Interval]:
        if self._wide is None:
            self._wide = [_interval(comparators) for comparators in parse(self._text, wide=True)]
        return self._wide

    def __str__(self) -> str:
        return self._text or "*"

    def __repr__(self) -> str:
        return f"Range({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Range) and self._alternatives == other._alternatives

    def __hash__(self) -> int:
        return hash(tuple(self._alternatives))


def _comparators_text(comparators: Conjunction) -> str:
    return " ".join(f"{'' if op == '=' else op}{key_text(key)}" for op, key in comparators) or "*"


def _interval(comparators: Conjunction) -> _Interval:
    low, high = _BOTTOM, _TOP
    prereleases: list[Key] = []
    for op, key in comparators:
        if op != "<" and op != "<=":
            low = max(low, (*key, -1) if op == ">" else key)
        if op != ">" and op != ">=":
            high = min(high, key if op == "<" else (*key, -1))
        if not key[3]:
            prereleases.append(key[:3])
    return _Interval(low, high, frozenset(prereleases) if prereleases else _NONE)


def _meet(one: _Interval, two: _Interval) -> bool:
    low, high = max(one.low, two.low), min(one.high, two.high)
    if _first_release(low) < high:
        return True
    return any(
        _first_version(max(low, (*release, 0, 0, 0))) < min(high, (*release, 1))
        for release in one.prereleases & two.prereleases
    )


def _first_release(bound: Bound) -> Bound:
    """The key of the lowest release that is not below ``bound``."""
    if bound == _BOTTOM:
        return (0, 0, 0, 1)
    release, after = bound[:3], bound[3] and bound[-1] == -1
    return (*release[:2], int(release[2]) + 1, 1) if after else (*release, 1)


def _first_version(bound: Bound) -> Bound:
    """The key of the lowest version that is not below ``bound``, a prerelease's bound."""
    if bound[-1] != -1:
        return bound
    return (*bound[:-1], 0, 0)
