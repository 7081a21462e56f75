"""A plugin's subscription: its events wait here until its worker takes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from automatosx_nb.errors import AutomatosxError
from automatosx_nb.host.bus.breaker import Breaker
from automatosx_nb.host.bus.counters import Counters
from automatosx_nb.host.bus.queue import EventQueue
from automatosx_nb.model.events.delivery import MAX_QUEUE, QUEUE

if TYPE_CHECKING:
    from automatosx_nb.host.bus.activity import Activity
    from automatosx_nb.host.ports import Record
    from automatosx_nb.host.runner import PluginRunner
    from automatosx_nb.model.events import Event

MOST_AT_ONCE = 128
"""Events that cross to a worker together, and only as long as its handler is quick."""
QUICK_S, SLOW_S = 0.05, 0.2
"""A batch that took less is followed by one of twice as many events; one that took more, by half as many."""


class PluginSubscriber:
    """``record`` is the subscription as the generation has it; older records say nothing of queues.

    ``runner``: the plugin's own, made when the first event comes. ``most``: events that wait, whatever it asks for.
    """

    def __init__(
        self,
        plugin: str,
        record: Record,
        runner: Callable[[], PluginRunner],
        activity: Callable[[], Activity],
        *,
        most: int = MAX_QUEUE,
    ) -> None:
        self.owner = plugin
        self.pattern: str = record["topic"]
        self.handler: str = record["handler"]
        self.counters = Counters()
        self.is_due = False
        """Whether its plugin's thread is going to take what is put into the queue now."""
        self._runner = runner
        self._activity = activity
        most = min(record.get("queue", QUEUE), most)
        self._queue = EventQueue(most, record.get("overflow", "drop-oldest"), self.counters)
        self._breaker = Breaker()
        self._batch = 1

    def deliver(self, event: Event) -> None:
        if not self.is_due and self._sent_now(event):
            return
        if self._queue.put(event) is not None and not self.is_due:
            self._runner().post(self)

    def _sent_now(self, event: Event) -> bool:
        """Whether it had nothing to wait for, and is on its way to the worker."""
        if event.expires is not None or self._queue or self._breaker.open:
            return False
        return self._runner().send_now(self, event)

    @property
    def newest(self) -> int:
        """The number of the last event that came."""
        return self._queue.newest

    def waits(self, upto: int) -> bool:
        """Whether :meth:`take` would have more to go through."""
        return self._queue.waits(upto)

    def take(self, upto: int) -> list[Event]:
        """The next events to hand over; none while the breaker is open, and one when it is tried."""
        if self._breaker.open:
            self._queue.clear()
        return self._queue.take(1 if self._breaker.trying else self._batch, upto)

    def handled(self, outcomes: Sequence[AutomatosxError | None], took_s: float) -> None:
        """What became of a batch, event by event, and how long it took."""
        for error in outcomes:
            self._record(error)
        if took_s < QUICK_S:
            self._batch = min(2 * self._batch, MOST_AT_ONCE)
        elif took_s > SLOW_S:
            self._batch = max(self._batch // 2, 1)

    def failed(self, error: BaseException, events: int) -> None:
        """A whole batch failed: its worker ended, or could not be started."""
        self._batch = 1
        for _ in range(events):
            self._record(error)

    def close(self) -> None:
        self._queue.clear()

    def _record(self, error: BaseException | None) -> None:
        self.counters.delivered += 1
        if error is not None:
            self.counters.failed += 1
            text = str(error) if isinstance(error, AutomatosxError) else repr(error)
            self._activity().add(self.owner, "error", f"{self.handler}: {text}")
        if self._breaker.record(error is None):
            self._activity().add(
                self.owner,
                "error",
                f"{self.handler} failed too often in a row: it gets no event for {self._breaker.wait_s:g} s",
            )
