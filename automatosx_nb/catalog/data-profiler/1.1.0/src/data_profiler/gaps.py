"""Where in a table values are missing."""

from dataclasses import dataclass
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc

from . import kinds

SECTIONS = 120
"""A column is cut into at most this many runs of rows."""


@dataclass(frozen=True)
class Gaps:
    """``shares`` has, for each run of rows from the first to the last, how much of it is missing (0-1)."""

    name: str
    shares: tuple


def gaps_of(table: pa.Table) -> list:
    """One for each column with missing values, in the table's order."""
    found = []
    for name, column in zip(table.column_names, table.columns, strict=True):
        absent = is_missing(column)
        if pc.any(absent).as_py():
            found.append(Gaps(name, tuple(shares(absent))))
    return found


def is_missing(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Null or NaN, row by row."""
    column = kinds.plain(column)
    return pc.is_null(column, nan_is_null=kinds.is_floating(str(column.type)))


def shares(absent: pa.ChunkedArray) -> list:
    rows = len(absent)
    cuts = [rows * place // min(rows, SECTIONS) for place in range(min(rows, SECTIONS) + 1)]
    return [pc.mean(absent.slice(start, end - start)).as_py() for start, end in pairwise(cuts)]
