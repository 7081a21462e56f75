"""The kernel's event bus: publishing costs a dictionary look-up, and a subscriber's failure stays with it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING

from automatosx_nb.model.events.topics import matches

if TYPE_CHECKING:
    from automatosx_nb.model.events import Event

Handler = Callable[["Event"], None]
Undo = Callable[[], None]
MAX_CACHED_TOPICS = 1024


class Bus:
    """Topics are dotted; a pattern's ``*`` is one segment and ``**`` the rest.

    A handler is called on the publisher's thread and has to return at once: what takes time puts the event on a queue
    of its own. ``on_error`` is told of a handler that raised, and the next handler is called.
    """

    def __init__(self, on_error: Callable[[str, Exception], None]) -> None:
        self._on_error = on_error
        self._numbers = count()
        self._lock = threading.Lock()
        self._subscriptions: dict[int, tuple[str, Handler]] = {}
        self._matching: dict[str, tuple[tuple[str, Handler], ...]] = {}

    def subscribe(self, pattern: str, handler: Handler) -> Undo:
        """From now on ``handler`` gets every event whose topic ``pattern`` means, until the undo is called."""
        number = next(self._numbers)
        with self._lock:
            self._subscriptions[number] = (pattern, handler)
            self._matching = {}

        def undo() -> None:
            with self._lock:
                self._subscriptions.pop(number, None)
                self._matching = {}

        return undo

    def wants(self, topic: str) -> bool:
        """Whether anybody would get an event on ``topic``: so that nobody makes one for no one."""
        return bool(self._find(topic))

    def publish(self, event: Event) -> None:
        """Hand ``event`` to every subscriber of its topic, in the order in which they subscribed."""
        for pattern, handler in self._find(event.type):
            try:
                handler(event)
            except Exception as error:  # noqa: BLE001 - one subscriber's failure is not the next one's
                self._on_error(pattern, error)

    def _find(self, topic: str) -> tuple[tuple[str, Handler], ...]:
        found = self._matching.get(topic)
        if found is None:
            with self._lock:
                found = tuple(each for each in self._subscriptions.values() if matches(each[0], topic))
                if len(self._matching) < MAX_CACHED_TOPICS:
                    self._matching[topic] = found
        return found
