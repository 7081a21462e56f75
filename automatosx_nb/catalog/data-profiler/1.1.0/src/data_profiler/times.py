"""First, last and spread of a column of dates or times."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from .kinds import as_ticks, base_name
from .numeric import Histogram, histogram


@dataclass(frozen=True)
class Times:
    """``earliest`` and ``latest`` in ISO 8601, without trailing zeros; a time with a zone is in UTC."""

    earliest: str
    latest: str
    histogram: Histogram


def describe(column: pa.ChunkedArray) -> Times | None:
    """None when ``column`` (none missing) has no values."""
    if not len(column):
        return None
    ticks = as_ticks(column)
    ends = pc.min_max(ticks).as_py()
    first, last = ends["min"], ends["max"]
    offsets = pc.subtract(ticks.cast(pa.float64(), safe=False), float(first))
    return Times(
        written(first, column.type),
        written(last, column.type),
        histogram(offsets, 0.0, pc.max(offsets).as_py()),
    )


def written(ticks: int, arrow_type: pa.DataType) -> str:
    """The moment that ``ticks`` counts to in ``arrow_type``, as text; it need not fit Python's own dates."""
    return shortened(texts(pa.array([ticks], pa.int64()), arrow_type)[0])


def texts(ticks: pa.Array, arrow_type: pa.DataType) -> list:
    name = base_name(str(arrow_type))
    if name in ("date32", "time32"):
        ticks = ticks.cast(pa.int32())
    if name == "timestamp":
        arrow_type = pa.timestamp(arrow_type.unit)
    return ticks.cast(arrow_type).cast(pa.string()).to_pylist()


def shortened(text: str) -> str:
    """Without a fraction of zeros, and without a midnight: ``2007-11-11 00:00:00.000`` is ``2007-11-11``."""
    if text.startswith("<"):  # Arrow has no words for years beyond its calendar
        return "out of range"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.removesuffix(" 00:00:00")
