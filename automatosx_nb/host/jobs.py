"""What waits for one plugin, in order: calls, and the events that happened between them."""

from __future__ import annotations

import contextvars
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar

from automatosx_nb.host.errands import Errands
from automatosx_nb.host.interrupts import Latch, interrupts_deferred

if TYPE_CHECKING:
    from automatosx_nb.host.bus.duty import Duty
    from automatosx_nb.host.bus.plugins import PluginSubscriber
    from automatosx_nb.host.handover import Handover
    from automatosx_nb.host.services.origin import Origin
    from automatosx_nb.model.events import Event
    from automatosx_nb.sandbox.channel import Sending


@dataclass(eq=False)
class Job:
    """Somebody waits until ``done``."""

    handler: str
    args: Sequence[Any] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    origin: Origin | None = None
    """Of a call that another plugin, or the notebook, makes of a service."""
    handover: Handover | None = None
    events: Sequence[Event] | None = None
    """In place of arguments: the handler is called with each; the value is what became of each."""
    done: Latch = field(default_factory=Latch)
    context: contextvars.Context = field(default_factory=contextvars.copy_context)
    value: object = None
    error: BaseException | None = None
    cancelled: bool = False
    sending: ClassVar[None] = None
    asks: bool = False
    """Whether somebody waits for it who can be asked."""
    errands: Errands = field(default_factory=Errands)

    @property
    def cell(self) -> contextvars.Context | None:
        """Where a person waits for it; None: nobody does."""
        if self.events is not None:
            return None
        return self.context if self.origin is None else self.origin.cell

    @property
    def silent(self) -> bool:
        """Whether what it prints goes into the plugin's log."""
        return self.events is not None or self.origin is not None

    def result(self) -> object:
        if self.error is not None:
            raise self.error
        return self.value


@dataclass(eq=False, slots=True, weakref_slot=True)
class Batch:
    """As a :class:`Job`, of events that nobody waits for: it costs what two attributes do."""

    source: PluginSubscriber
    events: list[Event]
    sending: Sending | None = None
    """How far their publisher's thread sent them; None: it leaves that to the plugin's."""
    origin: ClassVar[None] = None
    handover: ClassVar[None] = None
    cell: ClassVar[None] = None
    errands: ClassVar[None] = None
    context: ClassVar[contextvars.Context] = contextvars.Context()
    cancelled: ClassVar[bool] = False
    silent: ClassVar[bool] = True
    asks: ClassVar[bool] = False

    @property
    def handler(self) -> str:
        return self.source.handler

    @property
    def begun(self) -> bool:
        """Whether they are on their way, at least in part."""
        return self.sending is not None and bool(self.sending.taken)


@dataclass(eq=False, slots=True)
class Due:
    """Nobody waits: the events of one subscription up to a number are to be handed over.

    The number is known when nothing can join them any more.
    """

    source: PluginSubscriber
    upto: int = 0


