"""Durable delivery in one kernel: from the bus to the disk, and from there to the workers of plugins.

One thread, the courier, does all that touches the disk: what was published, what became of what was handed over, and
what is owed next go into one transaction, so under load many events share one sync. A plugin with events to handle has
a thread that waits for its handler; it ends with the batch.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Protocol

from automatosx_nb.errors import AutomatosxError, InvalidEvent, StorageFailed
from automatosx_nb.host.bus.counters import Counters
from automatosx_nb.host.durable.judging import judged
from automatosx_nb.host.interrupts import Latch, interrupts_deferred
from automatosx_nb.model.delivery import Envelope, Outcome, Owed, Subscriber, attributes_of
from automatosx_nb.model.events import Event
from automatosx_nb.profile.deliveries.store import FORKED

if TYPE_CHECKING:
    from automatosx_nb.host.bus.duty import Duty
    from automatosx_nb.profile.deliveries import Deliveries

POLL_S = 1.0
"""What another process published is noticed so soon."""
LEAVE_S = 1.0
END_S = 5.0
"""How long closing waits for what is handled still; that is owed to another kernel then."""
MOST_UNWRITTEN = 10_000
"""Events that wait for the disk; of more, the new ones are lost, and the publisher is told."""


class Handler(Protocol):
    """What hands events to a plugin's worker: a :class:`~automatosx_nb.host.runner.PluginRunner`."""

    def deliver(self, handler: str, events: Sequence[Event]) -> Sequence[Exception | None]:
        """Call the plugin's ``handler`` with each, and wait; what became of each, None where it was handled."""


@dataclass(eq=False)
class _Put:
    event: Event
    subscriber: Subscriber | None
    """None: it is retained."""
    done: Latch = field(default_factory=Latch)
    error: AutomatosxError | None = None


