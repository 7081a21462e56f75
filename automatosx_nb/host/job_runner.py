"""One plugin in this kernel: its worker, and the thread that feeds it.

Calls and events go through one queue, so a plugin sees them in the order in which they happened: what a magic shows
includes the cell before it. So do the calls of other plugins. The worker starts with the first job and ends when there
was none for a while.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from typing import TYPE_CHECKING, Any

from automatosx_nb.errors import AutomatosxError, CallInterrupted, PermissionDenied, WorkerLost
from automatosx_nb.host.bus.cause import handled_in, handling
from automatosx_nb.host.bus.tracing import Traces
from automatosx_nb.host.errands import Asking
from automatosx_nb.host.handover import Handover
from automatosx_nb.host.job_broker import JobBroker
from automatosx_nb.host.jobs import Batch, Due, Job, JobQueue
from automatosx_nb.host.restarts import Restarts
from automatosx_nb.host.services.origin import GaveUp, Origin, Retired

if TYPE_CHECKING:
    from automatosx_nb.host.broker import CapabilityBroker
    from automatosx_nb.host.bus.duty import Duty
    from automatosx_nb.host.bus.plugins import PluginSubscriber
    from automatosx_nb.host.bus.tracing import Node
    from automatosx_nb.host.capabilities.log import LogCapability
    from automatosx_nb.host.incidents import Incidents
    from automatosx_nb.model.events import Event
    from automatosx_nb.model.generation import InstalledPlugin
    from automatosx_nb.sandbox.limits import Limits
    from automatosx_nb.sandbox.supervisor import Worker

INTERRUPT_GRACE_S = 5.0
_LISTEN_S = 0.1
"""How long an interrupt may wait: where a library handles SIGINT, too (polars does), an endless wait sleeps on."""


def _nothing() -> None:
    """No trace begins: the job has one."""


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
        self.calls = 0
        self.events = 0
        """Handlers that were called, since this runner is there."""
        self._start = start
        self._broker = broker
        self._limits = limits
        self._incidents = incidents
        self._asking = asking or Asking(None)
        self._duty = duty
        self._traces = traces or Traces()
        self._queue = JobQueue(f"automatosx {entry.id}", self._serve, duty)
        self._worker: Worker | None = None
        self._libraries: frozenset[str] = frozenset()
        self._retired = False
        self._restarts = Restarts(entry.id)

    @property
    def worker(self) -> Worker | None:
        """The live worker, if there is one now."""
        return self._worker

    @property
    def limits(self) -> Limits:
        """Of the worker, or, where none runs, what configuration says."""
        return self._limits if self._worker is None else self._worker.limits

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
        return self._restarts.left_s

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
        self._put(job)
        try:
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
        job, worker = self._queue.running, self._worker
        cancelled = job is not None and not isinstance(job, Due) and job.cancelled
        return self._queue.closed or job is None or cancelled or worker is None or worker.ended

    def post(self, source: PluginSubscriber) -> None:
        """An event waits in a subscription's queue: hand it over after what waits here already."""
        self._queue.post(source)

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
        lifted = self._restarts.lift()
        if lifted:
            self._incidents.resumed()
        return lifted

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
            self._fail(job, self._gone(job))

    def stop(self) -> None:
        """Drop what is queued, end the call in flight and the worker; wait a little for it. Later calls are refused.

        What the host itself is busy with for the plugin may take longer, and is left behind.
        """
        dropped, thread = self._queue.close()
        for job in dropped:
            self._fail(job, self._gone(job))
        running = self._queue.running
        if isinstance(running, Job):
            running.errands.end()
        if self._worker is not None and running is not None:
            self._worker.stop()
        if thread is not None and thread is not threading.current_thread():
            thread.join(INTERRUPT_GRACE_S)  # what it is busy with may be out of anyone's reach; it takes no more jobs
        self._incidents.calls.flush()
        self._broker.close()

    def _put(self, job: Job) -> None:
        if not self._queue.put(job):
            raise self._gone(job)

    def _gone(self, job: Job | Batch) -> Exception:
        """Why ``job`` is not carried out here; a service may be there anew."""
        return Retired() if job.origin is not None else WorkerLost(self.entry.id, WorkerLost.REPLACED)

    def _cancel(self, job: Job) -> None:
        job.errands.end()
        if self._queue.withdraw(job) and not self._ends(job, lambda worker: worker.interrupt()):
            self._ends(job, lambda worker: worker.stop())

    def _ends(self, job: Job, end: Callable[[Worker], None]) -> bool:
        """Whether the running ``job`` is done soon after its worker, if it has started, was asked to end it."""
        worker = self._worker
        if worker is not None:
            end(worker)
        return job.done.wait(INTERRUPT_GRACE_S)

    def _serve(self) -> None:
        idle: list[Worker] = []
        while (job := self._queue.next(self.limits.idle_s, lambda: self._set_aside(idle))) is not None:
            if isinstance(job, Due):
                with self._delivering():
                    self._hand_over(job)
                continue
            try:
                with self._delivering() if job.events is not None else nullcontext():
                    job.value = self._carry_out(job)
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
        if self._worker is not None:
            idle.append(self._worker)
        self._worker = None

    def _hand_over(self, due: Due) -> None:
        """The next events that are due of one subscription; nothing that goes wrong with them leaves here."""
        source, began_s = due.source, time.perf_counter()
        events = source.take(due.upto)
        if not events:
            return
        self._queue.running = job = Batch(source.handler, events)
        try:
            outcomes = self._carry_out(job)
        except BaseException as error:  # noqa: BLE001 - nobody waits for it; this thread goes on
            self._note(job, error)
            source.failed(error, len(events))
        else:
            source.handled(outcomes, time.perf_counter() - began_s)
        if source.waits(due.upto):
            self._queue.again(due)

    def _delivering(self) -> AbstractContextManager[None]:
        return nullcontext() if self._duty is None else self._duty.delivering()

    def _carry_out(self, job: Job | Batch) -> Any:
        if job.events is not None:
            return self._carry_out_events(job, job.events)
        with handling(handled_in(job.context)), self._traces.within(job.context):
            return self._granted(job)

    def _carry_out_events(self, job: Job | Batch, events: Sequence[Event]) -> list[AutomatosxError | None]:
        """What became of each. What is written down of it begins when the worker has them, and keeps nobody waiting."""
        with ExitStack() as handled:
            parts: list[Mapping[str | None, Node]] = []

            def begin() -> None:
                if not parts:
                    handled.enter_context(handling(events))
                    name = f"{self.entry.id} {job.handler}"
                    parts.append(handled.enter_context(self._traces.handled(name, events)))

            try:
                faults: dict[int, AutomatosxError] = self._granted(job, begin)
            finally:
                begin()
            for index in faults:
                node = parts[0].get(events[index].traceparent)
                if node is not None:
                    node.count(times=0, failed=1)
            return [faults.get(index) for index in range(len(events))]

    def _granted(self, job: Job | Batch, begin: Callable[[], None] = _nothing) -> Any:
        """``begin`` is called when something can come of the job: a worker that starts, or what it asks for."""
        try:
            self._fit(self._broker.grants.begin_call(event=job.silent))
            return self._call_worker(self._ready(job, begin), job, begin)
        except PermissionDenied as denied:
            raise self._broker.grants.explained(denied) from denied
        finally:
            self._broker.grants.end_call()

    def _fit(self, libraries: frozenset[str]) -> None:
        """A worker that was started with other libraries than those that are granted now is replaced."""
        if self._worker is not None and libraries != self._libraries:
            self._worker.stop()
            self._worker = None
        self._libraries = libraries

    def _ready(self, job: Job | Batch, begin: Callable[[], None]) -> Worker:
        if self._worker is None or not self._worker.alive:
            begin()
            self._worker = self._started()
        if self._queue.closed:
            raise self._gone(job)
        if job.cancelled:
            raise CallInterrupted(self.entry.id)
        self.log.begin_call(self._worker.limits.log_kb)
        return self._worker

    def _call_worker(self, worker: Worker, job: Job | Batch, begin: Callable[[], None]) -> Any:
        broker = JobBroker(self._broker, self.log, job, self._duty, self.abandoned)
        try:
            if job.events is not None:
                return self._deliver(worker, job, job.events, broker, begin)
            self._count(job)
            return worker.call(job.handler, job.args, job.kwargs, broker=broker, wall_s=self._limits.wall_s)
        except AutomatosxError as error:
            if not worker.alive:
                self._ended(error if job.handover is None else job.handover.explained(error))
            raise

    def _deliver(
        self,
        worker: Worker,
        job: Job | Batch,
        events: Sequence[Event],
        broker: JobBroker,
        begin: Callable[[], None],
    ) -> dict[int, AutomatosxError]:
        def sent() -> None:
            self._count(job)
            begin()

        faults = worker.deliver(job.handler, events, broker=broker, wall_s=self._limits.wall_s, sent=sent)
        faults = {index: self._explained(fault) for index, fault in faults.items()}
        for fault in faults.values():
            self._note(job, fault)
        if not worker.alive:  # out of memory, after which nothing of it is to be trusted
            self._ended(list(faults.values())[-1])
        return faults

    def _count(self, job: Job | Batch) -> None:
        """The handler is called now."""
        self.calls += job.events is None
        self.events += len(job.events or ())
        self._incidents.calls.handled(event=job.events is not None, times=len(job.events or "1"))
        self._asking.begin_call(job.errands if job.asks else None, self._libraries)

    def _started(self) -> Worker:
        self._restarts.check()
        try:
            worker = self._start(self.entry)
        except AutomatosxError as error:
            self._ended(error)
            raise
        self._incidents.started(worker.layers)
        return worker

    def _ended(self, error: AutomatosxError) -> None:
        self._incidents.ended(error)
        paused = self._restarts.ended(error)
        if paused is not None:
            self._incidents.suspended(paused)

    def _fail(self, job: Job, error: BaseException) -> None:
        job.error = error
        if job.events is not None:
            self._note(job, error)
        job.done.set()

    def _explained(self, fault: AutomatosxError) -> AutomatosxError:
        return self._broker.grants.explained(fault) if isinstance(fault, PermissionDenied) else fault

    def _note(self, job: Job | Batch, error: BaseException) -> None:
        text = str(error) if isinstance(error, AutomatosxError) else repr(error)
        self.log.note(f"{job.handler}: {text}")
