"""One column's profile: what it is, what is missing, and the statistics that its kind has."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from . import kinds
from .categories import Categories, count_values, describe_text
from .numeric import Numbers
from .numeric import describe as describe_finite
from .times import Times, written
from .times import describe as describe_times

EXAMPLES = 3
LOOKED_AT = 1000
"""Examples come from this many first values."""


@dataclass(frozen=True)
class Column:
    """``missing`` counts nulls and NaNs (``nans`` of them NaN); at most one of the last three is set."""

    name: str
    type: str
    kind: str
    rows: int
    missing: int
    nans: int = 0
    distinct: int | None = None
    examples: tuple = ()
    numbers: Numbers | None = None
    categories: Categories | None = None
    times: Times | None = None

    @property
    def present(self) -> int:
        return self.rows - self.missing

    @property
    def missing_share(self) -> float:
        """0–1; 0 for a table without rows."""
        return self.missing / self.rows if self.rows else 0.0


def describe(name: str, column: pa.ChunkedArray, top: int) -> Column:
    shown_type = type_label(str(column.type))
    column = kinds.plain(column)
    kind = kinds.kind_of(str(column.type))
    rows, nulls = len(column), column.null_count
    values = column.drop_null() if nulls and kind != kinds.EMPTY else column
    match kind:
        case kinds.NUMBER:
            return describe_numbers(name, shown_type, values, rows, nulls)
        case kinds.BOOLEAN:
            found = count_values(values, 2)
            return Column(name, shown_type, kind, rows, nulls, distinct=found.distinct, categories=found)
        case kinds.TEXT:
            found = describe_text(values, top)
            shown = tuple(first_distinct(values))
            return Column(
                name, shown_type, kind, rows, nulls, distinct=found.distinct, examples=shown, categories=found
            )
        case kinds.TIME:
            ticks = kinds.as_ticks(values)
            shown = tuple(written(tick, values.type) for tick in first_distinct(ticks))
            distinct = pc.count_distinct(ticks).as_py()
            found = describe_times(values)
            return Column(name, shown_type, kind, rows, nulls, distinct=distinct, examples=shown, times=found)
        case kinds.EMPTY:
            return Column(name, shown_type, kind, rows, rows, distinct=0)
    return Column(name, shown_type, kind, rows, nulls)


def describe_numbers(name: str, shown_type: str, values: pa.ChunkedArray, rows: int, nulls: int) -> Column:
    whole = kinds.is_whole(str(values.type))
    numbers = kinds.as_numbers(values)
    known = numbers if whole else numbers.filter(pc.invert(pc.is_nan(numbers)))
    nans = len(numbers) - len(known)
    counted = values if whole else pc.add(known, 0.0)  # -0.0 + 0.0 is 0.0: the two zeros are one value
    return Column(
        name,
        shown_type,
        kinds.NUMBER,
        rows,
        nulls + nans,
        nans,
        pc.count_distinct(counted).as_py(),
        tuple(first_distinct(counted)),
        numbers=describe_finite(known, values if whole else None),
    )


def type_label(type_name: str) -> str:
    """Arrow's name of a type, short: categorical columns are ``category``, nested ones lose their inside."""
    match kinds.base_name(type_name):
        case "dictionary":
            return "category"
        case "large_string" | "string_view":
            return "string"
        case "date32" | "date64":
            return "date"
        case "double":
            return "float64"
        case "float":
            return "float32"
        case "halffloat":
            return "float16"
        case "duration":
            return "duration, s"
        case "timestamp":
            return "timestamp, UTC" if "tz=" in type_name else "timestamp"
        case "list" | "large_list" | "fixed_size_list" | "list_view" | "large_list_view":
            return "list"
        case "struct" | "map" | "sparse_union" | "dense_union" as nested:
            return nested
    return type_name


def first_distinct(values: pa.ChunkedArray) -> list:
    return pc.unique(values.slice(0, LOOKED_AT)).slice(0, EXAMPLES).to_pylist()
