"""What handlers of events print and how they fail: no cell waits for it, so it is kept here to be looked at."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from automatosx_nb.model.printable import printable

KEPT = 1000
MAX_TEXT = 2000

Level = Literal["output", "error"]


@dataclass(frozen=True, slots=True)
class ActivityLine:
    """``time``: RFC 3339, UTC. ``who``: a plugin's id, or the notebook's function."""

    time: str
    who: str
    level: Level
    text: str


class Activity:
    """The newest :data:`KEPT` lines. Safe from any thread."""

    def __init__(self) -> None:
        self._lines: deque[ActivityLine] = deque(maxlen=KEPT)

    def add(self, who: str, level: Level, text: str) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._lines.append(ActivityLine(now, who, level, printable(text[:MAX_TEXT])))

    def lines(self) -> tuple[ActivityLine, ...]:
        """The oldest first."""
        return tuple(self._lines)
