"""The subscription."""

from automatosx_nb.sdk import events

from . import book


def on_cell(event: events.Event) -> None:
    """Handles ``kernel.cell.finished``."""
    book.note(event.source, event.time, event.data)
