"""The columns that a chart is made of."""

import difflib
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

NUMBER, TIME, CATEGORY = "number", "time", "category"
PER_SECOND = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}
MISSING = "(missing)"
LARGEST, SMALLEST = 1e290, 1e-290


class ChartError(ValueError):
    """What was asked for cannot be drawn; says what can."""


@dataclass(frozen=True)
class Column:
    """``values`` are 64-bit floats (times in seconds since 1970, UTC) or texts; null is missing, as NaN and infinities are."""

    name: str
    kind: str
    values: pa.ChunkedArray
    whole: bool = False
    """Whole numbers."""


def column_of(table: pa.Table, name: str, option: str) -> Column:
    """Raises ``ChartError`` where it is not there, with the nearest names, or of a type that no chart shows."""
    if table.column_names.count(name) != 1:
        near = difflib.get_close_matches(name, table.column_names, 3, 0.5) or table.column_names[:12]
        found = "two columns" if name in table.column_names else "no column"
        raise ChartError(f"{option}: there is {found} {name!r}: did you mean {' or '.join(map(repr, near))}?")
    return typed(name, plain(table.column(name)), option)


def plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """``column`` with dictionary (categorical) and view encodings undone."""
    name = str(column.type)
    if name.startswith("dictionary"):
        return plain(column.cast(column.type.value_type))
    return column.cast(pa.large_string()) if name == "string_view" else column


def typed(name: str, column: pa.ChunkedArray, option: str) -> Column:
    kind = str(column.type).split("[")[0].split("(")[0]
    if kind.startswith(("int", "uint", "decimal")) or kind in ("double", "float", "halffloat"):
        return Column(name, NUMBER, finite(column.cast(pa.float64(), safe=False)), kind.startswith(("int", "uint")))
    if kind == "duration":
        return Column(name, NUMBER, seconds(column, str(column.type)[9:-1]))
    if kind in ("date32", "date64"):
        return Column(name, TIME, seconds(column.cast(pa.timestamp("s")), "s"))
    if kind == "timestamp":
        return Column(name, TIME, seconds(column, column.type.unit))
    if kind in ("string", "large_string", "bool"):
        return Column(name, CATEGORY, column.cast(pa.large_string()))
    if kind == "null":
        raise ChartError(f"{option}: column {name!r} has no values")
    raise ChartError(f"{option}: column {name!r} is of the type {kind}, of which there is no chart")


def seconds(column: pa.ChunkedArray, unit: str) -> pa.ChunkedArray:
    return pc.divide(column.cast(pa.int64()).cast(pa.float64(), safe=False), PER_SECOND[unit])


def finite(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """What axes can be computed of: beyond ``LARGEST`` counts as infinite, below ``SMALLEST`` as 0."""
    size = pc.abs(column)
    near = pc.if_else(pc.less(size, SMALLEST), 0.0, column)
    return pc.if_else(pc.and_kleene(pc.is_finite(column), pc.less(size, LARGEST)), near, None)


def texts(column: Column) -> pa.ChunkedArray:
    """As names of groups: whole numbers without a point, dates without a midnight."""
    values = column.values
    if column.kind == TIME:
        values = pc.floor(values).cast(pa.int64()).cast(pa.timestamp("s")).cast(pa.large_string())
        if pc.all(pc.ends_with(values, " 00:00:00")).as_py():
            values = pc.utf8_slice_codeunits(values, 0, 10)
    elif column.kind == NUMBER:
        values = (values.cast(pa.int64(), safe=False) if column.whole else values).cast(pa.large_string())
    return pc.fill_null(values, MISSING)
