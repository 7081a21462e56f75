"""``automatosx.notifications``: a line for the person, in the cell that waits and in ``%ax notifications``."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from automatosx_nb.host.metering import Bucket, Rate
from automatosx_nb.host.services.core.service import Client, CoreService, core_service
from automatosx_nb.model.printable import one_line

KEPT = 200
RATE = Rate(per_s=0.2, burst=5)
"""Of one plugin. What is more is not shown, and the plugin is told so."""
LEVELS = ("info", "warning", "error")
_MARKS = {"info": "ℹ", "warning": "⚠", "error": "✖"}


@dataclass(frozen=True, slots=True)
class Notification:
    """``time``: RFC 3339, UTC. ``text`` is fit to be shown on one line."""

    time: str
    plugin: str
    level: str
    text: str

    @property
    def line(self) -> str:
        return f"{_MARKS[self.level]} {self.plugin}: {self.text}"


class Notifications:
    """The newest ones of this process, of every plugin. Safe from any thread."""

    def __init__(self, make_bucket: Callable[[], Bucket] = lambda: Bucket(RATE)) -> None:
        self._lock = threading.Lock()
        self._make_bucket = make_bucket
        self._kept: deque[Notification] = deque(maxlen=KEPT)
        self._buckets: dict[str, Bucket] = {}

    def add(self, plugin: str, level: str, text: str) -> Notification | None:
        """None: the plugin notified too often, and nothing was kept."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        made = Notification(now, plugin, level, one_line(text))
        with self._lock:
            if plugin not in self._buckets:
                self._buckets[plugin] = self._make_bucket()
            if self._buckets[plugin].take():
                return None
            self._kept.append(made)
        return made

    def all(self) -> tuple[Notification, ...]:
        """Oldest first."""
        with self._lock:
            return tuple(self._kept)


def services_of(notifications: Notifications) -> tuple[CoreService, ...]:
    def show(client: Client, request: Mapping[str, Any]) -> object:
        made = notifications.add(client.plugin, request.get("level", "info"), request["text"])
        if made is None:
            return False
        client.show(lambda: print(made.line))  # noqa: T201 - the cell's own output
        return True

    return (
        core_service(
            "show",
            "1.0.0",
            "Show the person a line; the reply is whether it was, for only so many are.",
            {
                "text": {"type": "string", "minLength": 1, "maxLength": 300},
                "level": {"type": "string", "enum": list(LEVELS), "default": "info"},
            },
            {"type": "boolean"},
            show,
            required=("text",),
        ),
    )
