"""``sdk.log``: lines for whoever looks after the plugin, never for the notebook's cells."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

from automatosx_nb.errors import InvalidRequest
from automatosx_nb.model.printable import printable

KEPT_LINES = 1000
MAX_LINE = 2000
LEVELS = ("info", "warning", "error", "output")


@dataclass(frozen=True, slots=True)
class LogLine:
    """``time``: RFC 3339, UTC."""

    time: str
    level: str
    text: str


class LogCapability:
    """Keeps the newest lines; what a handler prints while no cell waits for it comes here too."""

    permission: ClassVar[str | None] = None

    def __init__(self) -> None:
        self.lines: deque[LogLine] = deque(maxlen=KEPT_LINES)

    def ask(self, method: str, args: Sequence[object]) -> object:
        match method, list(args):
            case ("info" | "warning" | "error") as level, [str(text)]:
                self.write(level, text)
                return None
        raise InvalidRequest("log", method, "info, warning and error, with one text")

    def write(self, level: str, text: str) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        self.lines.append(LogLine(now, level, printable(text[:MAX_LINE])))

    def close(self) -> None:
        """Nothing is held."""
