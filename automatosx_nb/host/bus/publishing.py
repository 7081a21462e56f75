"""From a topic and its data to an event on the bus, with everything checked that a publisher could get wrong."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from automatosx_nb.errors import EventLoop, InvalidEvent
from automatosx_nb.host.bus.cause import cause
from automatosx_nb.host.bus.limits import BusLimits
from automatosx_nb.host.bus.making import new_event
from automatosx_nb.model.events import Event
from automatosx_nb.sandbox.codec import find_flaw

if TYPE_CHECKING:
    from automatosx_nb.host.bus import Bus

MAX_DEPTH = 32
"""Lists and objects within each other in an event's data."""
_KIB = 1024


class Publisher:
    """Speaks on ``bus`` as ``source``."""

    def __init__(self, bus: Bus, source: str, limits: BusLimits) -> None:
        self._bus = bus
        self._source = source
        self._limits = limits

    def publish(
        self,
        topic: str,
        data: Any = None,
        *,
        expires_s: float | None = None,
        retain: bool = False,
        handled: str | None = None,
    ) -> Event:
        """The event, which went to whoever subscribed.

        :param expires_s: nobody is handed it after so many seconds.
        :param retain: keep it for those who subscribe later and ask for it.
        :param handled: the id of the event that the publisher handles at the moment.
        :raises InvalidEvent: the data is no JSON value, or too large.
        :raises EventLoop:
        :raises StorageFull: as ``ProfileReadOnly``, ``StorageFailed`` and ``DeliveriesDamaged``: it could not be kept
            for a durable subscriber. Others have it.
        """
        self._check(topic, data)
        hops, caused_by = cause(handled)
        if hops > self._limits.hops:
            raise EventLoop(topic, hops)
        event = new_event(
            self._source,
            topic,
            data,
            traceparent=self._bus.traces.published(topic, caused_by),
            expires=None if expires_s is None else _end(topic, expires_s),
            hops=hops,
        )
        self._bus.publish(event, retain=retain)
        self._bus.flush()
        return event

    def _check(self, topic: str, data: Any) -> None:
        flaw = find_flaw(data, max_depth=MAX_DEPTH)
        if flaw is not None:
            raise InvalidEvent(topic, f"its data has {flaw.type_name} at {flaw.path or 'the top'} ({flaw.reason})")
        try:
            size = len(json.dumps(data, ensure_ascii=False, allow_nan=False).encode())
        except (TypeError, ValueError) as error:
            raise InvalidEvent(topic, f"its data is no JSON ({error})") from error
        if size > self._limits.payload_kb * _KIB:
            raise InvalidEvent(topic, f"its data has {size} bytes, more than {self._limits.payload_kb} KiB")


def _seconds(topic: str, value: float) -> float:
    if isinstance(value, int | float) and 0 < value <= 366 * 86_400:
        return value
    raise InvalidEvent(topic, f"'expires_s' is {value!r}, and no number of seconds above 0 and up to a year")


def _end(topic: str, expires_s: float) -> str:
    """RFC 3339, as the time of an event."""
    return (datetime.now(UTC) + timedelta(seconds=_seconds(topic, expires_s))).isoformat(timespec="milliseconds")
