"""The audit log of a profile: append-only, each entry bound to the one before it, written by any number of kernels.

It shows what was changed in it afterwards, unless whoever changed it computed every later digest anew, or cut off its
end: keep :attr:`~automatosx_nb.model.audit.AuditCheck.newest` elsewhere to notice that, too.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automatosx_nb.errors import AuditDamaged
from automatosx_nb.files import make_folder
from automatosx_nb.model.audit import FIRST, KINDS, AuditCheck, AuditEntry, detail_of, digest_of
from automatosx_nb.profile.database import connect, database_errors, transaction, used_bytes
from automatosx_nb.read_only import can_write, open_read_only

if TYPE_CHECKING:
    from automatosx_nb.profile.database import Connection

MAX_MB = 16
"""At this size the older half of the entries is dropped; some 60,000 fit."""
KEEP_DAYS = 365
"""Entries that are older are dropped, a day's at a time."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
  number INTEGER PRIMARY KEY, time TEXT NOT NULL, kind TEXT NOT NULL, plugin TEXT NOT NULL, version TEXT NOT NULL,
  detail TEXT NOT NULL, digest BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS dropped (number INTEGER NOT NULL, digest BLOB NOT NULL);
"""
_DAY = timedelta(days=1)
_COLUMNS = "number, time, kind, plugin, version, detail, digest"


class Audit:
    """One profile's log. Making it touches no file; the first entry does. Safe from any thread, and after a fork."""

    def __init__(
        self,
        path: Path,
        *,
        max_bytes: int = MAX_MB << 20,
        keep: timedelta = timedelta(days=KEEP_DAYS),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._keep = keep
        self._clock = clock
        self._lock = threading.Lock()
        self._owner = 0
        self._connection: Connection | None = None

    def add(self, kind: str, plugin: str = "", version: str = "", **detail: Any) -> None:
        """Append an entry of one of :data:`~automatosx_nb.model.audit.KINDS`; when this returns it is on disk."""
        carried = detail_of(kind, detail)
        with self._opened() as connection, transaction(connection):
            self._rotate(connection)
            self._append(connection, kind, plugin, version, carried)

    def read(
        self,
        *,
        plugin: str = "",
        since: str = "",
        denied: bool = False,
        kinds: Collection[str] = KINDS,
        after: int = 0,
        most: int | None = None,
    ) -> tuple[AuditEntry, ...]:
        """The newest ``most`` of the entries that are asked for, oldest first.

        ``since`` is RFC 3339, in UTC; ``after`` an entry's number.
        """
        if not self._path.exists():
            return ()
        wanted = [name for name, kind in KINDS.items() if name in kinds and (kind.denied or not denied)]
        query = (
            f"SELECT {_COLUMNS} FROM entries WHERE (? = '' OR plugin = ?) AND time >= ? AND number > ? "  # noqa: S608 - ours
            f"AND kind IN ({', '.join('?' * len(wanted))}) ORDER BY number DESC LIMIT ?"
        )
        given = (plugin, plugin, since, after, *wanted, -1 if most is None else most)
        with self._reading() as connection:
            rows = connection.execute(query, given).fetchall()
        return tuple(_entry(row) for row in reversed(rows))

    def check(self) -> AuditCheck:
        """Walk over the whole chain."""
        if not self._path.exists():
            return AuditCheck(0, None, "")
        with self._reading() as connection, _unchanging(connection):
            number, before = _last_dropped(connection)
            seen = 0
            for row in connection.execute(f"SELECT {_COLUMNS} FROM entries ORDER BY number"):  # noqa: S608 - ours
                entry, number, seen = _entry(row), number + 1, seen + 1
                before = digest_of(entry, before)
                if entry.number != number or before != row[-1]:
                    return AuditCheck(seen, number, "")
        return AuditCheck(seen, None, before.hex() if seen else "")

    def close(self) -> None:
        with self._lock:
            if self._connection is not None and self._owner == os.getpid():
                self._connection.close()
            self._connection = None

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """As :meth:`_opened`; where nothing can be written, the file as it lies there."""
        if can_write(self._path):
            with self._opened() as connection:
                yield connection
            return
        with database_errors(self._path, AuditDamaged), closing(open_read_only(self._path)) as connection:
            yield connection

    @contextmanager
    def _opened(self) -> Iterator[Connection]:
        """:raises AuditDamaged:
        :raises StorageFull:
        :raises ProfileReadOnly:
        """
        with self._lock, database_errors(self._path, AuditDamaged):
            if self._connection is None or self._owner != os.getpid():
                make_folder(self._path.parent)
                self._connection, self._owner = connect(self._path, _SCHEMA), os.getpid()
            yield self._connection

    def _append(self, connection: Connection, kind: str, plugin: str, version: str, detail: dict[str, Any]) -> None:
        last = connection.execute("SELECT number, digest FROM entries ORDER BY number DESC LIMIT 1").fetchone()
        number, before = last or _last_dropped(connection)
        time = _text(self._clock())
        entry = AuditEntry(number + 1, time, kind, plugin, version, detail)
        connection.execute(
            "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)",
            (entry.number, time, kind, plugin, version, json.dumps(detail), digest_of(entry, before)),
        )

    def _rotate(self, connection: Connection) -> None:
        """Drop the oldest entries where the log is too large, or holds a whole day that is too old."""
        first, last = connection.execute("SELECT min(number), max(number) FROM entries").fetchone()
        if first is None:
            return
        if used_bytes(connection) > self._max_bytes:
            self._drop(connection, first, (first + last) // 2)
            return
        oldest_kept = self._clock() - self._keep
        (oldest,) = connection.execute("SELECT time FROM entries WHERE number = ?", (first,)).fetchone()
        if oldest < _text(oldest_kept - _DAY):
            query = "SELECT min(number) FROM entries WHERE time >= ?"
            (kept,) = connection.execute(query, (_text(oldest_kept),)).fetchone()
            self._drop(connection, first, last if kept is None else kept - 1)

    def _drop(self, connection: Connection, first: int, through: int) -> None:
        (digest,) = connection.execute("SELECT digest FROM entries WHERE number = ?", (through,)).fetchone()
        connection.execute("DELETE FROM dropped")
        connection.execute("INSERT INTO dropped VALUES (?, ?)", (through, digest))
        connection.execute("DELETE FROM entries WHERE number <= ?", (through,))
        self._append(connection, "log-rotated", "", "", {"first": first, "last": through})


@contextmanager
def _unchanging(connection: sqlite3.Connection) -> Iterator[None]:
    """What others write meanwhile is not seen (sqlite.org/isolation.html), and waits for nobody."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        if connection.in_transaction:  # SQLite ends some by itself
            connection.execute("ROLLBACK")


def _text(time: datetime) -> str:
    """As entries have it; two of them compare as their times do."""
    return time.isoformat(timespec="milliseconds")


def _last_dropped(connection: sqlite3.Connection) -> tuple[int, bytes]:
    """What comes before the oldest entry that is left."""
    return connection.execute("SELECT number, digest FROM dropped").fetchone() or (0, FIRST)


def _entry(row: Any) -> AuditEntry:
    number, time, kind, plugin, version, detail, digest = row
    try:
        carried = json.loads(detail)
    except ValueError:
        carried = {"unreadable": detail}
    return AuditEntry(number, time, kind, plugin, version, carried, bytes(digest).hex())
