"""The groups of one column, compared in every numeric column."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from . import kinds
from .categories import count_values
from .numeric import FENCE

MOST_GROUPS = 8
MOST_COLUMNS = 24


@dataclass(frozen=True)
class Box:
    """Quartiles of one group; the whiskers end at the furthest values within the fences."""

    count: int
    low: float
    q1: float
    median: float
    q3: float
    high: float


@dataclass(frozen=True)
class Comparison:
    """One numeric column; ``boxes`` has a :class:`Box` for each group, None for a group without values there."""

    name: str
    boxes: tuple
    explained: float | None
    """Eta squared, 0-1: how much of the variance lies between the groups; None without any variance."""


@dataclass(frozen=True)
class Groups:
    """``names`` are (group, rows), the largest first; ``left_out`` groups were smaller still."""

    by: str
    names: tuple
    left_out: int
    comparisons: tuple


def compare(table: pa.Table, by: str) -> Groups:
    """The ``MOST_GROUPS`` largest groups of column ``by``; the column in which they differ most comes first."""
    labels = as_labels(table.column(table.column_names.index(by)))
    found = count_values(labels.drop_null(), MOST_GROUPS)
    members = [pc.fill_null(pc.equal(labels, name), False) for name, count in found.top]
    numeric = [place for place, column in enumerate(table.columns) if kinds.is_number(column)]
    others = [place for place in numeric if table.column_names[place] != by][:MOST_COLUMNS]
    compared = [compare_column(table.column_names[place], table.column(place), members) for place in others]
    compared.sort(key=lambda comparison: -1.0 if comparison.explained is None else -comparison.explained)
    return Groups(by, found.top, found.distinct - len(found.top), tuple(compared))


def as_labels(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return kinds.plain(column).cast(pa.string())


def compare_column(name: str, column: pa.ChunkedArray, members: list) -> Comparison:
    numbers = kinds.as_numbers(kinds.plain(column))
    usable = pc.fill_null(pc.is_finite(numbers), False)
    parts = [numbers.filter(pc.and_kleene(member, usable)) for member in members]
    return Comparison(name, tuple(box_of(part) for part in parts), explained(parts))


def box_of(values: pa.ChunkedArray) -> Box | None:
    if not len(values):
        return None
    q1, median, q3 = pc.quantile(values, q=[0.25, 0.5, 0.75]).to_pylist()
    reach = FENCE * (q3 - q1)
    inside = values.filter(pc.and_kleene(pc.greater_equal(values, q1 - reach), pc.less_equal(values, q3 + reach)))
    ends = pc.min_max(inside).as_py()
    return Box(len(values), ends["min"], q1, median, q3, ends["max"])


def explained(parts: list) -> float | None:
    """Eta squared of a one-way analysis of variance (Fisher 1925)."""
    full = [part for part in parts if len(part)]
    count = sum(len(part) for part in full)
    if count < 2:
        return None
    means = [pc.mean(part).as_py() for part in full]
    grand = sum(mean * len(part) for mean, part in zip(means, full, strict=True)) / count
    between = sum(len(part) * (mean - grand) ** 2 for mean, part in zip(means, full, strict=True))
    within = sum(len(part) * pc.variance(part).as_py() for part in full)
    total = between + within
    return between / total if total > 1e-24 * count * grand**2 else None
