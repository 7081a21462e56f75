"""How good a plugin is beside others that say the same words: a factor of its score.

Nothing here looks at another plugin or at a clock, so every process comes to the same order, and it stays.
"""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING

from automatosx_nb.model.moderation import TYPICAL_STARS, damped_mean
from automatosx_nb.model.release import Stage

if TYPE_CHECKING:
    from automatosx_nb.model.release import PluginSummary

VERIFIED = 1.25
SIGNED = 1.05
DOCUMENTED = 1.1
BETA = 0.8
DEPRECATED = 0.25
DOWNLOADS = 0.12
"""A tenfold number of downloads adds this to the factor."""
OLDER = 2**-0.1
"""For each year that the last release is older than another plugin's."""
_EPOCH = date(2020, 1, 1)
_SCALE = 8
"""Brings the worst factor over 1, under which tantivy tells none apart."""


def quality(summary: PluginSummary, *, documented: bool) -> float:
    """1 is a plugin that nothing is known of, published on the first day of 2020."""
    factor = 1 + DOWNLOADS * math.log10(1 + summary.downloads)
    factor *= VERIFIED if summary.verified else 1
    factor *= SIGNED if summary.signed else 1
    factor *= DOCUMENTED if documented else 1
    factor *= BETA if summary.stage == Stage.BETA else 1
    factor *= DEPRECATED if summary.deprecated is not None else 1
    return float(factor * _rating(summary) * OLDER ** -_years(summary.updated))


def weight(factor: float) -> float:
    """What tantivy is given as a document's weight w, so that ``factor`` multiplies a score: it takes log2(2 + w)."""
    return float(2 ** max(1.0, factor * _SCALE) - 2)


def _rating(summary: PluginSummary) -> float:
    return float(2 ** ((damped_mean(summary.rating, summary.ratings) - TYPICAL_STARS) / 4))


def _years(published: str) -> float:
    """Since :data:`_EPOCH`; what is before it, or no date, counts as that."""
    try:
        return min(80.0, max(0.0, (date.fromisoformat(published[:10]) - _EPOCH).days / 365.25))
    except ValueError:
        return 0.0