class JobQueue:
    """Jobs in their order, and the thread that takes them, which ``serve`` is the target of.

    The thread begins with the first job, and ends when :meth:`next` has said None. ``duty``: how long events that
    nobody waits behind have to wait. Whoever puts something in may be interrupted anywhere: what comes next is done.
    """

    def __init__(self, name: str, serve: Callable[[], None], duty: Duty | None) -> None:
        self.running: Job | Batch | Due | None = None
        self._name = name
        self._serve = serve
        self._duty = duty
        self._lock = threading.RLock()
        self._bell = threading.Lock()
        """Its thread waits until this is released; a condition would make a lock each time."""
        self._bell.acquire()
        self._jobs: deque[Job | Due] = deque()
        self._begun: Batch | None = None
        """What was to be sent by its publisher; ``begun`` says whether it was."""
        self._open: dict[PluginSubscriber, Due] = {}
        """Those behind which nobody waits: later events of their subscription join them."""
        self._thread: threading.Thread | None = None
        self._leaving: threading.Thread | None = None
        """The one before, which may still write down what it did."""
        self._closed = self._retired = self._turn = False

    def __len__(self) -> int:
        """How many wait."""
        return len(self._jobs)

    @property
    def closed(self) -> bool:
        return self._closed

    def put(self, job: Job) -> bool:
        """Whether it waits now; a queue that is closed takes no more."""
        with self._lock:
            if self._closed or self._retired:
                return False
            for source in list(self._open):
                self._close_due(source)
            self._jobs.append(job)
            self._begin()
            return True

    def post(self, source: PluginSubscriber) -> None:
        """An event came into a subscription's own queue, whose events are not due yet."""
        with self._lock:
            if self._closed or self._retired:
                return
            if source not in self._open:
                due = Due(source)
                self._jobs.append(due)  # first: one that nothing joins does no harm, and one that is not there does
                self._open[source] = due
            self._begin()
            source.is_due = True  # last: until then every event comes here

    def begin(self, batch: Batch, send: Callable[[Batch], None]) -> bool:
        """Have ``send`` called on this thread if nothing is being done and nothing waits; whether ``batch`` was sent.

        What was sent, also by a thread that was interrupted, is being done now, and the queue's thread goes on with it.
        """
        with self._lock:
            idle = self.running is None and not self._jobs and self._thread is not None
            if not idle or self._closed or self._retired:
                return False
            try:
                self.running = self._begun = batch  # before it is sent: then it is known, wherever this is interrupted
                send(batch)
            finally:
                if batch.begun:
                    self._ring()
                else:
                    self.running = self._begun = None
            return batch.begun

    def next(self, idle_s: float, leave: Callable[[], None]) -> Job | Due | Batch | None:
        """What is to be done now; None: nothing came in ``idle_s`` seconds, or the queue is closed.

        ``leave`` is called before None is said, while no other thread can begin.
        """
        job = self._next(idle_s, leave)
        if self._duty is not None:
            self._duty.leave(self)
        return job

    def _next(self, idle_s: float, leave: Callable[[], None]) -> Job | Due | Batch | None:
        with self._lock:
            self.running = None
            self._wait_for(lambda: bool(self._jobs) or self._has_begun or self._closed or self._retired, idle_s)
            begun, goes_on, self._begun = self._begun, self._has_begun, None
            if goes_on:
                return begun
            self.running = None
            if self._duty is not None and self._jobs and isinstance(self._jobs[0], Due):
                while (wait_s := self._duty.wait_s(self, self._take_turn)) > 0 and not self._hurries():
                    self._turn = False
                    self._wait_for(lambda: self._turn or self._hurries(), wait_s)
            if self._closed or not self._jobs:
                leave()
                self._thread, self._leaving = None, self._thread
                return None
            self.running = job = self._jobs.popleft()
            if isinstance(job, Due) and self._open.get(job.source) is job:
                self._close_due(job.source)
            return job

    def again(self, due: Due) -> None:
        """There is more of it, which comes before all that waits."""
        with self._lock:
            if not self._closed and not self._retired:
                self._jobs.appendleft(due)

    def withdraw(self, job: Job) -> bool:
        """Whether ``job`` is being done now; if it only waits, it waits no longer."""
        with self._lock:
            job.cancelled = True
            if job in self._jobs:
                self._jobs.remove(job)
            return self.running is job

    def retire(self) -> list[Job] | None:
        """Take no more, do what is running and what services wait for, and end: the jobs that nobody will do.

        None: there is nothing to wait for.
        """
        with self._lock:
            jobs = [job for job in self._jobs if isinstance(job, Job)]
            if self.running is None and all(job.origin is None for job in jobs):
                return None
            self._retired = True
            for source in list(self._open):
                self._close_due(source)
            self._jobs = deque(job for job in jobs if job.origin is not None)
            self._ring()
            return [job for job in jobs if job.origin is None]

    def close(self) -> tuple[list[Job], threading.Thread | None]:
        """Take no more; the jobs that nobody will do, and the thread, if there was one, which may have ended."""
        with self._lock:
            self._closed = True
            left = [job for job in self._jobs if isinstance(job, Job)]
            for source in list(self._open):
                self._close_due(source)
            self._jobs.clear()
            self._ring()
            return left, self._thread or self._leaving

    def _close_due(self, source: PluginSubscriber) -> None:
        """Later events of this subscription do not join those that wait.

        The order matters: whoever still saw that they are due has put its event in before this looks for the newest.
        While it is open, :meth:`post` makes it due again, so that is over last.
        """
        due = self._open[source]
        source.is_due = False
        due.upto = source.newest
        del self._open[source]

    def _begin(self) -> None:
        if self._thread is None:
            with interrupts_deferred():  # else there may be a thread that never began, and nobody would begin another
                self._thread = threading.Thread(target=self._serve, name=self._name, daemon=True)
                self._thread.start()
        self._ring()

    def _take_turn(self) -> None:
        """Ask again whether events that nobody waits behind may be handed over."""
        with self._lock:
            self._turn = True
            self._ring()

    @property
    def _has_begun(self) -> bool:
        return self._begun is not None and self._begun.begun

    def _hurries(self) -> bool:
        return self._closed or not self._jobs or any(isinstance(job, Job) for job in self._jobs)

    def _wait_for(self, there: Callable[[], bool], seconds: float) -> None:
        """Let go of the lock, which is held, until somebody rings and it is ``there``, or the time is over."""
        until = monotonic() + seconds
        while not there() and (left_s := until - monotonic()) > 0:
            self._lock.release()
            try:
                self._bell.acquire(timeout=left_s)
            finally:
                self._lock.acquire()

    def _ring(self) -> None:
        """Have the thread look again. The lock is held."""
        if self._bell.locked():
            self._bell.release()
