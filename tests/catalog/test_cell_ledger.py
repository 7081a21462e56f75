"""The ledger: what it keeps of each finished cell, and what it shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automatosx_nb.host.display import render
from automatosx_nb.sdk import events
from automatosx_nb.testing import PluginHost, plugin_host

Importer = Callable[[str], Any]


@pytest.fixture
def host() -> Iterator[PluginHost]:
    with plugin_host(["storage"], plugin="automatosx.cell-ledger") as host:
        yield host


def finished(
    cell: str, duration_s: float, *, at: int = 0, session: str = "kernel/1", error: str | None = None
) -> events.Event:
    time = f"2026-03-01T{at // 60:02}:{at % 60:02}:00.000Z"
    data = {"cell": cell, "lines": 3, "duration_s": duration_s, "ok": error is None, "error": error}
    return events.Event("1", session, "kernel.cell.finished", time, data)


def note(ledger: Importer, *happened: events.Event) -> None:
    for event in happened:
        ledger("watch").on_cell(event)


def shown(ledger: Importer, **options: Any) -> str:
    tree = ledger("magic").ledger(**options).tree()
    return render(tree, plugin="automatosx.cell-ledger", version="1.0.0").text


def test_an_empty_ledger_says_so(ledger: Importer, host: PluginHost) -> None:
    assert shown(ledger).startswith("The ledger is empty")
    assert host.storage == {}


def test_runs_of_a_cell_add_up(ledger: Importer, host: PluginHost) -> None:
    note(
        ledger,
        finished("aaaa", 1.0, at=1),
        finished("aaaa", 3.0, at=2, error="ValueError"),
        finished("aaaa", 2.0, at=3),
    )
    (cell,) = ledger("book").cells()
    assert (cell["runs"], cell["failures"], cell["total_s"], cell["slowest_s"]) == (3, 1, 6.0, 3.0)
    assert cell["recent"] == [[1.0, True], [3.0, False], [2.0, True]]
    assert cell["error"] is None
    assert cell["last"] == "2026-03-01T00:03:00.000Z"


def test_each_kernel_session_is_counted_once(ledger: Importer, host: PluginHost) -> None:
    note(ledger, *(finished("aaaa", 1.0, session=session) for session in ("k/1", "k/2", "k/1")))
    assert ledger("book").totals()["sessions"] == 2
    assert [session["runs"] for session in ledger("book").sessions()] == [2, 1]


def test_it_shows_the_slowest_cells_first_and_then_those_that_ran_last(ledger: Importer, host: PluginHost) -> None:
    note(ledger, finished("slow" * 8, 9.0, at=1), finished("fast" * 8, 0.01, at=2))
    slowest, last = shown(ledger).partition("Ran last")[::2]
    assert slowest.index("slowslow") < slowest.index("fastfast")
    assert last.index("fastfast") < last.index("slowslow")
    assert "Runs: 2" in slowest
    assert "since 2026-03-01 00:01 UTC" in slowest


def test_a_cell_is_named_by_the_number_of_its_last_run(ledger: Importer, host: PluginHost) -> None:
    event = finished("aaaabbbbcccc", 1.0)
    note(ledger, replace(event, data=event.data | {"execution_count": 6}))
    note(ledger, replace(event, data=event.data | {"execution_count": 7}))
    assert "[7] aaaabbbb" in shown(ledger)


def test_last_bounds_the_cells_that_ran_last(ledger: Importer, host: PluginHost) -> None:
    note(ledger, *(finished(f"{i:08}", 1.0, at=i) for i in range(20)))
    last = shown(ledger, last=3).partition("Ran last")[2]
    assert [f"{i:08}" in last for i in (19, 18, 17, 16)] == [True, True, True, False]


def test_clear_forgets_everything(ledger: Importer, host: PluginHost) -> None:
    note(ledger, finished("aaaa", 1.0), finished("bbbb", 1.0))
    assert shown(ledger, clear=True).startswith("Forgot 2 cells.")
    assert host.storage == {}


def test_the_cells_that_ran_last_are_kept_and_totals_count_all(ledger: Importer, host: PluginHost) -> None:
    count = 600
    note(ledger, *(finished(f"{i:08}", 1.0, at=i, session=f"k/{i:04}") for i in range(count)))
    kept = [cell["cell"] for cell in ledger("book").cells()]
    assert len(kept) < 550
    assert kept[-500:] == [f"{i:08}" for i in range(100, 600)]
    assert len(ledger("book").sessions()) < 150
    assert (ledger("book").totals()["runs"], ledger("book").totals()["sessions"]) == (count, count)


def test_a_cell_keeps_its_last_24_runs(ledger: Importer, host: PluginHost) -> None:
    note(ledger, *(finished("aaaa", float(i)) for i in range(40)))
    (cell,) = ledger("book").cells()
    assert [seconds for seconds, ok in cell["recent"]] == [float(i) for i in range(16, 40)]


@pytest.mark.parametrize(
    ("duration_s", "text"),
    [
        (0.0, "0 µs"),
        (0.00034, "340 µs"),
        (0.0125, "12.5 ms"),
        (0.9999, "1 s"),
        (3.21, "3.21 s"),
        (59.99, "1 min 0 s"),
        (250.0, "4 min 10 s"),
        (7500.0, "2 h 5 min"),
    ],
)
def test_a_duration_is_written_in_the_unit_that_fits(ledger: Importer, duration_s: float, text: str) -> None:
    assert ledger("report").seconds(duration_s) == text


@given(runs=st.lists(st.tuples(st.floats(0, 1e6), st.booleans()), max_size=24))
def test_a_sparkline_has_one_bar_for_each_run(ledger: Importer, runs: list[tuple[float, bool]]) -> None:
    line = ledger("sparkline")
    assert line.sparkline(runs).count("<rect") == len(runs)
    assert len(line.spoken(runs)) == (len(runs) or len("no runs"))
