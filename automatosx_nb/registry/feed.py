"""The number of the registry's last change, as this process knows it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from automatosx_nb.registry.database import Database


_ASK = "SELECT value FROM sequence"
"""Asked often, so not made anew each time."""


class _Known(NamedTuple):
    revision: int
    read_at: float
    last_write: object
    version: int | None


class RevisionFeed:
    """What search and caches follow. May be asked from any thread."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._known = _Known(-1, float("-inf"), None, None)

    def current(self) -> int:
        """Never older than this process's own last write, and at most ``database.fresh_s`` older than another's."""
        known, now, version = self._known, self._clock(), self._database.version()
        fresh = now - known.read_at < self._database.fresh_s or (version is not None and version == known.version)
        if fresh and known.last_write is self._database.last_write:
            return known.revision
        last_write = self._database.last_write  # before it is read: a write that comes between is one to be seen
        with self._database.read() as connection:
            revision = int(connection.exec_driver_sql(_ASK).scalar_one())
        self._known = _Known(revision, now, last_write, version)
        return revision