class DurableDelivery:
    """``on_error`` is told of what could not be written where no publisher waits for it. Safe from any thread."""

    def __init__(
        self, deliveries: Deliveries, on_error: Callable[[str, Exception], None], duty: Duty | None = None
    ) -> None:
        self._deliveries = deliveries
        self._on_error = on_error
        self._duty = duty
        self._process = os.getpid()
        self._told = ""
        self._last: _Put | None = None
        self._lock = threading.RLock()
        self._wake = threading.Condition(self._lock)
        self._handlers: dict[Subscriber, Callable[[], Handler]] = {}
        self._puts: list[_Put] = []
        self._outcomes: list[Outcome] = []
        self._busy: dict[str, int] = {}
        """Plugin → events that it was handed and that nothing became of yet."""
        self._counters: dict[Subscriber, Counters] = {}
        self._look = False
        self._thread: threading.Thread | None = None
        self._closed = False
        self._mine = threading.local()
        self._due_at: float | None = None

    def serve(self, subscriber: Subscriber, handler: Callable[[], Handler]) -> Callable[[], None]:
        """From now on this kernel handles what ``subscriber`` is owed, until the undo is called."""
        with self._lock:
            self._handlers[subscriber] = handler
            self._begin()

        def undo() -> None:
            with self._lock:
                self._handlers.pop(subscriber, None)

        return undo

    def counters(self, subscriber: Subscriber) -> Counters:
        """What became of a subscriber's events in this kernel; :meth:`Deliveries.pending` has it for all of them."""
        return self._counters.setdefault(subscriber, Counters())

    def put(self, event: Event, subscriber: Subscriber) -> None:
        """Keep ``event`` for ``subscriber``. Returns at once; :meth:`flush` waits for the disk."""
        self._put(event, subscriber)

    def _put(self, event: Event, subscriber: Subscriber | None) -> None:
        put = _Put(event, subscriber)
        if getattr(self._mine, "event", None) is not event:
            self._mine.event, self._mine.puts = event, []
        self._mine.puts.append(put)
        if self._process != os.getpid():  # where the courier's thread is not
            self._failed([put], StorageFailed(str(self._deliveries.path), FORKED))
            return
        with self._lock:
            if len(self._puts) < MOST_UNWRITTEN and not self._closed:
                self._puts.append(put)
                self._last = put
                self._begin()
                return
        reason = "events come faster than they can be written"
        self._failed([put], StorageFailed(str(self._deliveries.path), reason))

    def retain(self, event: Event) -> None:
        """Keep ``event`` as its topic's last one, also for later kernels; as :meth:`put`."""
        self._put(event, None)

    def retained(self, pattern: str) -> list[Event]:
        """The last events that were retained in any kernel, the oldest first.

        Raises as :meth:`flush` does.
        """
        return [Event(**attributes_of(kept.body)) for kept in self._deliveries.retained(pattern)]

    def flush(self) -> None:
        """Return when the last event that this thread published is on disk for whom it is kept.

        :raises StorageFull:
        :raises ProfileReadOnly:
        :raises StorageFailed:
        :raises DeliveriesDamaged:
        """
        puts: list[_Put] = getattr(self._mine, "puts", [])
        self._mine.event, self._mine.puts = None, []
        for put in puts:
            put.done.wait()
            if put.error is not None:
                raise put.error

    def close(self) -> None:
        """Write down what there is to be written, and hand over no more. Call it when no handler runs any more."""
        with self._lock:
            self._closed = True
            self._handlers.clear()
            thread = self._thread
            self._wake.notify_all()
        if thread is not None and thread is not threading.current_thread():
            thread.join(END_S)
        atexit.unregister(self._leave)

    def _leave(self) -> None:
        """The process ends: what was published a moment ago is to be on disk."""
        if self._process == os.getpid() and self._last is not None:
            self._last.done.wait(LEAVE_S)

    def _begin(self) -> None:
        """There is something for the courier, who is told once."""
        if self._thread is None and not self._closed:
            with interrupts_deferred():
                self._thread = threading.Thread(target=self._run, name="automatosx events", daemon=True)
                self._thread.start()
            atexit.register(self._leave)
        if not self._look:
            self._look = True
            self._wake.notify_all()

    def _run(self) -> None:
        while True:
            with self._lock:
                self._wake.wait_for(lambda: self._look or self._ends, timeout=self._patience())
                last, self._look = self._ends, False
                puts, self._puts = self._puts, []
                outcomes, self._outcomes = self._outcomes, []
                wanted = [each for each in self._handlers if each.plugin not in self._busy]
            if puts or outcomes or wanted or self._busy:
                cpu_s = time.thread_time()
                self._exchange(puts, outcomes, wanted)
                if self._duty is not None:
                    self._duty.spend(time.thread_time() - cpu_s)
            else:
                self._due_at = None
            if last:
                return

    @property
    def _ends(self) -> bool:
        return self._closed and not self._busy

    def _patience(self) -> float:
        """Seconds until there may be something to do though nobody says so."""
        return POLL_S if self._due_at is None else max(0.0, min(self._due_at - time.time(), POLL_S))

    def _exchange(self, puts: list[_Put], outcomes: list[Outcome], wanted: list[Subscriber]) -> None:
        sealed = [(put.subscriber, envelope) for put in puts if (envelope := self._sealed(put)) is not None]
        kept = [(subscriber, envelope) for subscriber, envelope in sealed if subscriber is not None]
        try:
            exchanged = self._deliveries.exchange(
                [(envelope, [subscriber]) for subscriber, envelope in kept],
                outcomes,
                wanted,
                retain=[envelope for subscriber, envelope in sealed if subscriber is None],
            )
        except Exception as error:  # noqa: BLE001 - a full disk, or a fault: this thread goes on
            with self._lock:
                self._outcomes = outcomes + self._outcomes
            self._failed(puts, error)
            self._due_at = None
            self._pause(POLL_S)
            return
        self._told = ""
        self._due_at = exchanged.next_due
        for (subscriber, _), rejected in zip(kept, exchanged.rejected, strict=True):
            self.counters(subscriber).rejected += bool(rejected)
        for put in puts:
            put.done.set()
        owed = sorted(exchanged.owed, key=lambda each: (each.subscriber.plugin, each.number))
        for plugin, several in groupby(owed, lambda each: each.subscriber.plugin):
            self._hand_over(plugin, list(several))

    def _pause(self, wait_s: float) -> None:
        """Nothing can be done before that; closing does not wait for it."""
        with self._lock:
            self._wake.wait_for(lambda: self._closed, timeout=wait_s)

    def _sealed(self, put: _Put) -> Envelope | None:
        """None: it is no JSON, which is told to who published it, and costs no other event."""
        try:
            return Envelope.of(put.event)
        except (TypeError, ValueError, RecursionError) as error:
            self._failed([put], InvalidEvent(put.event.type, f"its data is no JSON ({error})"))
            return None

    def _failed(self, puts: list[_Put], error: Exception) -> None:
        ours = error if isinstance(error, AutomatosxError) else StorageFailed(str(self._deliveries.path), repr(error))
        for put in puts:
            put.error = ours
            put.done.set()
        if self._told != str(ours):  # and not each second again
            self._told = str(ours)
            self._on_error("durable events", ours)

    def _hand_over(self, plugin: str, owed: list[Owed]) -> None:
        """Have a thread wait for the handlers; one whose plugin is served no more gives all of it back."""
        with self._lock:
            self._busy[plugin] = len(owed)
        thread = threading.Thread(
            target=self._deliver, args=(plugin, owed), name=f"automatosx {plugin} events", daemon=True
        )
        thread.start()

    def _deliver(self, plugin: str, owed: list[Owed]) -> None:
        """One after the other. Where one could not be handled, what comes after it in its lane is given back."""
        stopped: set[tuple[str, str]] = set()
        for each in owed:
            outcome = Outcome(each.number, "released") if each.lane in stopped else self._outcome(each)
            if outcome.kind != "handled":
                stopped.add(each.lane)
            with self._lock:
                self._outcomes.append(outcome)
                self._busy[plugin] -= 1
                if not self._busy[plugin]:
                    del self._busy[plugin]
                self._begin()

    def _outcome(self, owed: Owed) -> Outcome:
        while self._duty is not None and (wait_s := self._duty.wait_s()) > 0 and not self._closed:
            self._pause(wait_s)
        if self._duty is not None:
            self._duty.leave()
        handler = self._handlers.get(owed.subscriber)
        if handler is None:
            return Outcome(owed.number, "released")
        try:
            (error,) = handler().deliver(owed.subscriber.handler, [Event(**attributes_of(owed.body))])
        except Exception as raised:  # noqa: BLE001 - whatever it is, the event is not handled
            error = raised
        counters = self.counters(owed.subscriber)
        counters.delivered += 1
        counters.failed += error is not None
        return judged(owed.number, error)
