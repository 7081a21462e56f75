"""What kernels and servers of one user hand to each other: a file in which both write, and each reads on.

It is for those who run now: what nobody read within minutes is dropped, and so is the oldest of too much.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from automatosx_nb.errors import SpoolDamaged
from automatosx_nb.files import make_folder
from automatosx_nb.profile.database import connect, database_errors, transaction, used_bytes

if TYPE_CHECKING:
    from automatosx_nb.profile.database import Connection

Direction = Literal["up", "down"]
"""From a kernel to servers, or from a server to kernels."""
KEPT_S = 600.0
MOST = 10_000
"""Events, of both directions together."""
MAX_BYTES = 16 << 20

_SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
  number INTEGER PRIMARY KEY AUTOINCREMENT, direction TEXT NOT NULL, kept REAL NOT NULL, body BLOB NOT NULL);
"""


class Spool:
    """Making it touches no file; the first event does. Safe from any thread, and after a fork.

    Every method may raise ``SpoolDamaged``, ``StorageFull``, ``StorageFailed``, ``ProfileReadOnly`` and
    ``ProfileBusy``. ``clock``: seconds since 1970.
    """

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._owner = 0
        self._connection: Connection | None = None

    def put(self, direction: Direction, bodies: Sequence[bytes]) -> None:
        """Events after those that are there."""
        with self._opened() as connection, transaction(connection):
            now = self._clock()
            rows = [(direction, now, body) for body in bodies]
            connection.executemany("INSERT INTO events (direction, kept, body) VALUES (?, ?, ?)", rows)
            connection.execute("DELETE FROM events WHERE kept < ?", (now - KEPT_S,))
            self._thin(connection)

    def newest(self) -> int:
        """The number of the last event; 0: there was none."""
        if not self._path.exists():
            return 0
        with self._opened() as connection:
            row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
        return 0 if row is None else int(row[0])

    def after(self, direction: Direction, number: int, most: int) -> list[tuple[int, bytes]]:
        """Number and body of the events behind ``number``, the oldest first, and at most ``most``."""
        if not self._path.exists():
            return []
        query = "SELECT number, body FROM events WHERE number > ? AND direction = ? ORDER BY number LIMIT ?"
        with self._opened() as connection:
            return connection.execute(query, (number, direction, most)).fetchall()

    def close(self) -> None:
        with self._lock:
            if self._connection is not None and self._owner == os.getpid():
                self._connection.close()
            self._connection = None

    def _thin(self, connection: Connection) -> None:
        first, last = connection.execute("SELECT min(number), max(number) FROM events").fetchone()
        if used_bytes(connection) > MAX_BYTES:
            first = (first + last) // 2
        connection.execute("DELETE FROM events WHERE number < ?", (max(first, last - MOST + 1),))

    @contextmanager
    def _opened(self) -> Iterator[Connection]:
        with self._lock, database_errors(self._path, SpoolDamaged):
            if self._connection is None or self._owner != os.getpid():
                make_folder(self._path.parent)
                self._connection, self._owner = connect(self._path, _SCHEMA), os.getpid()
                # who reads it runs now: what a power cut takes, nobody would have been there to hear
                self._connection.execute("PRAGMA synchronous=NORMAL")
            yield self._connection
