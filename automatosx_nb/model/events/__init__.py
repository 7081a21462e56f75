"""Events: what one is, its topics, and those that are ours. A name's file is loaded when the name is first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from automatosx_nb.model.events.ours import (
    CELL_FAILED,
    CELL_FINISHED,
    CELL_STARTED,
    KERNEL_IDLE,
    KERNEL_STARTED,
    KERNEL_TOPICS,
    MARKETPLACE_TOPICS,
    PLUGIN_INSTALLED,
    PLUGIN_LIMITED,
    PLUGIN_REMOVED,
    PLUGIN_REVERTED,
    PLUGIN_SETTING_CHANGED,
    PLUGIN_STATE_RESTORED,
    PLUGIN_SUSPENDED,
    PLUGIN_UPDATED,
    ROLLED_BACK,
    SERVICE_FAILED,
    VARIABLES_CHANGED,
)

if TYPE_CHECKING:
    from automatosx_nb.model.events.event import Event
    from automatosx_nb.model.events.topics import matches

__all__ = [
    "CELL_FAILED",
    "CELL_FINISHED",
    "CELL_STARTED",
    "KERNEL_IDLE",
    "KERNEL_STARTED",
    "KERNEL_TOPICS",
    "MARKETPLACE_TOPICS",
    "PLUGIN_INSTALLED",
    "PLUGIN_LIMITED",
    "PLUGIN_REMOVED",
    "PLUGIN_REVERTED",
    "PLUGIN_SETTING_CHANGED",
    "PLUGIN_STATE_RESTORED",
    "PLUGIN_SUSPENDED",
    "PLUGIN_UPDATED",
    "ROLLED_BACK",
    "SERVICE_FAILED",
    "VARIABLES_CHANGED",
    "Event",
    "matches",
]
_FILE_OF = {"Event": "event", "matches": "topics"}


def __getattr__(name: str) -> Any:
    if name not in _FILE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{_FILE_OF[name]}"), name)
    return found
