"""Downloads, counted in memory and written together: an artifact is handed out without a write.

How many a plugin has is what a snapshot of the database says, less what of it this process has written, and all that it
has counted. The second is fixed with the snapshot and the third only grows, so what is shown never goes down.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from automatosx_nb.errors import AutomatosxError
from automatosx_nb.registry.database import add
from automatosx_nb.registry.schema import downloads, releases, sequence

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automatosx_nb.registry.database import Database

EVERY_S = 2.0
"""How long a download waits for others to be written with it."""


class _Counted(NamedTuple):
    plugin: str
    release: int
    day: str


class DownloadCounter:
    """Counting keeps nobody from an artifact: where the registry cannot be written now, it is tried again later.

    What a process counted is lost only where it ends without :meth:`close`.
    """

    def __init__(self, database: Database, every_s: float = EVERY_S) -> None:
        self._database = database
        self._every_s = every_s
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        self._moving = threading.Lock()
        """Held while what was counted becomes what was written."""
        self._counts: Counter[_Counted] = Counter()
        self._ever: Counter[str] = Counter()
        self._written: Counter[str] = Counter()
        """Replaced and never changed, so that whoever reads a snapshot has the one of its moment."""
        self._timer: threading.Timer | None = None
        self._closed = False

    def count(self, plugin: str, release: int, count: int = 1) -> None:
        """So many downloads of the release with that key, now."""
        if self._database.read_only:
            return
        with self._lock:
            self._counts[_Counted(plugin, release, datetime.now(UTC).strftime("%Y-%m-%d"))] += count
            self._ever[plugin] += count
            self._start()

    def ever(self, plugin: str) -> int:
        """How many of a plugin's downloads this process has counted."""
        return self._ever[plugin]

    def all(self) -> dict[str, int]:
        """Each plugin that this process has counted downloads of, and how many."""
        with self._lock:
            return dict(self._ever)

    @property
    def written_now(self) -> Mapping[str, int]:
        """Of each plugin, how many this process has written. It never changes: later it is another one."""
        return self._written

    def written(self, connection: Connection) -> Callable[[str], int]:
        """How many of those of a plugin are among what ``connection`` reads, whose snapshot begins with this."""
        with self._moving:
            connection.execute(select(sequence.c.value)).all()
            return self._written.__getitem__

    def flush(self) -> None:
        """Write what was counted; where that cannot be, it stays counted."""
        with self._flushing:
            with self._lock:
                self._stop()
                counts = Counter(self._counts)
            if not counts:
                return
            try:
                self._write(counts)
            except AutomatosxError:
                counts.clear()
            with self._lock:
                self._counts -= counts
                if self._counts:
                    self._start()

    def close(self) -> None:
        with self._lock:
            self._closed = True
        self.flush()

    def _start(self) -> None:
        if self._timer is None and not self._closed:
            self._timer = threading.Timer(self._every_s, self.flush)
            self._timer.name, self._timer.daemon = "automatosx-downloads", True
            self._timer.start()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _write(self, counts: Counter[_Counted]) -> None:
        """What was deleted meanwhile is counted no more."""
        by_plugin: Counter[str] = Counter()
        for each, count in counts.items():
            by_plugin[each.plugin] += count
        with ExitStack() as committed:
            with self._database.write() as connection:
                keys = sorted({each.release for each in counts})
                known = set(connection.execute(select(releases.c.key).where(releases.c.key.in_(keys))).scalars())
                for each, count in counts.items():
                    if each.release in known:
                        add(connection, downloads, {"release": each.release, "day": each.day}, "count", count)
                committed.enter_context(self._moving)
            self._written = self._written + by_plugin
