"""The marketplace's events for Jupyter's event logger: their schemas, and what an audit entry is as one of them.

Kernels and terminals tell their own bus; what all of them write is the audit log, so that is where a server finds it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from automatosx_nb.model.events import (
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
)
from automatosx_nb.model.events.schemas import TOPICS

if TYPE_CHECKING:
    from automatosx_nb.model.audit import AuditEntry

VERSION = "1"
TOPIC_OF = {
    "plugin-installed": PLUGIN_INSTALLED,
    "plugin-updated": PLUGIN_UPDATED,
    "plugin-removed": PLUGIN_REMOVED,
    "profile-rolled-back": ROLLED_BACK,
    "limit-exceeded": PLUGIN_LIMITED,
    "plugin-suspended": PLUGIN_SUSPENDED,
    "state-restored": PLUGIN_STATE_RESTORED,
    "setting-changed": PLUGIN_SETTING_CHANGED,
    "service-failed": SERVICE_FAILED,
}
"""Kind of entry → topic. Failures of one service are one entry, and so one event, where they come in a row."""
_ENTRY: Mapping[str, Any] = {
    "entry": {"type": "integer", "description": "The entry's number in the audit log."},
    "time": {"type": "string", "description": "When it happened, as RFC 3339 in UTC."},
}
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")


def schema_id(topic: str) -> str:
    return f"urn:automatosx_nb:{topic}:v{VERSION}"


def schemas() -> Iterator[dict[str, Any]]:
    """Of every topic of the marketplace, as https://jupyter-events.readthedocs.io has them."""
    for topic in MARKETPLACE_TOPICS:
        schema = TOPICS[topic].schema
        yield {
            "$id": schema_id(topic),
            "version": VERSION,
            "title": topic,
            "personal-data": True,
            "description": _LINK.sub(r"\1", TOPICS[topic].when),
            "type": "object",
            "properties": {**schema["properties"], **_ENTRY},
            "required": [*schema["required"], *_ENTRY],
            "additionalProperties": False,
        }


def told_by(entry: AuditEntry) -> Iterator[tuple[str, dict[str, Any]]]:
    """Schema id and data of each event that ``entry`` is; none for what is no event of the marketplace.

    A worker that was only tried out is none, and neither is a state that somebody took back by hand.
    """
    topics = [TOPIC_OF[entry.kind]] if entry.kind in TOPIC_OF and "for" not in entry.detail else []
    if entry.kind == "plugin-updated" and entry.detail.get("action") == "revert":
        topics.append(PLUGIN_REVERTED)
    known = {"plugin": entry.plugin, "version": entry.version, **entry.detail}
    for topic in topics:
        wanted = TOPICS[topic].schema["required"]
        if known.keys() >= set(wanted):
            data = {name: known[name] for name in wanted}
            yield schema_id(topic), {**data, "entry": entry.number, "time": entry.time}
