"""Pearson correlations between numeric columns, each pair over the rows where both have a value."""

import math
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from . import kinds

MOST_COLUMNS = 24
MOST_ROWS = 100_000
FEWEST_ROWS = 3
"""Two points always lie on a line: a correlation of fewer than three rows says nothing."""


@dataclass(frozen=True)
class Correlations:
    """``values[i][j]`` for ``j < i``, from -1 to 1; None where undefined (no spread, too few rows)."""

    names: tuple
    values: tuple
    left_out: int
    """Numeric columns beyond the first ``MOST_COLUMNS``."""
    rows: int
    """How many rows were used."""


def correlate(table: pa.Table) -> Correlations | None:
    """None for fewer than two numeric columns, or fewer than ``FEWEST_ROWS`` rows."""
    numeric = [place for place, column in enumerate(table.columns) if kinds.is_number(column)]
    if len(numeric) < 2 or table.num_rows < FEWEST_ROWS:
        return None
    sample = evenly_spaced(table.select(numeric[:MOST_COLUMNS]))
    ready = [centred(kinds.plain(column)) for column in sample.columns]
    rows = tuple(tuple(pearson(ready[i], ready[j]) for j in range(i)) for i in range(len(ready)))
    return Correlations(tuple(sample.column_names), rows, len(numeric) - len(ready), sample.num_rows)


def evenly_spaced(table: pa.Table) -> pa.Table:
    """``table``, or ``MOST_ROWS`` rows of it at even distances."""
    if table.num_rows <= MOST_ROWS:
        return table
    step = table.num_rows / MOST_ROWS
    return table.take(pa.array([int(i * step) for i in range(MOST_ROWS)], pa.int64()))


def centred(column: pa.ChunkedArray) -> tuple:
    """(values less their mean, scaled into -1 to 1, 0 where there is none; 1.0 where there is one)."""
    numbers = kinds.as_numbers(column)
    valid = pc.fill_null(pc.is_finite(numbers), False)
    numbers = pc.if_else(valid, numbers, pa.scalar(None, pa.float64()))
    largest = pc.max(pc.abs(numbers)).as_py() or 1.0
    numbers = pc.divide(numbers, largest)
    numbers = pc.subtract(numbers, pc.mean(numbers).as_py() or 0.0)
    reach = pc.max(pc.abs(numbers)).as_py() or 1.0
    if reach <= 1e-12:  # what is left is rounding: the column is constant
        numbers, reach = pc.multiply(numbers, 0.0), 1.0
    return pc.fill_null(pc.divide(numbers, reach), 0.0), valid.cast(pa.float64())


def pearson(a: tuple, b: tuple) -> float | None:
    (x, has_x), (y, has_y) = a, b
    both = pc.multiply(has_x, has_y)
    count = total(both)
    if count < FEWEST_ROWS:
        return None
    x, y = (less_its_mean(values, both, count) for values in (x, y))
    spread_x, spread_y = total(pc.multiply(x, x)), total(pc.multiply(y, y))
    if spread_x <= 1e-15 * count or spread_y <= 1e-15 * count:
        return None
    return max(-1.0, min(1.0, total(pc.multiply(x, y)) / math.sqrt(spread_x * spread_y)))


def less_its_mean(values: pa.ChunkedArray, both: pa.ChunkedArray, count: float) -> pa.ChunkedArray:
    """Of the rows of a pair alone, or digits go where they have only the smallest values of a column; 0 elsewhere."""
    mean = total(pc.multiply(values, both)) / count
    return pc.multiply(pc.subtract(values, mean), both)


def total(values: pa.ChunkedArray) -> float:
    return pc.sum(values).as_py() or 0.0
