"""The events that wait for one subscriber: never more than were agreed, and nothing lost without being counted."""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automatosx_nb.host.bus.counters import Counters
    from automatosx_nb.model.events import Event


def utc_now() -> datetime:
    return datetime.now(UTC)


class EventQueue:
    """Any thread puts, one takes. ``overflow`` is one of ``model.contributions.subscriptions.OVERFLOWS``.

    With ``coalesce`` an event takes the place of the waiting one on its topic, and waits at the end.
    """

    def __init__(self, most: int, overflow: str, counters: Counters, *, now: Callable[[], datetime] = utc_now) -> None:
        self._most = most
        self._overflow = overflow
        self._counters = counters
        self._now = now
        self._lock = threading.Lock()
        self._number = 0
        self._waiting: OrderedDict[object, tuple[int, Event]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def newest(self) -> int:
        """The number of the last event that was taken in; 0: there was none."""
        return self._number

    def put(self, event: Event) -> int | None:
        """The event's number, which is greater than any before; None: it was rejected."""
        coalesce = self._overflow == "coalesce"
        with self._lock:
            waiting = self._waiting
            if coalesce and waiting.pop(event.type, None) is not None:
                self._counters.coalesced += 1
            if len(waiting) >= self._most:
                if self._overflow == "reject":
                    self._counters.rejected += 1
                    return None
                waiting.popitem(last=False)
                self._counters.dropped += 1
            self._number = number = self._number + 1
            waiting[event.type if coalesce else number] = (number, event)
            return number

    def waits(self, upto: int) -> bool:
        """Whether there is one with a number to ``upto``."""
        with self._lock:
            return any(number <= upto for number, _ in islice(self._waiting.values(), 1))

    def take(self, most: int, upto: int = sys.maxsize) -> list[Event]:
        """The oldest ones, at most ``most``, with numbers to ``upto``. What has expired is counted and passed over."""
        taken: list[Event] = []
        with self._lock:
            waiting = self._waiting
            while waiting and len(taken) < most:
                key, (number, event) = next(iter(waiting.items()))
                if number > upto:
                    break
                del waiting[key]
                if event.expires is not None and event.expired(self._now()):
                    self._counters.expired += 1
                else:
                    taken.append(event)
        return taken

    def clear(self) -> None:
        """Drop and count what waits."""
        with self._lock:
            self._counters.dropped += len(self._waiting)
            self._waiting.clear()
