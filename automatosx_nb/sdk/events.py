"""What a subscription's handler is called with, and how a plugin tells of events itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from automatosx_nb.sdk import _wire


@dataclass(frozen=True, slots=True)
class Event:
    """One event; the attribute names are those of CloudEvents 1.0.

    ``type`` is the topic, as in ``kernel.cell.finished``; ``time`` is RFC 3339 in UTC; ``data`` is JSON.
    ``hops`` counts the events that led to this one, each published while the one before it was handled.
    """

    id: str
    source: str
    type: str
    time: str
    data: Any = None
    datacontenttype: str = "application/json"
    specversion: str = "1.0"
    traceparent: str | None = None
    expires: str | None = None
    hops: int = 0


def publish(topic: str, data: Any = None, *, expires_s: float | None = None) -> None:
    """Tell whoever subscribed to ``topic``, one of the events that the plugin's manifest declares."""
    if not isinstance(topic, str):
        raise TypeError(f"a topic is a str, not {type(topic).__name__}")
    _wire.ask("events", "publish", topic, data, expires_s, _wire.handled())
