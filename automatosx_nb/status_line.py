"""A terminal's last line: how far something is, and that it goes on where nothing was said for some time."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING

from automatosx_nb.repeating import repeating

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

SILENT_S = 2.0
"""So long a person waits without wondering."""
EVERY_S = 1.0
CLEAR = "\r\x1b[K"
"""Back to the start of the line, and nothing on it."""


class StatusLine:
    """Within it, the line gets the seconds since it began whenever it has not changed for ``silent_s``.

    :param stream: a terminal; None: nobody watches, and nothing is written.
    """

    def __init__(self, stream: TextIO | None, silent_s: float = SILENT_S, every_s: float = EVERY_S) -> None:
        self._stream = stream
        self._silent_s, self._every_s = silent_s, every_s
        self._lock = Lock()
        self._line = ""
        self._told = self._paused = False
        self._began = self._changed = monotonic()

    @contextmanager
    def ticking(self) -> Iterator[None]:
        """Until it ends; then the line is empty again."""
        if self._stream is None:
            yield
            return
        try:
            with repeating(self.tick, self._every_s, "automatosx status line"):
                yield
        finally:
            self._clear()

    def show(self, line: str, *, last: bool = False) -> None:
        """Put ``line`` in place of what is there; the ``last`` one stays above what follows."""
        with self._lock:
            self._changed, self._line, self._told = monotonic(), "" if last else line, not last
            self._write(f"{CLEAR}{self._cut(line)}" + ("\n" if last else ""))

    @contextmanager
    def cleared(self) -> Iterator[None]:
        """For the time in which somebody else writes here, or is asked."""
        self._paused = True
        self._clear()
        try:
            yield
        finally:
            self._paused, self._changed = False, monotonic()

    def tick(self) -> None:
        """Tell the seconds, if it is time for that."""
        with self._lock:
            if not self._paused and monotonic() - self._changed >= self._silent_s:
                self._told = True
                seconds = f"… {monotonic() - self._began:.0f} s"
                self._write(f"{CLEAR}{self._cut(self._line, len(seconds))}{seconds}")

    def _cut(self, line: str, beside: int = 0) -> str:
        """As much of it as one line of the terminal holds: what is below the first is cleared by nobody."""
        room = self._columns() - 1 - beside
        return line if len(line) <= room else f"{line[: max(room - 1, 0)]}…"

    def _columns(self) -> int:
        """Of this terminal: standard output may be a pipe."""
        try:
            found = os.get_terminal_size(self._stream.fileno() if self._stream else -1).columns
        except OSError:
            found = 0
        return found or shutil.get_terminal_size().columns

    def _clear(self) -> None:
        with self._lock:
            if self._told:
                self._write(CLEAR)
            self._line, self._told = "", False

    def _write(self, text: str) -> None:
        if self._stream is not None:
            self._stream.write(text)
            self._stream.flush()
