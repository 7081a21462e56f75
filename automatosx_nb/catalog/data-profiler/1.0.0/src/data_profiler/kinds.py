"""What sort of column an Arrow type makes, and how its values become something to compute with."""

import pyarrow as pa
import pyarrow.compute as pc

NUMBER = "number"
BOOLEAN = "boolean"
TEXT = "text"
TIME = "time"
EMPTY = "empty"
OTHER = "other"


def base_name(type_name: str) -> str:
    """``timestamp`` of ``timestamp[us, tz=UTC]``, ``list`` of ``list<item: int8>``."""
    for mark in "[<(":
        type_name = type_name.split(mark)[0]
    return type_name


def kind_of(type_name: str) -> str:
    """The kind of a column of that Arrow type, by the type's name as Arrow prints it."""
    match base_name(type_name):
        case "int8" | "int16" | "int32" | "int64" | "uint8" | "uint16" | "uint32" | "uint64":
            return NUMBER
        case "halffloat" | "float" | "double" | "duration":
            return NUMBER
        case "decimal32" | "decimal64" | "decimal128" | "decimal256":
            return NUMBER
        case "bool":
            return BOOLEAN
        case "string" | "large_string" | "string_view":
            return TEXT
        case "date32" | "date64" | "timestamp" | "time32" | "time64":
            return TIME
        case "null":
            return EMPTY
        case _:
            return OTHER


def is_whole(type_name: str) -> bool:
    return type_name.startswith(("int", "uint"))


def plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """``column`` with dictionary (categorical) and view encodings undone."""
    name = base_name(str(column.type))
    if name == "dictionary":
        return plain(column.cast(column.type.value_type))
    if name == "string_view":
        return column.cast(pa.large_string())
    return column


def as_numbers(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A number column as 64-bit floats; durations in seconds. Whole numbers beyond 2**53 are rounded."""
    name = str(column.type)
    if base_name(name) == "duration":
        per_second = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}[name[9:-1]]
        return pc.divide(column.cast(pa.int64()).cast(pa.float64(), safe=False), per_second)
    return column.cast(pa.float64(), safe=False)


def as_ticks(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A time column as whole numbers that order as its values do."""
    narrow = base_name(str(column.type)) in ("date32", "time32")
    return (column.cast(pa.int32()) if narrow else column).cast(pa.int64())
