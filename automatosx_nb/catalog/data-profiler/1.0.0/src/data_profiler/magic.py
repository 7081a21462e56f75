"""``%profile``."""

from automatosx_nb.sdk import tables, ui

from .profile import profile_table
from .report import report


def profile(table: tables.Table, top: int = 5) -> ui.Node:
    """Handles ``%profile TABLE [--top N]``."""
    return report(profile_table(table.to_arrow(), min(20, max(1, top))))
