"""One plugin in this kernel: its worker, and the thread that feeds it.

Calls and events go through one queue, so a plugin sees them in the order in which they happened: what a magic shows
includes the cell before it. So do the calls of other plugins. The worker starts with the first job and ends when there
was none for a while.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from automatosx_nb.errors import AutomatosxError, CallInterrupted
from automatosx_nb.host.bus.tracing import Traces
from automatosx_nb.host.errands import Asking
from automatosx_nb.host.handover import Handover
from automatosx_nb.host.job_execution import JobExecution
from automatosx_nb.host.jobs import Batch, Due, Job, JobQueue
from automatosx_nb.host.plugin_worker import PluginWorker
from automatosx_nb.host.services.origin import GaveUp, Origin
from automatosx_nb.sandbox.channel import Sending

if TYPE_CHECKING:
    from automatosx_nb.host.broker import CapabilityBroker
    from automatosx_nb.host.bus.duty import Duty
    from automatosx_nb.host.bus.plugins import PluginSubscriber
    from automatosx_nb.host.capabilities.log import LogCapability
    from automatosx_nb.host.incidents import Incidents
    from automatosx_nb.model.events import Event
    from automatosx_nb.model.generation import InstalledPlugin
    from automatosx_nb.sandbox.limits import Limits
    from automatosx_nb.sandbox.supervisor import Worker

INTERRUPT_GRACE_S = 5.0
_LISTEN_S = 0.1
"""How long an interrupt may wait: where a library handles SIGINT, too (polars does), an endless wait sleeps on."""


class JobRunner:
    """Calls one installed plugin's handlers, one after the other, in its worker."""

    def __init__(
        self,
        entry: InstalledPlugin,
        *,
        start: Callable[[InstalledPlugin], Worker],
        broker: CapabilityBroker,
        log: LogCapability,
        limits: Limits,
        incidents: Incidents,
        asking: Asking | None = None,
        duty: Duty | None = None,
        traces: Traces | None = None,
    ) -> None:
        self.entry = entry
        self.log = log
        self._broker = broker
        self._limits = limits
        self._incidents = incidents
        self._duty = duty
        self._traces = traces or Traces()
        self._queue = JobQueue(f"automatosx {entry.id}", self._serve, duty)
        self._worker = PluginWorker(entry, start, incidents)
        self._execution = JobExecution(
            entry.id,
            self._queue,
            self._worker,
            broker=broker,
            log=log,
            wall_s=limits.wall_s,
            incidents=incidents,
            asking=asking or Asking(None),
            duty=duty,
            traces=self._traces,
        )
        self._retired = False

    @property
    def worker(self) -> Worker | None:
        """The live worker, if there is one now."""
        return self._worker.current

    @property
    def limits(self) -> Limits:
        """Of the worker, or, where none runs, what configuration says."""
        worker = self._worker.current
        return self._limits if worker is None else worker.limits

    @property
    def calls(self) -> int:
        """How often a handler was called since this runner is there, not counting events."""
        return self._execution.calls

    @property
    def events(self) -> int:
        """How many events handlers were called with."""
        return self._execution.events

    @property
    def handled(self) -> int:
        """How often a handler was called."""
        return self.calls + self.events

    @property
    def busy(self) -> bool:
        return self._queue.running is not None

    @property
    def queued(self) -> int:
        """Calls and batches of events that wait."""
        return len(self._queue)

    @property
    def suspended_s(self) -> float:
        """So long no worker starts, because too many ended; 0.0 where one may."""
        return self._worker.suspended_s

    def call(
        self,
        handler: str,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        handover: Handover | None = None,
        stop: threading.Event | None = None,
    ) -> object:
        """Call a handler and wait for it. Interrupting the wait, or ``stop``, ends the call: the kernel is free again.

        ``handover``: what the worker may ask for meanwhile, beside its capabilities.

        :raises PluginFailed:
        :raises LimitExceeded:
        :raises CallInterrupted:
        :raises WorkerLost:
        """
        asks = handover is not None and stop is None  # a form is filled where no cell waits for an answer
        job = Job(handler, args, kwargs or {}, handover=handover, asks=asks)
        try:
            self._put(job)
            while not job.done.wait(_LISTEN_S):
                job.errands.attend()
                if stop is not None and stop.is_set():
                    raise KeyboardInterrupt
        except KeyboardInterrupt:
            self._cancel(job)
            raise CallInterrupted(self.entry.id) from None
        if handover is not None and job.error is not None:
            job.error = handover.explained(job.error)
        return job.result()

    def serve(
        self, handler: str, arguments: Mapping[str, object], origin: Origin, gave_up: Callable[[], bool]
    ) -> object:
        """As :class:`automatosx_nb.host.services.origin.Provider`; else it raises as :meth:`call` does."""
        job = Job(handler, (), arguments, origin=origin)
        try:
            self._put(job)
            while not job.done.wait(max(0.0, min(_LISTEN_S, origin.deadline - time.monotonic()))):
                if gave_up():
                    self._cancel(job)
                    raise GaveUp
                if time.monotonic() >= origin.deadline:
                    self._cancel(job)
                    raise TimeoutError
        except KeyboardInterrupt:
            self._cancel(job)
            raise GaveUp from None
        return job.result()

    @property
    def running(self) -> Job | Batch | None:
        """What it is at, if anything."""
        running = self._queue.running
        return None if isinstance(running, Due) else running

    def abandoned(self) -> bool:
        """Whether nobody waits any more for what is running: it was interrupted, or its worker is gone."""
        return self._execution.abandoned()

    def post(self, source: PluginSubscriber) -> None:
        """An event waits in a subscription's queue: hand it over after what waits here already."""
        self._queue.post(source)

    def send_now(self, source: PluginSubscriber, event: Event) -> bool:
        """Whether an event is on its way, sent by this thread because all is calm and the worker idle; it never waits.

        What becomes of it is the plugin's thread's to see to, as of those that are posted.
        """
        if self._duty is None or self._worker.current is None or not self._duty.calm:
            return False
        return self._queue.begin(Batch(source, [event], Sending()), self._execution.send_now)

    def deliver(self, handler: str, events: Sequence[Event]) -> list[AutomatosxError | None]:
        """Hand events over, after what waits already, and wait; what became of each, None where it was handled.

        Raises as :meth:`call` does where it is no single event that failed: whether any was handled is not known.
        """
        job = Job(handler, events=events)
        self._put(job)
        job.done.wait()
        outcomes = job.result()
        assert isinstance(outcomes, list), "the value of a job with events"
        return outcomes

    def resume(self) -> bool:
        """Lift a suspension, if there is one; the result is whether there was."""
        return self._worker.resume()

    def retire(self) -> None:
        """As :meth:`stop`, but the call in flight, and what other plugins wait for, is answered first.

        Later calls are refused at once.
        """
        dropped = self._queue.retire()
        if dropped is None:
            self.stop()
            return
        self._retired = True
        for job in dropped:
            self._fail(job, self._execution.gone(job))

    def stop(self) -> None:
        """Drop what is queued, end the call in flight and the worker; wait a little for it. Later calls are refused.

        What the host itself is busy with for the plugin may take longer, and is left behind.
        """
        dropped, thread = self._queue.close()
        for job in dropped:
            self._fail(job, self._execution.gone(job))
        running = self._queue.running
        if isinstance(running, Job):
            running.errands.end()
        worker = self._worker.current
        if worker is not None and running is not None:
            worker.stop()
        if thread is not None and thread is not threading.current_thread():
            thread.join(INTERRUPT_GRACE_S)  # what it is busy with may be out of anyone's reach; it takes no more jobs
        self._incidents.calls.flush()
        self._broker.close()

    def _put(self, job: Job) -> None:
        if not self._queue.put(job):
            raise self._execution.gone(job)

    def _cancel(self, job: Job) -> None:
        job.errands.end()
        if self._queue.withdraw(job) and not self._ends(job, lambda worker: worker.interrupt()):
            self._ends(job, lambda worker: worker.stop())

    def _ends(self, job: Job, end: Callable[[Worker], None]) -> bool:
        """Whether the running ``job`` is done soon after its worker, if it has started, was asked to end it."""
        worker = self._worker.current
        if worker is not None:
            end(worker)
        return job.done.wait(INTERRUPT_GRACE_S)

    def _serve(self) -> None:
        idle: list[Worker] = []
        while (job := self._queue.next(self.limits.idle_s, lambda: self._set_aside(idle))) is not None:
            if isinstance(job, Due | Batch):
                with self._delivering():
                    self._hand_over(job) if isinstance(job, Due) else self._go_on(job)
                continue
            try:
                with self._delivering() if job.events is not None else nullcontext():
                    job.value = self._execution.carry_out(job)
                job.done.set()
            except BaseException as error:  # noqa: BLE001 - the caller gets it; this thread goes on
                self._fail(job, error)
        for worker in idle:
            worker.stop()
            self._incidents.calls.flush()
        if self._retired:
            self._broker.close()

    def _set_aside(self, idle: list[Worker]) -> None:
        """This thread ends: the next one starts a worker of its own."""
        worker = self._worker.set_aside()
        if worker is not None:
            idle.append(worker)

    def _hand_over(self, due: Due) -> None:
        """The next events that are due of one subscription; nothing that goes wrong with them leaves here."""
        source = due.source
        events = source.take(due.upto)
        if not events:
            return
        self._queue.running = job = Batch(source, events)
        self._go_on(job)
        if source.waits(due.upto):
            self._queue.again(due)

    def _go_on(self, job: Batch) -> None:
        source, began_s = job.source, time.perf_counter()
        try:
            outcomes = self._execution.carry_out(job)
        except BaseException as error:  # noqa: BLE001 - nobody waits for it; this thread goes on
            self._execution.note(job, error)
            source.failed(error, len(job.events))
        else:
            source.handled(outcomes, time.perf_counter() - began_s)

    def _delivering(self) -> AbstractContextManager[None]:
        return nullcontext() if self._duty is None else self._duty.delivering()

    def _fail(self, job: Job, error: BaseException) -> None:
        job.error = error
        if job.events is not None:
            self._execution.note(job, error)
        job.done.set()
