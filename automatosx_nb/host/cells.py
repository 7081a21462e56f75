"""Cell events: what the kernel tells the bus about the cells that it runs.

IPython's callbacks are registered only while somebody subscribes, so a notebook without subscribers pays nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import blake2b
from time import perf_counter
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from automatosx_nb.host.bus import Bus, Undo
from automatosx_nb.model.events import CELL_FINISHED, CELL_STARTED, Event

if TYPE_CHECKING:
    from automatosx_nb.host.ports import IPythonEvents


class CellEvents:
    """Publishes ``kernel.cell.*``. A cell run silently (by a front end, not by a person) makes no event."""

    def __init__(self, bus: Bus, source: str) -> None:
        self._bus = bus
        self._source = source
        self._started: list[float] = []

    def attach(self, events: IPythonEvents) -> Undo:
        events.register("pre_run_cell", self.before)
        events.register("post_run_cell", self.after)

        def undo() -> None:
            events.unregister("pre_run_cell", self.before)
            events.unregister("post_run_cell", self.after)
            self._started.clear()  # the cell that is running now will not be told of as finished

        return undo

    def before(self, info: Any) -> None:
        self._started.append(perf_counter())
        if info.store_history and self._bus.wants(CELL_STARTED):
            self._publish(CELL_STARTED, _describe(info.raw_cell))

    def after(self, result: Any) -> None:
        started = self._started.pop() if self._started else None
        info = result.info
        if not info.store_history or started is None or not self._bus.wants(CELL_FINISHED):
            return
        error = result.error_before_exec or result.error_in_exec
        outcome = {
            "duration_s": round(perf_counter() - started, 6),
            "execution_count": result.execution_count,
            "ok": error is None,
            "error": type(error).__name__ if error is not None else None,
        }
        self._publish(CELL_FINISHED, _describe(info.raw_cell) | outcome)

    def _publish(self, topic: str, data: dict[str, Any]) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._bus.publish(Event(uuid4().hex, self._source, topic, now, data))


def _describe(source: str) -> dict[str, Any]:
    digest = blake2b(source.strip().encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return {"cell": digest, "lines": source.count("\n") + 1}
