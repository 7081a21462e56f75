"""The audit log's news for Jupyter's event logger, where administrators collect what servers tell.

Plugins are changed and run in kernels and terminals; all of them write one log, and a server of the same user reads it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from tornado.ioloop import PeriodicCallback

from automatosx_nb.errors import AutomatosxError
from automatosx_nb.server.marketplace_events import told_by

if TYPE_CHECKING:
    from automatosx_nb.host.audit import Audit
    from automatosx_nb.model.audit import AuditEntry

SCHEMA = Path(__file__).parent / "event_schemas" / "plugin_activity" / "v1.yaml"
SCHEMA_ID = "urn:automatosx_nb:plugin_activity:v1"
EVERY_S = 5.0
ACTIONS = {
    "plugin-installed": "installed",
    "plugin-updated": "updated",
    "plugin-removed": "removed",
    "profile-rolled-back": "rolled-back",
    "permission-denied": "denied",
    "plugin-suspended": "suspended",
}
"""Kind of entry → the action of the event."""


class Emit(Protocol):
    def __call__(self, *, schema_id: str, data: dict[str, Any]) -> object: ...


class ActivityFeed:
    """Tells each entry once, from when the server started on. A log that cannot be read ends it, and is told."""

    def __init__(self, audit: Audit, emit: Emit, on_error: Callable[[Exception], object]) -> None:
        self._audit = audit
        self._emit = emit
        self._on_error = on_error
        self._last: int | None = None
        self._lock = threading.Lock()
        self._timer = PeriodicCallback(self.tell, EVERY_S * 1000)

    async def start(self) -> None:
        await self.tell()
        self._timer.start()

    async def tell(self) -> None:
        """Emit what came since the last time; the log is read beside the event loop."""
        try:
            entries = await asyncio.get_running_loop().run_in_executor(None, self._news)
        except AutomatosxError as error:
            self._timer.stop()
            self._on_error(error)
            return
        for entry in entries:
            if entry.kind in ACTIONS:
                self._emit(schema_id=SCHEMA_ID, data=_event(entry))
            for schema_id, data in told_by(entry):
                self._emit(schema_id=schema_id, data=data)

    def close(self) -> None:
        self._timer.stop()
        self._audit.close()

    def _news(self) -> tuple[AuditEntry, ...]:
        with self._lock:
            if self._last is None:
                self._last = max((entry.number for entry in self._audit.read(most=1)), default=0)
                return ()
            entries = self._audit.read(after=self._last)
            self._last = max((entry.number for entry in entries), default=self._last)
            return entries


def _event(entry: AuditEntry) -> dict[str, Any]:
    return {
        "action": ACTIONS[entry.kind],
        "entry": entry.number,
        "time": entry.time,
        "plugin": entry.plugin,
        "version": entry.version,
        "detail": dict(entry.detail),
    }
