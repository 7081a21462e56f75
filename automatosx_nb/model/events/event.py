"""One event, with the attributes of CloudEvents 1.0 and four of its extensions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """``type`` is the topic; ``time`` is RFC 3339 in UTC; ``data`` is a JSON value.

    Attribute names are those of CloudEvents 1.0 (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md).
    """

    id: str
    source: str
    type: str
    time: str
    data: Any = None
    datacontenttype: str = "application/json"
    specversion: str = "1.0"
    traceparent: str | None = None
    """As https://www.w3.org/TR/trace-context has it: what the event belongs to."""
    expires: str | None = None
    """RFC 3339; nobody is handed the event after that."""
    hops: int = 0
    """How many events led to this one, each published while the one before it was handled."""

    def attributes(self) -> dict[str, Any]:
        """Every attribute that is set, by its name: ``Event(**attributes)`` is the event again."""
        found = {
            "id": self.id,
            "source": self.source,
            "type": self.type,
            "time": self.time,
            "data": self.data,
            "datacontenttype": self.datacontenttype,
            "specversion": self.specversion,
        }
        if self.traceparent is not None:
            found["traceparent"] = self.traceparent
        if self.expires is not None:
            found["expires"] = self.expires
        if self.hops:
            found["hops"] = self.hops
        return found

    def expired(self, now: datetime) -> bool:
        """Whether nobody is to be handed it any more. ``now`` is aware."""
        return self.expires is not None and datetime.fromisoformat(self.expires) <= now
