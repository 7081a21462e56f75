"""Traces: what is joined, what is counted together, and that it is bounded."""

from __future__ import annotations

import contextvars
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from automatosx_nb.host.bus.running import RunningCell, RunningCells, running_cell
from automatosx_nb.host.bus.tracing import KEPT, MOST_NODES, Traces, working_on
from automatosx_nb.model.events import Event


def event(traceparent: str | None, topic: str = "user.a", name: str = "1") -> Event:
    return Event(name, "test", topic, "2026-01-01T00:00:00Z", None, traceparent=traceparent)


@pytest.fixture
def traces() -> Traces:
    return Traces()


def cell(cells: RunningCells) -> Any:
    info = SimpleNamespace()
    cells.before(info)
    return SimpleNamespace(info=info, execution_count=7)


def test_what_one_thing_publishes_on_one_topic_is_one_part_counted(traces: Traces) -> None:
    with traces.opened("call", "a"):
        first, again, other = (traces.published(topic) for topic in ("user.a", "user.a", "user.b"))
    assert first == again != other
    (trace,) = traces.kept()
    assert [(part.name, part.times) for part in trace.root.parts] == [("user.a", 2), ("user.b", 1)]
    assert first == trace.root.parts[0].traceparent
    assert {each.split("-")[1] for each in (first, other)} == {trace.id}


def test_events_of_several_traces_that_are_handled_together_go_on_in_their_own(traces: Traces) -> None:
    one, other = traces.published("user.a"), traces.published("user.a")
    events = [event(one, name="1"), event(other, name="2"), event(other, name="3"), event(None, name="4")]
    with traces.handled("acme.demo demo:on", events):
        assert working_on() is None
        told = [traces.published("plugin.acme.demo.told", each) for each in events]
    assert [each.split("-")[1] for each in told[:3]] == [each.split("-")[1] for each in (one, other, other)]
    handlers = [trace.root.parts[0] for trace in traces.kept()[:2]]
    assert [(each.name, each.times) for each in handlers] == [("acme.demo demo:on", 1), ("acme.demo demo:on", 2)]
    assert handlers[1].took_s == pytest.approx(2 * handlers[0].took_s)


def test_an_event_from_another_kernel_begins_a_tree_under_its_own_trace(traces: Traces) -> None:
    elsewhere = Traces().published("user.a")
    with traces.handled("acme.demo demo:on", [event(elsewhere)]):
        node = working_on()
    assert node is not None
    assert f"00-{node.trace.id}-{node.trace.root.id}-01" == elsewhere
    with traces.handled("acme.demo demo:on", [event("not one")]):
        assert working_on() is None


def test_what_raises_has_failed_and_is_no_longer_worked_on(traces: Traces) -> None:
    with pytest.raises(ValueError, match="x"), traces.opened("call", "a"), traces.opened("service", "b"):
        raise ValueError("x")
    (trace,) = traces.kept()
    assert (trace.root.failed, trace.root.parts[0].failed) == (1, 1)
    assert working_on() is None


def test_what_is_kept_is_bounded_and_what_is_left_out_is_counted(traces: Traces) -> None:
    with traces.opened("call", "a"):
        told = {traces.published(f"user.n{number}") for number in range(3 * MOST_NODES)}
    assert len(told) == 3 * MOST_NODES
    assert len({each.split("-")[1] for each in told}) == 1
    (trace,) = traces.kept()
    assert len(trace.nodes) == MOST_NODES
    assert trace.left_out == 2 * MOST_NODES + 1
    for _ in range(2 * KEPT):
        traces.published("user.a")
    assert len(traces.kept()) == KEPT + 1, "what begins with events drives out no call"
    for _ in range(2 * KEPT):
        with traces.opened("call", "a"):
            pass
    assert len(traces.kept()) == 2 * KEPT


def test_a_cell_has_a_trace_only_when_something_is_done_in_it(traces: Traces) -> None:
    cells = RunningCells()
    cells.after(cell(cells))
    assert traces.kept() == ()
    ran = cell(cells)
    with traces.opened("call", "a"):
        pass
    (trace,) = traces.kept()
    assert (trace.root.kind, trace.root.times, trace.cell) == ("cell", 0, None)
    cells.after(ran)
    assert (trace.root.name, trace.root.times, trace.cell) == ("cell [7]", 1, 7)
    assert trace.root.took_s >= trace.root.parts[0].took_s
    with traces.within(contextvars.copy_context()):
        assert working_on() is None, "the context still knows the cell that ended"
    with traces.opened("call", "between cells"):
        pass
    assert [each.root.name for each in traces.kept()] == ["cell [7]", "between cells"]


def test_a_cells_trace_is_of_when_the_cell_began(traces: Traces) -> None:
    running = RunningCell()
    running.began_s -= 3600
    told = datetime.fromisoformat(traces.of_cell(running).trace.time)
    assert (datetime.now(UTC) - told).total_seconds() + 0.001 >= 3600
    assert traces.of_cell(running) is traces.of_cell(running)


def test_cells_that_end_in_another_order_keep_their_own_times(traces: Traces) -> None:
    cells = RunningCells()
    outer, inner = contextvars.copy_context(), contextvars.copy_context()
    first, second = outer.run(cell, cells), inner.run(cell, cells)
    cells.after(first)
    assert outer.run(running_cell) is None
    assert inner.run(running_cell) is not None
    cells.after(second)
    assert inner.run(running_cell) is None
    cells.after(second)
    cells.after(None)
