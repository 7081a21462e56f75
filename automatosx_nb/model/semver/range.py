"""A range of versions: the set that npm's grammar writes, with set operations that are exact."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Any, Generic, TypeVar

from automatosx_nb.model.semver import spans
from automatosx_nb.model.semver.grammar import Conjunction, alternatives, check
from automatosx_nb.model.semver.patterns import SPACE
from automatosx_nb.model.semver.spans import BOTTOM, TOP, Allowed, Span, Spans
from automatosx_nb.model.semver.version import Key, Version, key_text

T = TypeVar("T")


class lazy(Generic[T]):
    """``functools.cached_property`` as it is since Python 3.12: without its lock, which takes longer than the work."""

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: type) -> T:
        value = vars(instance)[self._name] = self._make(instance)
        return value


class Range:
    """A set of versions, as npm's grammar writes it. ``str()`` is the text as written.

    Prereleases follow npm's rule: one is in a range only where a comparator with a prerelease of the same
    ``major.minor.patch`` says so. With ``prereleases`` they count like releases (npm's ``includePrerelease``). Two
    ranges are equal when the same versions are in them. The text is checked at once, and read at the first use.
    """

    def __init__(self, text: str, prereleases: bool = False) -> None:
        """:raises InvalidRange: with the position of the first character that does not fit."""
        check(text)
        self._text = text
        self.prereleases = prereleases

    @classmethod
    def parse(cls, text: str, prereleases: bool = False) -> Range:
        """:raises InvalidRange: with the position of the first character that does not fit."""
        return cls(text, prereleases)

    @classmethod
    def _written(cls, text: str, prereleases: bool) -> Range:
        """What we wrote ourselves: it is a range, perhaps a longer one than is read from others."""
        made = cls.__new__(cls)
        made._text, made.prereleases = text, prereleases
        return made

    def __contains__(self, version: Version) -> bool:
        key = version.key
        return (bisect_right(self._allowed[key[3]], key) & 1) == 1  # type: ignore[index]

    def allows(self, version: Version, prereleases: bool = False) -> bool:
        """``version in self``, or in what the same text allows with ``prereleases``."""
        return version in (self._with_prereleases if prereleases else self)

    # --- set operations

    def intersects(self, other: Range) -> bool:
        """Whether any version is in both."""
        return any(self._in_both(other))

    def intersection(self, other: Range) -> Range:
        """The versions in both; with prereleases counted where both count them."""
        counted = self.prereleases and other.prereleases
        if counted:
            both = spans.intersection(self._every(), other._every())
            text = " || ".join(spans.span_text(*span) for span in spans.pairs(both)) or "<0.0.0-0"
        else:
            text = spans.text_of(self._in_both(other))
        return Range._written(Range._written(text, counted).canonical, counted)

    __and__ = intersection

    def is_subset(self, other: Range) -> bool:
        """Whether every version in this one is in ``other``."""
        return self._in_both(other) == self._allowed

    def _in_both(self, other: Range) -> Allowed:
        before, releases = map(spans.intersection, self._allowed, other._allowed)
        return before, releases

    @property
    def is_empty(self) -> bool:
        return not any(self._allowed)

    # --- versions and the range

    @property
    def minimum(self) -> Version | None:
        """The lowest version in it; None where there is none."""
        lowest = [Version.from_key(part[0]) for part in self._allowed if part]
        return min(lowest, default=None)

    def is_below(self, version: Version) -> bool:
        """Whether every version in it is lower (npm's ``gtr``)."""
        before, releases = self._allowed
        return (not before or before[-1] <= spans.prerelease_from(version.key)) and (
            not releases or releases[-1] <= spans.release_from(version.key)
        )

    def is_above(self, version: Version) -> bool:
        """Whether every version in it is higher (npm's ``ltr``)."""
        return all(version.key < part[0] for part in self._allowed if part)

    def highest(self, versions: Iterable[Version]) -> Version | None:
        """The highest of ``versions`` that is in it; the first of equal ones (npm's ``maxSatisfying``)."""
        return max((version for version in versions if version in self), default=None)

    def lowest(self, versions: Iterable[Version]) -> Version | None:
        """The lowest of ``versions`` that is in it; the first of equal ones (npm's ``minSatisfying``)."""
        return min((version for version in versions if version in self), default=None)

    def simplified(self, versions: Iterable[Version]) -> Range:
        """The shortest of this and a range that has the same of ``versions`` in it (npm's ``simplifyRange``)."""
        ordered = sorted(versions)
        shorter = Range._written(_runs(ordered, self) or "<0.0.0-0", self.prereleases)
        same = all((version in shorter) == (version in self) for version in ordered)
        return shorter if same and len(str(shorter)) < len(str(self)) else self

    @property
    def pin(self) -> Version | None:
        """The one version that this range names exactly, as in ``1.2.3`` or ``=1.2.3``; else None."""
        match self._alternatives():
            case [(("=", key),)]:
                return Version.from_key(key)
            case _:
                return None

    @property
    def canonical(self) -> str:
        """The range written out in comparators, as npm prints it; ``*`` for any release."""
        return "||".join(map(_comparators_text, self._alternatives()))

    # --- read at the first use

    def _alternatives(self) -> Sequence[Conjunction]:
        return alternatives(self._text, wide=self.prereleases)

    @lazy
    def _allowed(self) -> Allowed:
        releases: list[Span] = []
        before: list[Span] = []
        for comparators in self._alternatives():
            low, high = _bounds(comparators)
            releases.append((spans.release_from(low), spans.release_from(high)))
            if self.prereleases:
                before.append((spans.prerelease_from(low), spans.prerelease_from(high)))
            else:
                before += _named(low, high, comparators)
        return spans.union(before), spans.union(releases)

    def _every(self) -> Spans:
        """What it allows where prereleases are counted: releases and prereleases in the same spans."""
        return spans.union([_bounds(comparators) for comparators in self._alternatives()])

    @lazy
    def _with_prereleases(self) -> Range:
        return self if self.prereleases else Range._written(self._text, prereleases=True)

    def __str__(self) -> str:
        return self._text.strip(SPACE) or "*"

    def __repr__(self) -> str:
        return f"Range({str(self)!r}{', prereleases=True' if self.prereleases else ''})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Range) and self._allowed == other._allowed

    def __hash__(self) -> int:
        return hash(self._allowed)


def _comparators_text(comparators: Conjunction) -> str:
    return " ".join(f"{'' if op == '=' else op}{key_text(key)}" for op, key in comparators) or "*"


def _named(low: Key, high: Key, comparators: Conjunction) -> list[Span]:
    """Of the prereleases from ``low`` to ``high``, those of releases of which a comparator names a prerelease."""
    found = []
    for _, key in comparators:
        if not key[3]:
            first, last = max(low, (*key[:3], 0, 0, 0)), min(high, (*key[:3], 1))
            if first < last:
                found.append((first, spans.prerelease_from(last)))
    return found


def _bounds(comparators: Conjunction) -> Span:
    low, high = BOTTOM, TOP
    for op, key in comparators:
        if op[0] != "<":
            low = max(low, spans.after(key) if op == ">" else key)
        if op[0] != ">":
            high = min(high, key if op == "<" else spans.after(key))
    return low, high


def _runs(versions: Sequence[Version], wanted: Range) -> str:
    """Neighbours among ``versions`` that are in the range, as ``first - last``."""
    runs = [list(run) for inside, run in groupby(versions, wanted.__contains__) if inside]
    return " || ".join(_run(run[0], run[-1], versions) for run in runs)


def _run(first: Version, last: Version, versions: Sequence[Version]) -> str:
    """Open to a side on which there are no more of ``versions``."""
    if last == versions[-1]:
        return "*" if first == versions[0] else f">={first}"
    if first == last:
        return str(first)
    return f"<={last}" if first == versions[0] else f"{first} - {last}"
