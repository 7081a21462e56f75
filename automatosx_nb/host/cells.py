"""Cell events: what the kernel tells the bus about the cells that it runs.

IPython's callbacks are registered only while somebody subscribes, so a notebook without subscribers pays nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from hashlib import blake2b
from time import perf_counter
from typing import TYPE_CHECKING, Any

from automatosx_nb.host.bus import Bus, Undo
from automatosx_nb.host.bus.making import new_event
from automatosx_nb.host.bus.running import RunningCell, around_cells, running_cell
from automatosx_nb.host.changed_variables import ChangedVariables
from automatosx_nb.model.events import (
    CELL_FAILED,
    CELL_FINISHED,
    CELL_STARTED,
    KERNEL_IDLE,
    VARIABLES_CHANGED,
)

if TYPE_CHECKING:
    from automatosx_nb.host.bus.tracing import Node
    from automatosx_nb.host.ports import IPythonEvents

IDLE_S = 60.0


class CellEvents:
    """Publishes what becomes of cells. A cell run silently (by a front end, not by a person) makes no event.

    The events of one cell are of one trace.
    """

    def __init__(
        self,
        bus: Bus,
        source: str,
        variables: Callable[[], Mapping[str, Any]] = dict,
        *,
        idle_s: float = IDLE_S,
    ) -> None:
        self._bus = bus
        self._source = source
        self._started: list[float] = []
        self._node: Node | None = None
        self._changed = ChangedVariables(variables)
        self._idle_s = idle_s
        self._timer: threading.Timer | None = None

    def attach(self, events: IPythonEvents) -> Undo:
        detach = around_cells(events, self.before, self.after)

        def undo() -> None:
            detach()
            self._started.clear()  # the cell that is running now will not be told of as finished
            self._stop_timer()

        return undo

    def before(self, info: Any) -> None:
        self._started.append(perf_counter())
        self._stop_timer()
        if not info.store_history:
            return
        self._node = self._bus.traces.of_cell(running_cell() or RunningCell())
        if self._bus.wants(CELL_STARTED):
            self._publish(CELL_STARTED, _describe(info.raw_cell))
        if self._bus.wants(VARIABLES_CHANGED):
            self._changed.remember()

    def after(self, result: Any) -> None:
        started = self._started.pop() if self._started else None
        if result.info.store_history and started is not None:
            self._tell(result, perf_counter() - started)
        if self._bus.wants(KERNEL_IDLE) and not self._started:
            self._timer = threading.Timer(self._idle_s, self._idle)
            self._timer.daemon = True
            self._timer.start()

    def _tell(self, result: Any, duration_s: float) -> None:
        error = result.error_before_exec or result.error_in_exec
        name = None if error is None else type(error).__name__
        wanted = self._bus.wants
        if wanted(CELL_FINISHED) or (name is not None and wanted(CELL_FAILED)):
            run = _describe(result.info.raw_cell)
            run |= {"execution_count": result.execution_count, "duration_s": round(duration_s, 6)}
            if wanted(CELL_FINISHED):
                self._publish(CELL_FINISHED, run | {"ok": name is None, "error": name})
            if name is not None and wanted(CELL_FAILED):
                self._publish(CELL_FAILED, run | {"error": name})
        if wanted(VARIABLES_CHANGED):
            changes = self._changed.since()
            if changes is not None:
                self._publish(VARIABLES_CHANGED, changes)

    def _idle(self) -> None:
        self._node = None
        self._publish(KERNEL_IDLE, {"idle_s": self._idle_s})

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _publish(self, topic: str, data: dict[str, Any]) -> None:
        trace = self._bus.traces.published(topic) if self._node is None else self._node.published(topic)
        self._bus.publish(new_event(self._source, topic, data, traceparent=trace))


def _describe(source: str) -> dict[str, Any]:
    digest = blake2b(source.strip().encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return {"cell": digest, "lines": source.count("\n") + 1}
