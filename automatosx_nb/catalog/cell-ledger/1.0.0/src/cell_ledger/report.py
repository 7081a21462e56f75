"""The ledger as something to look at."""

from automatosx_nb.sdk import ui

from . import records
from .sparkline import sparkline, spoken

SLOWEST = 5
HEADS = (
    *("Cell", "Lines", "Last runs", "Last", "Mean", "Slowest", "Total"),
    *("Runs", "Failures", "Last error", "Last run"),
)


def report(totals: dict, cells: list, last: int) -> ui.Node:
    return ui.stack(
        overview(totals, cells),
        ui.heading("Slowest cells", level=3),
        table(records.slowest_first(cells)[:SLOWEST]),
        ui.heading("Ran last", level=3),
        table(records.latest_first(cells)[:last]),
    )


def overview(totals: dict, cells: list) -> ui.Node:
    return ui.row(
        ui.metric("Time in cells", seconds(totals["total_s"]), f"since {moment(totals['since'])}"),
        ui.metric("Runs", totals["runs"]),
        ui.metric("Failures", totals["failures"]),
        ui.metric("Cells", len(cells)),
        ui.metric("Kernel sessions", totals["sessions"]),
    )


def table(cells: list) -> ui.Node:
    return ui.table(HEADS, [row(record) for record in cells])


def row(record: dict) -> list:
    recent = record["recent"]
    return [
        label(record),
        record["lines"],
        ui.svg(sparkline(recent), spoken(recent)),
        seconds(recent[-1][0]),
        seconds(record["total_s"] / record["runs"]),
        seconds(record["slowest_s"]),
        seconds(record["total_s"]),
        record["runs"],
        record["failures"],
        record["error"],
        moment(record["last"]),
    ]


def label(record: dict) -> str:
    """How the notebook numbered the cell's last run, and enough of the hash of its source to tell cells apart."""
    short = record["cell"][:8]
    return short if record["number"] is None else f"[{record['number']}] {short}"


def seconds(duration: float) -> str:
    """``duration`` (s) in the unit that fits: ``340 µs``, ``12.5 ms``, ``3.2 s``, ``4 min 10 s``, ``2 h 5 min``."""
    if duration < 0.001:
        return f"{duration * 1e6:.0f} µs"
    if duration < 0.9995:
        return f"{duration * 1e3:.3g} ms"
    if duration < 59.95:
        return f"{duration:.3g} s"
    whole = round(duration)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def moment(time: str) -> str:
    """``2026-03-01T09:30:05.123Z`` as ``2026-03-01 09:30 UTC``."""
    return f"{time[:10]} {time[11:16]} UTC"
