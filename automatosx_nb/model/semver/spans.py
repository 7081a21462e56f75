"""Sets of versions as sorted bounds, so that membership is one bisection and set operations are one walk.

A bound is a version's key (see :mod:`.version`) or :data:`TOP`. ``Spans`` are ``low, high, low, high, ...``: half-open,
ascending, apart from each other. Releases and prereleases are kept in spans of their own, whose bounds are releases and
prereleases: so a span is never empty, and two sets are equal exactly when their spans are.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import cast

from automatosx_nb.model.semver.version import Key, key_text

Span = tuple[Key, Key]
Spans = tuple[Key, ...]
Allowed = tuple[Spans, Spans]
"""The prereleases and the releases of a set; a key's fourth element is the index of the ones it is among."""

BOTTOM: Key = (0, 0, 0, 0, 0, 0)
TOP: Key = (cast("int", math.inf),)


def after(key: Key) -> Key:
    """The lowest version above that of ``key``: ``1.2.4-0`` after ``1.2.3``, ``1.2.3-a.0`` after ``1.2.3-a``."""
    return (*key[:2], int(key[2]) + 1, 0, 0, 0) if key[3] else (*key, 0, 0)


def release_from(bound: Key) -> Key:
    """The lowest release that is not below ``bound``."""
    return bound if bound == TOP or bound[3] else (*bound[:3], 1)


def prerelease_from(bound: Key) -> Key:
    """The lowest prerelease that is not below ``bound``."""
    return bound if bound == TOP or not bound[3] else (*bound[:2], int(bound[2]) + 1, 0, 0, 0)


def union(spans: list[Span]) -> Spans:
    """Of spans that may overlap, touch, or be empty."""
    bounds: list[Key] = []
    for low, high in sorted(spans) if len(spans) > 1 else spans:
        if low >= high:
            continue
        if bounds and low <= bounds[-1]:
            bounds[-1] = max(high, bounds[-1])
        else:
            bounds += (low, high)
    return tuple(bounds)


def intersection(one: Spans, other: Spans) -> Spans:
    bounds: list[Key] = []
    i = j = 0
    while i < len(one) and j < len(other):
        low, high = max(one[i], other[j]), min(one[i + 1], other[j + 1])
        if low < high:
            bounds += (low, high)
        if one[i + 1] == high:
            i += 2
        else:
            j += 2
    return tuple(bounds)


def pairs(spans: Spans) -> list[Span]:
    return list(zip(spans[::2], spans[1::2], strict=True))


# --- back to text -------------------------------------------------------------------------------------------


def text_of(allowed: Allowed) -> str:
    """A range that allows just this by npm's prerelease rule; ``allowed`` has prereleases of finitely many releases."""
    prereleases = [piece for span in pairs(allowed[0]) for piece in _by_release(*span)]
    leading = {release_from(low): low for low, high in prereleases if high == _end(low)}
    spans = [(leading.pop(low, low), _lowest_of(high)) for low, high in pairs(allowed[1])]
    spans += [(low, high) for low, high in prereleases if high != _end(low)]
    spans += [(low, release) for release, low in leading.items()]
    return " || ".join(span_text(*span) for span in sorted(spans)) or "<0.0.0-0"


def span_text(low: Key, high: Key) -> str:
    if high == TOP:
        return f">={key_text(low)}"
    return key_text(low) if high == after(low) else f">={key_text(low)} <{key_text(high)}"


def _by_release(low: Key, high: Key) -> Iterator[Span]:
    """A span of prereleases, cut where those of another release begin."""
    while low < high:
        yield low, min(high, _end(low))
        low = _end(low)


def _end(prerelease: Key) -> Key:
    """The lowest prerelease of the next release."""
    return prerelease_from(release_from(prerelease))


def _lowest_of(release: Key) -> Key:
    """The lowest prerelease of ``release``."""
    return release if release == TOP else (*release[:3], 0, 0, 0)
