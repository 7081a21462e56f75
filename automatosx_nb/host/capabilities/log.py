"""``sdk.log``: lines for whoever looks after the plugin, never for the notebook's cells."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from automatosx_nb.errors import InvalidRequest
from automatosx_nb.model.printable import printable

KEPT_LINES = 1000
MAX_LINE = 2000
_DROPPED = "the rest of what this call logs is dropped: it is more than the limit log-kb"
LEVELS = ("info", "warning", "error", "output")


@dataclass(frozen=True, slots=True)
class LogLine:
    """``time``: RFC 3339, UTC."""

    time: str
    level: str
    text: str


class LogCapability:
    """Keeps the newest lines; what a handler prints while no cell waits for it comes here too."""

    def __init__(self) -> None:
        self.lines: deque[LogLine] = deque(maxlen=KEPT_LINES)
        self._room: int | None = None

    def needs(self, _method: str, _args: Sequence[object]) -> None:
        """Nothing."""

    def ask(self, method: str, args: Sequence[object]) -> object:
        match method, list(args):
            case ("info" | "warning" | "error") as level, [str(text)]:
                self.write(level, text)
                return None
        raise InvalidRequest("log", method, "info, warning and error, with one text")

    def begin_call(self, most_kb: int) -> None:
        """From now on ``most_kb`` KiB may come from the plugin; what is over is dropped, and said so once."""
        self._room = most_kb * 1024

    def write(self, level: str, text: str) -> None:
        """A line of the plugin's own."""
        if self._room is None:
            self._keep(level, text)
        elif self._room >= 0:
            self._room -= len(text)
            self._keep(level, text) if self._room >= 0 else self._keep("warning", _DROPPED)

    def note(self, text: str) -> None:
        """A line of the host's about the plugin, which no limit keeps out."""
        self._keep("error", text)

    def _keep(self, level: str, text: str) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        self.lines.append(LogLine(now, level, printable(text[:MAX_LINE])))

    def close(self) -> None:
        """Nothing is held."""
