"""A notebook's own functions as subscribers: called on one thread beside the cells, so that no cell waits for them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from automatosx_nb.host.bus.breaker import Breaker
from automatosx_nb.host.bus.cause import handling
from automatosx_nb.host.bus.counters import Counters
from automatosx_nb.host.bus.output import Printed
from automatosx_nb.host.bus.queue import EventQueue
from automatosx_nb.host.interrupts import interrupts_deferred
from automatosx_nb.model.events.delivery import QUEUE

if TYPE_CHECKING:
    from automatosx_nb.host.bus import Handler
    from automatosx_nb.host.bus.activity import Activity
    from automatosx_nb.host.bus.tracing import Traces
    from automatosx_nb.model.events import Event

_AT_ONCE = 32
"""Events of one function before it is the next one's turn."""


class FunctionSubscriber:
    """``function`` gets the events that ``pattern`` means, once :class:`Dispatcher` calls it with them."""

    def __init__(
        self, pattern: str, function: Handler, wake: Callable[[FunctionSubscriber], None], *, queue: int, overflow: str
    ) -> None:
        self.pattern = pattern
        self.function = function
        self.owner = f"notebook:{getattr(function, '__name__', type(function).__name__)}"[:100]
        self.counters = Counters()
        self.queue = EventQueue(queue, overflow, self.counters)
        self.breaker = Breaker()
        self._wake = wake

    def deliver(self, event: Event) -> None:
        if self.queue.put(event) is not None:
            self._wake(self)

    def close(self) -> None:
        self.queue.clear()


class Dispatcher:
    """The thread, which begins with the first event. What functions print and raise goes to ``activity``."""

    def __init__(self, activity: Activity, traces: Traces) -> None:
        self._activity = activity
        self._traces = traces
        self._lock = threading.RLock()
        self._wake = threading.Condition(self._lock)
        self._ready: deque[FunctionSubscriber] = deque()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._busy = False

    def subscriber(
        self, pattern: str, function: Handler, *, queue: int = QUEUE, overflow: str = "drop-oldest"
    ) -> FunctionSubscriber:
        return FunctionSubscriber(pattern, function, self._add, queue=queue, overflow=overflow)

    def drain(self, timeout_s: float) -> bool:
        """Wait until nothing waits any more; whether it came to that."""
        with self._lock:
            return self._wake.wait_for(lambda: not self._ready and not self._busy, timeout_s)

    def close(self) -> None:
        """Call nothing any more; a function that is being called is left behind."""
        with self._lock:
            self._closed = True
            self._ready.clear()
            self._wake.notify_all()

    def _add(self, subscriber: FunctionSubscriber) -> None:
        with self._lock:
            if self._closed:
                return
            if subscriber not in self._ready:
                self._ready.append(subscriber)
            if self._thread is None:
                with interrupts_deferred():
                    self._thread = threading.Thread(target=self._serve, name="automatosx notebook events", daemon=True)
                    self._thread.start()
            self._wake.notify_all()

    def _serve(self) -> None:
        with Printed(self._activity) as printed:
            while True:
                with self._lock:
                    self._busy = False
                    self._wake.notify_all()
                    self._wake.wait_for(lambda: self._ready or self._closed)
                    if self._closed:
                        return
                    subscriber, self._busy = self._ready.popleft(), True
                printed.who = subscriber.owner
                self._turn(subscriber)

    def _turn(self, subscriber: FunctionSubscriber) -> None:
        if subscriber.breaker.open:
            subscriber.queue.clear()
        events = subscriber.queue.take(1 if subscriber.breaker.trying else _AT_ONCE)
        for event in events:
            ok = self._call(subscriber, event)
            subscriber.counters.delivered += 1
            subscriber.counters.failed += not ok
            if subscriber.breaker.record(ok):
                wait_s = subscriber.breaker.wait_s
                text = f"it failed too often in a row, and gets no event for {wait_s:g} s"
                self._activity.add(subscriber.owner, "error", text)
        if events and len(subscriber.queue):
            self._add(subscriber)

    def _call(self, subscriber: FunctionSubscriber, event: Event) -> bool:
        try:
            with handling([event]), self._traces.handled(subscriber.owner, [event]):
                subscriber.function(event)
        except Exception as error:  # noqa: BLE001 - whatever it raised is nothing for a cell
            self._activity.add(subscriber.owner, "error", f"{type(error).__name__}: {error}")
            return False
        return True
