"""What a subscription's handler is called with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


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
