"""``%ledger``."""

from automatosx_nb.sdk import ui

from . import book
from .report import report


def ledger(last: int = 10, clear: bool = False) -> ui.Node:
    """Handles ``%ledger [--last N] [--clear]``."""
    if clear:
        return ui.text(f"Forgot {book.clear()} cells.")
    totals = book.totals()
    if totals is None:
        return ui.text("The ledger is empty: it notes every cell from now on.")
    return report(totals, book.cells(), min(200, max(1, last)))
