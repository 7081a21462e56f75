"""Events: what one is, its topics, and those that are ours."""

from __future__ import annotations

from automatosx_nb.model.events.event import Event
from automatosx_nb.model.events.ours import (
    CELL_FINISHED,
    CELL_STARTED,
    KERNEL_TOPICS,
    MARKETPLACE_TOPICS,
    PLUGIN_LIMITED,
    PLUGIN_SUSPENDED,
)
from automatosx_nb.model.events.topics import matches

__all__ = [
    "CELL_FINISHED",
    "CELL_STARTED",
    "KERNEL_TOPICS",
    "MARKETPLACE_TOPICS",
    "PLUGIN_LIMITED",
    "PLUGIN_SUSPENDED",
    "Event",
    "matches",
]
