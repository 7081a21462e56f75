"""Events: CloudEvents 1.0 attributes, and the topics that the kernel speaks on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

CELL_STARTED = "kernel.cell.started"
CELL_FINISHED = "kernel.cell.finished"
KERNEL_TOPICS = {
    CELL_STARTED: "A cell is about to run. Data: cell (hash of its source), lines.",
    CELL_FINISHED: "A cell ended. Data: the same, and execution_count, duration_s, ok, error (type name or null).",
}
"""Topic → what it says and carries. Neither a cell's source nor its values are in any event."""

PLUGIN_LIMITED = "marketplace.plugin.limited"
PLUGIN_SUSPENDED = "marketplace.plugin.suspended"
MARKETPLACE_TOPICS = {
    PLUGIN_LIMITED: "A plugin's worker was stopped at a limit. Data: plugin, version, limit, allowed, used.",
    PLUGIN_SUSPENDED: "A plugin's worker ended too often and is not started for a while. "
    "Data: plugin, version, ends, within_s, wait_s, last (an error's code).",
}


def matches(pattern: str, topic: str) -> bool:
    """Whether ``topic`` is one of those that ``pattern`` means: ``*`` is one segment, ``**`` one or more at the end."""
    wanted, segments = pattern.split("."), topic.split(".")
    for index, segment in enumerate(wanted):
        if segment == "**":
            return len(segments) > index
        if index >= len(segments) or segment not in ("*", segments[index]):
            return False
    return len(wanted) == len(segments)


@dataclass(frozen=True, slots=True)
class Event:
    """One event. ``type`` is the topic; ``time`` is RFC 3339 in UTC; ``data`` is a JSON value.

    Attribute names are those of CloudEvents 1.0 (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md).
    """

    id: str
    source: str
    type: str
    time: str
    data: Any = None
    datacontenttype: str = "application/json"
    specversion: str = field(default="1.0")
