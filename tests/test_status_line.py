"""What a person sees of a terminal's last line while something goes on."""

from __future__ import annotations

import io
from threading import Event

import pytest

from automatosx_nb.status_line import CLEAR, StatusLine

LONG_S = 60.0


class Screen(io.StringIO):
    """What was written; ``ticked`` is set once seconds were."""

    def __init__(self) -> None:
        super().__init__()
        self.ticked = Event()

    def write(self, text: str) -> int:
        if text.endswith(" s"):
            self.ticked.set()
        return super().write(text)


def test_where_nothing_is_said_for_some_time_the_seconds_are_and_at_the_end_they_are_gone() -> None:
    screen = Screen()
    line = StatusLine(screen, silent_s=0, every_s=0.001)
    with line.ticking():
        line.show("[██] fetching")
        screen.ticked.clear()
        assert screen.ticked.wait(LONG_S)
    written = screen.getvalue()
    assert f"{CLEAR}[██] fetching… 0 s" in written
    assert written.endswith(CLEAR)


def test_the_last_step_stays_above_what_follows() -> None:
    screen = Screen()
    line = StatusLine(screen)
    with line.ticking():
        line.show("[██] done", last=True)
    assert screen.getvalue() == f"{CLEAR}[██] done\n"


def test_nothing_is_written_into_a_question() -> None:
    screen = Screen()
    line = StatusLine(screen, silent_s=0, every_s=0.001)
    with line.ticking():
        assert screen.ticked.wait(LONG_S)
        with line.cleared():
            asked = screen.tell()
            assert screen.getvalue().endswith(CLEAR)
            screen.ticked.clear()
            line.tick()
            assert screen.tell() == asked
        assert screen.ticked.wait(LONG_S)


@pytest.mark.parametrize("columns", [20, 80])
def test_no_line_is_longer_than_the_terminal(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    screen = Screen()
    line = StatusLine(screen, silent_s=0)
    line.show("[██] fetching " + "data-profiler " * 9)
    line.tick()
    line.show("done " * 40, last=True)
    shown = [each.rstrip("\n") for each in screen.getvalue().split(CLEAR)]
    assert max(map(len, shown)) == columns - 1
    assert shown[2].endswith("… 0 s")
    assert shown[3].endswith("…")


def test_where_nobody_watches_nothing_is_written() -> None:
    line = StatusLine(None)
    with line.ticking(), line.cleared():
        line.show("[██] fetching")
