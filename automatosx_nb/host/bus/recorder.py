"""A subscriber that only remembers, for a person who looks at what goes over the bus."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from automatosx_nb.host.bus.counters import Counters

if TYPE_CHECKING:
    from automatosx_nb.model.events import Event

KEPT = 500


class Recorder:
    """The newest :data:`KEPT` events of every topic."""

    pattern = "**"
    owner = "notebook:tail"

    def __init__(self) -> None:
        self.counters = Counters()
        self._events: deque[Event] = deque(maxlen=KEPT)

    def deliver(self, event: Event) -> None:
        self.counters.delivered += 1
        self._events.append(event)

    def events(self) -> tuple[Event, ...]:
        """The oldest first."""
        return tuple(self._events)

    def close(self) -> None:
        self._events.clear()
