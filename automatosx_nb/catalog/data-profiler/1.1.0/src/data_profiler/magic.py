"""``%profile``."""

import pyarrow as pa

from automatosx_nb.sdk import tables, ui

from . import kinds
from .profile import profile_table
from .report import report


def profile(table: tables.Table, top: int = 5, by: str = "") -> ui.Node:
    """Handles ``%profile TABLE [--top N] [--by COLUMN]``."""
    arrow = table.to_arrow()
    problem = why_not_by(arrow, by) if by else ""
    if problem:
        return ui.text(problem)
    return report(profile_table(arrow, min(20, max(1, top)), by))


def why_not_by(table: pa.Table, by: str) -> str:
    """Why the table cannot be grouped by that column; empty where it can."""
    if by not in table.column_names:
        return f"There is no column {by!r} to group by: there are {', '.join(table.column_names)}."
    kind = kinds.kind_of(str(kinds.plain(table.column(table.column_names.index(by))).type))
    if kind in (kinds.OTHER, kinds.EMPTY):
        return f"Column {by!r} cannot be grouped by: it has {'no values' if kind == kinds.EMPTY else 'nested values'}."
    return ""
