"""A column as something to look into: a sample of its values as text, each with how often it occurs."""

import datetime
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

TEXT, NUMBER, TIME, OTHER = "text", "number", "time", "other"


@dataclass(frozen=True)
class Values:
    """Distinct values that are present, stripped and not empty, and their counts."""

    kind: str
    texts: pa.Array
    counts: pa.Array

    @property
    def present(self) -> int:
        return pc.sum(self.counts).as_py() or 0


def evenly(table: pa.Table, rows: int) -> pa.Table:
    """At most so many rows, evenly spaced from the first to the last."""
    if table.num_rows <= rows:
        return table
    return table.take(pa.array([place * table.num_rows // rows for place in range(rows)], pa.int64()))


def kind_of(column: pa.ChunkedArray) -> str:
    name = str(column.type).split("[")[0].split("<")[0]
    if name in ("string", "large_string", "string_view"):
        return TEXT
    if name.startswith(("date", "timestamp")):
        return TIME
    return NUMBER if name.startswith(("int", "uint")) or name in ("double", "float") else OTHER


def plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """``column`` with dictionary (categorical) and view encodings undone."""
    name = str(column.type)
    if name.startswith("dictionary"):
        return plain(column.cast(column.type.value_type))
    return column.cast(pa.large_string()) if name == "string_view" else column


def as_text(column: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """As a person would write the values; None where they are no text, no whole numbers and no dates.

    Fractions that are all whole are whole numbers: pandas makes these of a column with gaps.
    """
    column = plain(column)
    kind = kind_of(column)
    if kind == OTHER:
        return None
    if str(column.type) in ("double", "float"):
        known = pc.and_kleene(pc.is_finite(column), pc.less(pc.abs(column), 1e15))
        column = pc.if_else(known, column, None)
        if not pc.all(pc.equal(column, pc.floor(column))).as_py():
            return None
        column = column.cast(pa.int64())
    if kind == TIME:
        column = column.cast(pa.date32(), safe=False)
    return column.cast(pa.large_string())


def values_of(column: pa.ChunkedArray) -> Values | None:
    texts = as_text(column)
    if texts is None:
        return None
    texts = pc.utf8_trim_whitespace(texts.drop_null())
    counted = pc.value_counts(texts.filter(pc.greater(pc.utf8_length(texts), 0)))
    return Values(kind_of(plain(column)), counted.field("values"), counted.field("counts"))


def year_of(text: str) -> int:
    """Of a date as ISO 8601, ``31.12.1984`` or ``12/31/1984`` has it; 0 where it is none."""
    for mark in "./-":
        parts = text.split(" ")[0].split("T")[0].split(mark)
        if len(parts) == 3 and all(part.isdecimal() and len(part) <= 4 for part in parts):
            numbers = [int(part) for part in parts]
            year, rest = (numbers[0], numbers[1:]) if len(parts[0]) == 4 else (numbers[2], numbers[:2])
            fits = 1 <= min(rest) and min(rest) <= 12 and max(rest) <= 31
            return year if fits and len(parts[0 if len(parts[0]) == 4 else 2]) == 4 else 0
    return 0


def plausible_birth(text: str) -> bool:
    """Nobody is older than 120 years, or not born yet."""
    this_year = datetime.date.today().year
    return this_year - 120 <= year_of(text) <= this_year
