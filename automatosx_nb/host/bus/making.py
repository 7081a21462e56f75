"""Where events begin: each has an id of its own, and the time at which it was made."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from automatosx_nb.model.events import Event

HOST = "host"
"""The source of what the marketplace says."""


def new_event(
    source: str, topic: str, data: Any, *, traceparent: str | None = None, expires: str | None = None, hops: int = 0
) -> Event:
    """One that happens now."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return Event(uuid4().hex, source, topic, now, data, traceparent=traceparent, expires=expires, hops=hops)
