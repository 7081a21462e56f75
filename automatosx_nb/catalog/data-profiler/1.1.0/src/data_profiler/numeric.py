"""Statistics of a column of numbers."""

import math
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

BINS = 28
FENCE = 1.5
"""Values further than this many interquartile ranges from the quartiles are outliers (Tukey)."""


@dataclass(frozen=True)
class Histogram:
    """Counts in bins of equal width from ``low`` to ``high``; the last one includes ``high``."""

    low: float
    high: float
    counts: tuple


@dataclass(frozen=True)
class Numbers:
    """Statistics of the finite values. ``minimum`` and ``maximum`` are exact for whole numbers."""

    count: int
    minimum: float
    q1: float
    median: float
    mean: float
    q3: float
    maximum: float
    deviation: float | None
    skew: float | None
    zeros: int
    infinite: int
    outliers: int
    low_fence: float
    high_fence: float
    histogram: Histogram


def describe(values: pa.ChunkedArray, exact: pa.ChunkedArray | None) -> Numbers | None:
    """Statistics of ``values`` (float64, nothing missing); None when there is no finite one.

    ``exact`` are the same as whole numbers, where they are.
    """
    finite = values.filter(pc.is_finite(values))
    count = len(finite)
    if not count:
        return None
    low, q1, median, q3, high = pc.quantile(finite, q=[0.0, 0.25, 0.5, 0.75, 1.0]).to_pylist()
    reach = FENCE * (q3 - q1)
    outside = pc.or_kleene(pc.less(finite, q1 - reach), pc.greater(finite, q3 + reach))
    extremes = pc.min_max(exact).as_py() if exact is not None else {"min": low, "max": high}
    return Numbers(
        count=count,
        minimum=extremes["min"],
        q1=q1,
        median=median,
        mean=pc.mean(finite).as_py(),
        q3=q3,
        maximum=extremes["max"],
        deviation=deviation(finite),
        skew=skewness(finite),
        zeros=pc.sum(pc.equal(finite, 0.0)).as_py(),
        infinite=len(values) - count,
        outliers=pc.sum(outside).as_py(),
        low_fence=q1 - reach,
        high_fence=q3 + reach,
        histogram=histogram(finite, low, high) if exact is None else whole_histogram(finite, low, high),
    )


def deviation(values: pa.ChunkedArray) -> float | None:
    """The sample's standard deviation; None for a single value."""
    return pc.stddev(values, ddof=1).as_py() if len(values) > 1 else None


def skewness(values: pa.ChunkedArray) -> float | None:
    """The adjusted Fisher-Pearson coefficient G1 (Joanes and Gill 1998), as pandas computes it.

    None for fewer than three values, and for values that are all alike.
    """
    count = len(values)
    spread = pc.stddev(values).as_py()
    if count < 3 or not math.isfinite(spread):
        return None
    mean = pc.mean(values).as_py()
    if spread <= 1e-12 * abs(mean) or spread == 0:
        return None
    standard = pc.divide(pc.subtract(values, mean), spread)
    third = pc.mean(pc.multiply(pc.multiply(standard, standard), standard)).as_py()
    return third * math.sqrt(count * (count - 1)) / (count - 2)


def whole_histogram(values: pa.ChunkedArray, low: float, high: float) -> Histogram:
    """Counts of whole numbers, each bin as many of them wide: other bins would show a comb that is not in the data.

    The ends lie half a unit outside ``low`` and ``high``, or further where the last bin is not full.
    """
    if max(abs(low), abs(high)) > 2**50:  # half a unit is no longer told apart in floating point
        return histogram(values, low, high)
    span = high - low + 1
    step = math.ceil(span / BINS)
    bins = math.ceil(span / step)
    return histogram(values, low - 0.5, low - 0.5 + step * bins, bins)


def histogram(values: pa.ChunkedArray, low: float, high: float, bins: int = BINS) -> Histogram:
    """Counts of ``values`` (finite, all within ``low`` and ``high``)."""
    scale = max(abs(low), abs(high)) or 1.0
    bottom, width = low / scale, high / scale - low / scale
    if width <= 0:
        return Histogram(low, high, (len(values),))
    places = pc.multiply(pc.divide(pc.subtract(pc.divide(values, scale), bottom), width), float(bins))
    places = pc.min_element_wise(pc.floor(places), float(bins - 1)).cast(pa.int32())
    counts = [0] * bins
    for entry in pc.value_counts(places).to_pylist():
        counts[entry["values"]] = entry["counts"]
    return Histogram(low, high, tuple(counts))
