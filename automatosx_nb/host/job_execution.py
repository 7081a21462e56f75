"""How one job is carried out in the plugin's worker: with what is granted now, traced, counted and accounted for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from automatosx_nb.errors import AutomatosxError, CallInterrupted, PermissionDenied, WorkerLost
from automatosx_nb.host.bus.cause import handled_in, handling
from automatosx_nb.host.job_broker import JobBroker
from automatosx_nb.host.jobs import Due
from automatosx_nb.host.services.origin import Retired

if TYPE_CHECKING:
    from automatosx_nb.host.broker import CapabilityBroker
    from automatosx_nb.host.bus.duty import Duty
    from automatosx_nb.host.bus.tracing import Node, Traces
    from automatosx_nb.host.capabilities.log import LogCapability
    from automatosx_nb.host.errands import Asking
    from automatosx_nb.host.incidents import Incidents
    from automatosx_nb.host.jobs import Batch, Job, JobQueue
    from automatosx_nb.host.plugin_worker import PluginWorker
    from automatosx_nb.model.events import Event
    from automatosx_nb.sandbox.supervisor import Worker


def _nothing() -> None:
    """No trace begins: the job has one."""


class JobExecution:
    """Carries out the jobs of ``queue``, on its thread. ``wall_s``: how long a handler may take."""

    def __init__(
        self,
        plugin: str,
        queue: JobQueue,
        worker: PluginWorker,
        *,
        broker: CapabilityBroker,
        log: LogCapability,
        wall_s: float,
        incidents: Incidents,
        asking: Asking,
        duty: Duty | None,
        traces: Traces,
    ) -> None:
        self.calls = 0
        self.events = 0
        """Handlers that were called."""
        self._plugin = plugin
        self._queue = queue
        self._worker = worker
        self._broker = broker
        self._log = log
        self._wall_s = wall_s
        self._incidents = incidents
        self._asking = asking
        self._duty = duty
        self._traces = traces

    def abandoned(self) -> bool:
        """Whether nobody waits any more for what is running: it was interrupted, or its worker is gone."""
        job, worker = self._queue.running, self._worker.current
        cancelled = job is not None and not isinstance(job, Due) and job.cancelled
        return self._queue.closed or job is None or cancelled or worker is None or worker.ended

    def gone(self, job: Job | Batch) -> Exception:
        """Why ``job`` is not carried out here; a service may be there anew."""
        return Retired() if job.origin is not None else WorkerLost(self._plugin, WorkerLost.REPLACED)

    def note(self, job: Job | Batch, error: BaseException) -> None:
        """Write into the plugin's log what nobody else is told."""
        text = str(error) if isinstance(error, AutomatosxError) else repr(error)
        self._log.note(f"{job.handler}: {text}")

    def send_now(self, batch: Batch) -> None:
        """Send a batch on its publisher's thread, if nothing keeps it. The worker stays while ``queue`` calls this."""
        worker, duty, sending = self._worker.current, self._duty, batch.sending
        if worker is None or duty is None or sending is None:
            return
        if self._broker.grants.settled() and duty.take_calm():
            worker.send_now(batch.handler, batch.events, sending)

    def carry_out(self, job: Job | Batch) -> Any:
        """What the handler returned; of events, what became of each, None where it was handled."""
        if job.events is not None:
            return self._carry_out_events(job, job.events)
        with handling(handled_in(job.context)), self._traces.within(job.context):
            return self._granted(job)

    def _carry_out_events(self, job: Job | Batch, events: Sequence[Event]) -> list[AutomatosxError | None]:
        """What is written down of events begins when the worker has them, and keeps nobody waiting."""
        with ExitStack() as handled:
            parts: list[Mapping[str | None, Node]] = []

            def begin() -> None:
                if not parts:
                    handled.enter_context(handling(events))
                    name = f"{self._plugin} {job.handler}"
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
            if job.sending is None:
                self._worker.fit(self._broker.grants.begin_call(event=job.silent))
            return self._call_worker(self._ready(job, begin), job, begin)
        except PermissionDenied as denied:
            raise self._broker.grants.explained(denied) from denied
        finally:
            self._broker.grants.end_call()

    def _ready(self, job: Job | Batch, begin: Callable[[], None]) -> Worker:
        worker = self._worker.current
        if worker is None or job.sending is None:  # else it was sent to this one, which has to be listened to
            worker = self._worker.ready(begin)
            if self._queue.closed:
                raise self.gone(job)
            if job.cancelled:
                raise CallInterrupted(self._plugin)
        self._log.begin_call(worker.limits.log_kb)
        return worker

    def _call_worker(self, worker: Worker, job: Job | Batch, begin: Callable[[], None]) -> Any:
        broker = JobBroker(self._broker, self._log, job, self._duty, self.abandoned)
        try:
            if job.events is not None:
                return self._deliver(worker, job, job.events, broker, begin)
            self._count(job)
            return worker.call(job.handler, job.args, job.kwargs, broker=broker, wall_s=self._wall_s)
        except AutomatosxError as error:
            if not worker.alive:
                self._worker.ended(error if job.handover is None else job.handover.explained(error))
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

        faults = worker.deliver(job.handler, events, broker=broker, wall_s=self._wall_s, sent=sent, sending=job.sending)
        faults = {index: self._explained(fault) for index, fault in faults.items()}
        for fault in faults.values():
            self.note(job, fault)
        if not worker.alive:  # out of memory, after which nothing of it is to be trusted
            self._worker.ended(list(faults.values())[-1])
        return faults

    def _count(self, job: Job | Batch) -> None:
        """The handler is called now."""
        self.calls += job.events is None
        self.events += len(job.events or ())
        self._incidents.calls.handled(event=job.events is not None, times=len(job.events or "1"))
        self._asking.begin_call(job.errands if job.asks else None, self._worker.libraries)

    def _explained(self, fault: AutomatosxError) -> AutomatosxError:
        return self._broker.grants.explained(fault) if isinstance(fault, PermissionDenied) else fault
