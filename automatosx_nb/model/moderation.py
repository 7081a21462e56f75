"""What people say of plugins besides reviews: ratings, reports, and how the first become one number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

TYPICAL_STARS, TYPICAL_VOTES = 3.6, 5
"""What a plugin without ratings counts as, and how many ratings that weighs."""
LONGEST_TEXT = 4000
"""Characters of a rating's, a report's, an advisory's or a reason's text."""

ReportKind = Literal["malicious", "vulnerable", "broken", "licence", "name", "other"]
REPORT_KINDS: tuple[ReportKind, ...] = get_args(ReportKind)


def mean_of(stars: int, count: int) -> float | None:
    """Of ``count`` ratings with ``stars`` in all, to the hundredth; None: there are none."""
    return round(stars / count, 2) if count else None


def damped_mean(mean: float | None, count: int) -> float:
    """The Bayesian mean by which plugins are ranked: that of ``count`` ratings, and TYPICAL_VOTES of TYPICAL_STARS.

    (mean · count + TYPICAL_STARS · TYPICAL_VOTES) / (count + TYPICAL_VOTES), so that one voice of five stars does not
    pass by two hundred that come to 4.7. What is typical is a constant: no rating moves another plugin.
    """
    return ((mean or 0.0) * count + TYPICAL_STARS * TYPICAL_VOTES) / (count + TYPICAL_VOTES)


@dataclass(frozen=True, slots=True)
class Rating:
    """One user's word on one plugin; a second replaces the first."""

    user: str
    stars: int
    """1 to 5."""
    text: str
    version: str
    """The one that it is about."""
    given: str
    """RFC 3339, UTC."""


@dataclass(frozen=True, slots=True)
class PluginRatings:
    """``rating``: the mean of the stars, to the hundredth; None: there are none."""

    plugin: str
    rating: float | None
    count: int
    stars: Mapping[str, int]
    """Stars, ``1`` to ``5`` → how many gave them."""
    items: tuple[Rating, ...]
    """The newest 100."""


@dataclass(frozen=True, slots=True)
class Report:
    """Somebody's word that something is wrong. ``closed`` None: nobody has decided yet."""

    number: int
    plugin: str
    version: str | None
    """None: all of them."""
    reporter: str
    kind: ReportKind
    text: str
    filed: str
    """RFC 3339, UTC, as ``closed``."""
    closed: str | None = None
    closed_by: str | None = None
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class ReportPage:
    """The newest first. ``next`` is the ``before`` of the page that follows; None: there is none."""

    items: tuple[Report, ...]
    next: int | None = None
