"""What plugin code prints, on its way to the host."""

from __future__ import annotations

import time
from collections.abc import Callable

from automatosx_nb.sandbox.limits import Limits

_CHUNK = 8192
_DELAY_S = 0.1
_PROMPT_LINES = 100


class Printed:
    """What plugin code prints: sent in pieces, at most ``output_kb`` a call; the rest is dropped, and that is said."""

    def __init__(self, send: Callable[[str], None], limits: Limits) -> None:
        self._send = send
        self._limit = limits.output_kb * 1024
        self._kb = limits.output_kb
        self._left = self._limit
        self._waiting: list[str] = []
        self._size = 0
        self._flushed_at = 0.0
        self._prompt_lines = _PROMPT_LINES

    def restart(self) -> None:
        self._left = self._limit
        self._prompt_lines = _PROMPT_LINES

    def write(self, text: str) -> None:
        if self._left < 0:
            return
        if len(text) > self._left:
            text = text[: self._left] + f"\n[output cut: more than {self._kb} KiB, the limit output-kb]\n"
            self._left = -1
        else:
            self._left -= len(text)
        self._waiting.append(text)
        self._size += len(text)
        if self._is_due(text):
            self.flush()

    def _is_due(self, text: str) -> bool:
        """The first lines of a call go out one by one, so that a person sees them; a flood goes out in chunks."""
        if text.endswith("\n") and self._prompt_lines > 0:
            self._prompt_lines -= 1
            return True
        return self._size >= _CHUNK or time.monotonic() - self._flushed_at > _DELAY_S

    def flush(self) -> None:
        self._flushed_at = time.monotonic()
        if self._waiting:
            text = "".join(self._waiting)
            self._waiting.clear()
            self._size = 0
            self._send(text)
