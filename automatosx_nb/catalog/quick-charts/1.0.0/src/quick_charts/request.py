"""What somebody wants to see, read against the table."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from .columns import CATEGORY, ChartError, Column, column_of
from .ticks import TIME, Axis, linear, logarithmic, times

AUTO, SCATTER, LINE, BAR, HISTOGRAM, BOX = "auto", "scatter", "line", "bar", "histogram", "box"
KINDS = (AUTO, SCATTER, LINE, BAR, HISTOGRAM, BOX)
STATS = ("mean", "sum", "min", "max", "count")


@dataclass(frozen=True)
class Request:
    kind: str
    rows: int
    x: Column | None
    y: Column | None
    by: Column | None
    stat: str = "mean"
    log: str = "none"
    bins: int = 0
    """0: by the data."""

    def is_log(self, axis: str) -> bool:
        return self.log in (axis, "both")


def read(table: pa.Table, x: str, y: str, by: str, kind: str, stat: str, log: str, bins: int) -> Request:
    """Raises ``ChartError`` where a column is not there, or does not fit the kind."""
    if not table.num_rows:
        raise ChartError("the table has no rows")
    if bins and not 2 <= bins <= 200:
        raise ChartError(f"--bins {bins}: from 2 to 200")
    columns = [column_of(table, name, option) if name else None for name, option in ((x, "--x"), (y, "--y"), (by, "--by"))]
    across, up, group = columns
    if across is None and up is None:
        raise ChartError(f"say which columns with --x and --y: there are {', '.join(table.column_names[:30])}")
    if across is None:
        across, up = (up, None) if kind in (AUTO, HISTOGRAM) else (group if kind == BOX else None, up)
        group = None if kind == BOX else group
    chosen = automatic(across, up) if kind == AUTO else kind
    fits(chosen, across, up)
    return Request(chosen, table.num_rows, across, up, group, stat, log, bins)


def automatic(x: Column | None, y: Column | None) -> str:
    if y is None:
        return BAR if x.kind == CATEGORY else HISTOGRAM
    if y.kind == CATEGORY:
        raise ChartError(f"--y: {y.name!r} holds words: it can be --x or --by")
    return BOX if x.kind == CATEGORY else LINE if x.kind == TIME else SCATTER


def fits(kind: str, x: Column | None, y: Column | None) -> None:
    if kind in (SCATTER, LINE) and (x is None or y is None):
        raise ChartError(f"a {kind} chart needs --x and --y")
    if kind == BAR and x is None:
        raise ChartError("a bar chart needs --x, the categories")
    if kind == BOX and y is None:
        raise ChartError("a box plot needs --y, numbers")
    if kind == HISTOGRAM and y is not None:
        raise ChartError("a histogram takes --x alone: it counts")
    if kind in (SCATTER, LINE, HISTOGRAM) and x.kind == CATEGORY:
        raise ChartError(f"--x: {x.name!r} holds words, and a {kind} needs numbers or times; a bar chart takes words")
    if y is not None and y.kind == CATEGORY:
        raise ChartError(f"--y: {y.name!r} holds words, and numbers are needed")
    if y is not None and y.kind == TIME and kind in (BAR, BOX):
        raise ChartError(f"--y: {y.name!r} holds times, and a {kind} chart needs numbers")


def kept(request: Request, columns: tuple) -> tuple:
    """``(mask, note)``: the rows that can be drawn, and how many cannot and why."""
    mask = None
    for axis, column in columns:
        here = pc.is_valid(column.values)
        if request.is_log(axis) and column.kind != TIME:
            here = pc.and_kleene(here, pc.fill_null(pc.greater(column.values, 0.0), False))
        mask = here if mask is None else pc.and_kleene(mask, here)
    left_out = request.rows - (pc.sum(mask).as_py() or 0)
    if left_out == request.rows:
        raise ChartError("no row has all of the values that this chart needs")
    if not left_out:
        return mask, ()
    names = " or ".join(column.name for _axis, column in columns)
    why = "is missing or infinite" + (", or not above 0" if request.log != "none" else "")
    return mask, (f"{left_out:,} of {request.rows:,} rows are left out: {names} {why}.",)


def axis_of(request: Request, axis: str, column: Column, low: float, high: float, *, loose: bool = True) -> Axis:
    if column.kind == TIME:
        return times(low, high)
    if request.is_log(axis):
        return logarithmic(low, high)
    return linear(low, high, loose=loose)


def ends(values: pa.ChunkedArray) -> tuple:
    found = pc.min_max(values).as_py()
    return found["min"], found["max"]
