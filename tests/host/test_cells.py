"""Cell events in a real IPython shell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from automatosx_nb.host.bus import Bus
from automatosx_nb.host.cells import CellEvents
from automatosx_nb.model.events import CELL_FINISHED, CELL_STARTED, Event


def _fail(pattern: str, error: Exception) -> None:
    raise AssertionError(pattern) from error


@pytest.fixture
def seen(shell: Any) -> Iterator[list[Event]]:
    bus = Bus(_fail)
    seen: list[Event] = []
    bus.subscribe("kernel.cell.*", seen.append)
    undo = CellEvents(bus, "kernel").attach(shell.events)
    yield seen
    undo()


def test_a_cell_makes_a_started_and_a_finished_event_without_its_source(shell: Any, seen: list[Event]) -> None:
    shell.run_cell("secret = 'hunter2'\nsecret", store_history=True, silent=False)
    assert [event.type for event in seen] == [CELL_STARTED, CELL_FINISHED]
    finished = seen[1].data
    assert finished["ok"] is True
    assert finished["error"] is None
    assert finished["lines"] == 2
    assert finished["execution_count"] == 1
    assert finished["duration_s"] >= 0
    assert finished["cell"] == seen[0].data["cell"]
    assert "hunter2" not in repr(seen)


def test_a_cell_that_fails_says_the_type_of_its_error_only(
    shell: Any, seen: list[Event], capsys: pytest.CaptureFixture[str]
) -> None:
    shell.run_cell("1 / 0", store_history=True)
    shell.run_cell("x = = 1", store_history=True)
    outcomes = [(event.data["ok"], event.data["error"]) for event in seen if event.type == CELL_FINISHED]
    assert outcomes == [(False, "ZeroDivisionError"), (False, "SyntaxError")]
    capsys.readouterr()


def test_the_same_source_has_the_same_identity_and_other_source_another(shell: Any, seen: list[Event]) -> None:
    for source in ("x = 1", "x = 1\n", "x = 2"):
        shell.run_cell(source, store_history=True)
    first, again, other = (event.data["cell"] for event in seen if event.type == CELL_FINISHED)
    assert first == again != other


def test_a_silent_run_makes_no_event(shell: Any, seen: list[Event]) -> None:
    shell.run_cell("x = 1", silent=True)
    assert seen == []


def test_a_cell_that_ends_the_listening_leaves_nothing_to_the_cell_that_starts_it_again(shell: Any) -> None:
    bus = Bus(_fail)
    seen: list[Event] = []
    bus.subscribe("kernel.cell.finished", seen.append)
    cells = CellEvents(bus, "kernel")
    shell.user_ns["stop"] = cells.attach(shell.events)
    shell.run_cell("stop()", store_history=True)
    shell.user_ns["start"] = lambda: cells.attach(shell.events)
    shell.run_cell("stop = start(); None", store_history=True)
    assert seen == []
    shell.run_cell("x = 1", store_history=True)
    assert [event.data["execution_count"] for event in seen] == [3]
    shell.user_ns["stop"]()
