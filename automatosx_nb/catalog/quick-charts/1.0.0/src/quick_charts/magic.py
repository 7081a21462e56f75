"""``%chart``, and the panel in which columns are chosen."""

import pyarrow as pa

from automatosx_nb.sdk import settings, tables, ui

from .bars import bars
from .boxes import boxes
from .columns import ChartError
from .frame import Look
from .histogram import histogram
from .lines import lines
from .points import scatter
from .request import BAR, BOX, HISTOGRAM, KINDS, LINE, SCATTER, STATS, read

DRAW = {SCATTER: scatter, LINE: lines, BAR: bars, HISTOGRAM: histogram, BOX: boxes}
NONE = "(none)"
NO_TABLE = "That is no table: a chart is made of a pandas, polars, pyarrow or duckdb object."


def chart(
    table: tables.Table,
    x: str = "",
    y: str = "",
    by: str = "",
    kind: str = "auto",
    stat: str = "mean",
    log: str = "none",
    bins: int | None = None,
    title: str = "",
) -> ui.Node:
    """Handles ``%chart TABLE [--x …] [--y …] [--by …] [--kind …]``."""
    if not isinstance(table, tables.Table):
        return ui.text(NO_TABLE)
    try:
        return shown(table.to_arrow(), x, y, by, kind, stat, log, bins or 0, title)
    except ChartError as error:
        return ui.text(f"Nothing is drawn: {error}")


def shown(
    table: pa.Table, x: str, y: str, by: str, kind: str, stat: str, log: str, bins: int, title: str = ""
) -> ui.Node:
    """Raises ``ChartError``."""
    request = read(table, x, y, by, kind, stat, log, bins)
    look = Look(settings.get("width"), settings.get("height"), settings.get("palette"))
    found = DRAW[request.kind](request, look)
    head = [ui.heading(title, level=3)] if title.strip() else []
    return ui.stack(*head, ui.svg(found.source, found.alt), *map(ui.text, found.notes))


def panel() -> ui.Node:
    """The panel: first a table, then its columns."""
    return ui.stack(
        ui.form("choose", ui.pick("table", "Table"), submit="Show its columns", title="Draw a chart"),
        ui.text("Name a table of this notebook, then choose its columns and the kind of chart."),
    )


def choose(table: tables.Table) -> ui.Node:
    """Handles the command ``choose``: a form with the table's columns."""
    if not isinstance(table, tables.Table):
        return ui.text(NO_TABLE)
    if not table.num_columns:
        return ui.text("That table has no columns.")
    return ui.stack(columns_form(table.column_names), ui.text(f"{table.num_rows:,} rows. Choose what to see."))


def columns_form(names: list) -> ui.Node:
    names = [name for name in names if name.strip() and len(name) <= 200][:499]
    columns = [NONE, *dict.fromkeys(names)]
    return ui.form(
        "draw",
        ui.pick("table", "Table"),
        ui.select("kind", KINDS, "Kind"),
        ui.select("x", columns, "X axis", value=columns[min(1, len(columns) - 1)]),
        ui.select("y", columns, "Y axis", value=NONE),
        ui.select("by", columns, "Groups", value=NONE),
        ui.select("stat", STATS, "Where rows share a place"),
        ui.select("log", ["none", "x", "y", "both"], "Logarithmic axes"),
        submit="Draw",
        title="Draw a chart",
    )


def draw(
    table: tables.Table, kind: str = "auto", x: str = "", y: str = "", by: str = "", stat: str = "mean", log: str = "none"
) -> ui.Node:
    """Handles the command ``draw``; of another table than before it shows the columns anew."""
    chosen = ["" if name == NONE else name for name in (x, y, by)]
    if isinstance(table, tables.Table) and any(name and name not in table.column_names for name in chosen):
        return choose(table)
    return chart(table, *chosen, kind, stat, log)
