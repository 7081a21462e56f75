"""Which cell runs here: what is done in it is of one trace, which begins with the first thing that is done."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import Context, ContextVar
from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from automatosx_nb.host.bus import Undo
    from automatosx_nb.host.bus.duty import Duty
    from automatosx_nb.host.bus.tracing import Node
    from automatosx_nb.host.ports import IPythonEvents


class RunningCell:
    """Made for every cell, so it costs what an object costs. Times are those of ``perf_counter``."""

    ended_s: float | None = None
    number: int | None = None
    """What the notebook shows beside it, once it ended; None: nothing."""
    node: Node | None = None
    """Of its trace, once there is one."""

    def __init__(self, info: object = None) -> None:
        self.info = info
        self.began_s = perf_counter()

    def end(self, number: int | None) -> None:
        self.ended_s, self.number = perf_counter(), number
        if self.node is not None:
            self.node.trace.end(self)


cell_here: ContextVar[RunningCell | None] = ContextVar("the cell that runs", default=None)


def running_cell(context: Context | None = None) -> RunningCell | None:
    """The cell that runs this code, or that of ``context``; None where it ended: contexts outlive it."""
    cell = cell_here.get() if context is None else context.get(cell_here)
    return cell if cell is not None and cell.ended_s is None else None


def around_cells(events: IPythonEvents, before: Callable[[Any], None], after: Callable[[Any], None]) -> Undo:
    """Have ``before`` and ``after`` called with each cell, until the undo."""
    events.register("pre_run_cell", before)
    events.register("post_run_cell", after)

    def undo() -> None:
        events.unregister("pre_run_cell", before)
        events.unregister("post_run_cell", after)

    return undo


class RunningCells:
    """Of one shell. In subshells and within each other, cells may end in another order than they began."""

    def __init__(self) -> None:
        self._cells: list[RunningCell] = []
        self._duty: Duty | None = None

    def attach(self, events: IPythonEvents) -> Undo:
        return around_cells(events, self.before, self.after)

    def told_to(self, duty: Duty) -> None:
        """From now on, and of what runs now."""
        self._duty = duty
        duty.cell(running=bool(self._cells))

    def before(self, info: object) -> None:
        cell = RunningCell(info)
        self._cells.append(cell)
        cell_here.set(cell)
        if self._duty is not None:
            self._duty.cell(running=True)

    def after(self, result: Any) -> None:
        """A cell that was cancelled has no result: it was the last one to begin."""
        cell = self._cells.pop() if self._cells else None  # none: this was attached while it ran
        if cell is not None and result is not None and cell.info is not result.info:
            self._cells.append(cell)
            cell = next((each for each in self._cells if each.info is result.info), None)
            if cell is not None:
                self._cells.remove(cell)
        if cell is not None:
            cell.end(None if result is None else result.execution_count)
        if self._duty is not None:
            self._duty.cell(running=bool(self._cells))
