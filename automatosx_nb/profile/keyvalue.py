"""A plugin's durable key-value state, open in one kernel of several."""

from __future__ import annotations

import sqlite3
import struct
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

from automatosx_nb.errors import (
    ProfileReadOnly,
    QuotaExceeded,
    StateDamaged,
    StateRestored,
    StorageFailed,
    StorageFull,
)
from automatosx_nb.files import make_folder
from automatosx_nb.model.state import ABSENT, MAX_KEY_BYTES, Change, Delete, Entry, Page, Put, StateUsage, Written
from automatosx_nb.profile import snapshots
from automatosx_nb.profile.database import Connection, transaction, used_bytes
from automatosx_nb.profile.state_format import (
    NEVER,
    ROW,
    crc_of,
    decode,
    encode,
    errors_of,
    head_of,
    look_at,
    open_sound,
    require_sound,
)
from automatosx_nb.profile.state_writing import StateWrite

MAX_TOTAL_BYTES = 64 << 20
PAGE_BYTES = 1 << 20
"""A page of a scan has no more than this of keys and values, and one entry at least."""
LOOK_S = 1.0
"""A file that another kernel restored is noticed so soon by those who only read; whoever writes looks each time."""
SWEEP_S = 60.0
"""Expired entries are dropped by a write so often, and whenever the quota is reached."""

_ONE = "SELECT value, json, revision, expires, crc FROM entries WHERE key = ?"
_RANGE = f"SELECT {ROW} FROM entries WHERE key >= ? ORDER BY key"  # noqa: S608 - ours
_KEYS = "SELECT key, x'', 0, revision, expires FROM entries WHERE key >= ? ORDER BY key"
_TRIES = 3
_Made = tuple[bytes, "tuple[bytes, int] | None", "float | None"]
"""A change, checked and encoded: key, value with whether it is JSON (None: delete), seconds to live."""
Told = Callable[[StateRestored], None]


def warn(restored: StateRestored) -> None:
    """Where nobody else listens: a warning in the cell or the terminal."""
    warnings.warn(str(restored), RuntimeWarning, stacklevel=2)


class KeyValueState:
    """Keys are text; values are JSON values or bytes. A write that returned is on disk (WAL, synchronous FULL).

    Safe to use from several threads and from several kernels at once. Opening looks at every row: what is damaged is
    set aside, the last good snapshot takes its place, and ``told`` hears of it. ``clock``: seconds since the epoch.
    """

    def __init__(self, path: Path, *, told: Told = warn, clock: Callable[[], float] = time.time) -> None:
        """:raises StateDamaged: it is damaged, and there is no snapshot."""
        make_folder(path.parent)
        self._path = path
        self._told = told
        self._clock = clock
        self._lock = threading.Lock()
        self._looked = self._swept = self._snapshot_at = 0.0
        self._connection = self._opened()
        self._snapshot_if_due()

    # --- reading

    def get(self, key: str) -> tuple[bool, Any]:
        """Whether the key is there, and its value."""
        found = self._read(key)
        return (False, None) if found is None else (True, decode(found[0], found[1]))

    def entry(self, key: str) -> Entry | None:
        """The value with its revision and when it expires; None: the key is not there."""
        found = self._read(key)
        return None if found is None else _entry((key.encode(), *found))

    def scan(
        self, prefix: str = "", cursor: str = "", *, most: int = 1000, most_bytes: int = PAGE_BYTES, values: bool = True
    ) -> Page:
        """One page of the entries whose keys begin with ``prefix``, in the order of the keys' UTF-8.

        Each page is as of one moment; what is written between two pages is in the later one or not at all.
        ``values``: False reads none, and leaves None in their place.
        """
        start, found, size = prefix.encode(), list[Entry](), 0
        begin = max(start, cursor.encode() + b"\0") if cursor else start
        with self._reading() as connection:
            for row in connection.execute(_RANGE if values else _KEYS, (begin,)):
                if not row[0].startswith(start):
                    break
                size += len(row[0]) + len(row[1])
                if found and (len(found) >= most or size > most_bytes):
                    return Page(tuple(found), found[-1].key)
                if values:
                    require_sound(self._path, row)
                if not self._expired(row):
                    found.append(_entry(row) if values else Entry(row[0].decode(), None, row[3]))
        return Page(tuple(found), None)

    def entries(self, prefix: str = "", *, values: bool = True) -> Iterator[Entry]:
        """Every entry, page by page."""
        cursor: str | None = ""
        while cursor is not None:
            page = self.scan(prefix, cursor, values=values)
            yield from page.entries
            cursor = page.cursor

    def all_at_once(self) -> list[Entry]:
        """Every entry, as of one moment."""
        with self._reading() as connection:
            rows = connection.execute(_RANGE, (b"",)).fetchall()
            for row in rows:
                require_sound(self._path, row)
        return [_entry(row) for row in rows if not self._expired(row)]

    def keys(self, prefix: str = "") -> list[str]:
        """Every key that begins with ``prefix``, in order; no value is read."""
        return [entry.key for entry in self.entries(prefix, values=False)]

    def items(self, prefix: str = "") -> list[tuple[str, Any]]:
        """Every entry whose key begins with ``prefix``, in the order of the keys."""
        return [(entry.key, entry.value) for entry in self.entries(prefix)]

    def used_bytes(self) -> int:
        """What is in use of the file, in whole pages."""
        with self._reading() as connection:
            return used_bytes(connection)

    def usage(self) -> StateUsage:
        with self._reading() as connection:
            head = head_of(self._path, connection)
            query = "SELECT count(*) FROM entries WHERE expires >= 0 AND expires <= ?"
            (expired,) = connection.execute(query, (self._now(),)).fetchone()
            pages, size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
            return StateUsage(head.entries - expired, expired, used_bytes(connection), pages * size, head.revision)

    # --- writing

    def put(self, key: str, value: Any, *, ttl_s: float | None = None, most_bytes: int = MAX_TOTAL_BYTES) -> Written:
        """Raises as :meth:`apply` does."""
        return self.apply((Put(key, value, ttl_s),), most_bytes=most_bytes)

    def delete(self, key: str) -> bool:
        """Whether there was such a key."""
        return self.apply((Delete(key),)).deleted > 0

    def apply(
        self, changes: Sequence[Change], expected: Mapping[str, int] | None = None, *, most_bytes: int = MAX_TOTAL_BYTES
    ) -> Written:
        """Carry out all of ``changes``, in their order, or none of them.

        :param expected: key → the revision that it has to be at, :data:`~automatosx_nb.model.state.ABSENT` for none.
        :raises StateConflict: a key is at another one.
        :raises QuotaExceeded: a key is too long, or all would be more than ``most_bytes``.
        """
        made = [_checked(change) for change in changes]
        with self._writing() as write:
            for key, revision in (expected or {}).items():
                write.require(key, revision)
            if size := sum(len(key) + len(value[0]) for key, value, _ttl in made if value is not None):
                self._make_room(write, size, most_bytes)
            for name, value, ttl_s in made:
                if value is None:
                    write.delete(name)
                else:
                    write.put(name, *value, NEVER if ttl_s is None else self._now() + int(ttl_s * 1000))
        self._snapshot_if_due()
        return Written(write.revision, write.size, write.deleted)

    def replace_all(self, entries: Iterable[Entry]) -> int:
        """Put ``entries`` in place of everything, in one step; how many they are. The caller has checked them."""
        count = 0
        with self._writing() as write:
            for (key,) in write.connection.execute("SELECT key FROM entries").fetchall():
                write.delete(key)
            for count, entry in enumerate(entries, 1):  # noqa: B007 - the count is what is told
                expires = NEVER if entry.expires is None else int(entry.expires * 1000)
                write.put(entry.key.encode(), *encode(entry.value), expires)
        return count

    def sweep(self) -> int:
        """Drop what has expired; how many entries that were."""
        with self._writing() as write:
            return self._sweep(write)

    # --- the file

    def snapshot(self, why: snapshots.Why = "asked") -> snapshots.Snapshot:
        with self._reading() as connection:
            return snapshots.take(self._path, connection, why)

    def close(self) -> None:
        self._snapshot_at = 0.0
        with suppress(StateRestored, StateDamaged):  # told already, or by whoever opens it next
            self._snapshot_if_due()
        with self._lock:
            self._connection.close()

    # --- inside

    def _opened(self) -> Connection:
        self._looked = time.monotonic()
        try:
            if snapshots.snapshots_of(self._path) and not _holds_something(self._path):
                raise StateDamaged(str(self._path), "it is gone, or empty")
            connection = open_sound(self._path)
        except StateDamaged as damage:
            connection = self._mended(damage)
        self._identity = _identity(self._path)
        (self._page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
        return connection

    def _mended(self, damage: StateDamaged) -> Connection:
        """:raises StateDamaged: there is no snapshot that is whole."""
        turns = snapshots.turn_of(self._path)
        restored: StateRestored | None = None
        try:
            with turns.taken():
                found = snapshots.snapshots_of(self._path)
                if not found:
                    raise damage
                if not _is_sound(self._path):  # else another kernel was faster
                    restored = snapshots.restore(self._path, damage.reason, found)
        finally:
            turns.close()
        if restored is not None:
            self._told(restored)
        return open_sound(self._path)

    def _reopen(self) -> None:
        with suppress(sqlite3.Error):
            self._connection.close()
        self._connection = self._opened()

    def _look(self) -> None:
        """Another kernel may have put a restored file in the place of the one that is open here. Where there is none
        any more, it was collected: who reads an older state reads on."""
        if time.monotonic() - self._looked >= LOOK_S:
            self._looked = time.monotonic()
            if _identity(self._path) not in (None, self._identity):
                self._reopen()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """:raises StateRestored: it was damaged; from now on it is what the last good snapshot has."""
        with self._lock:
            try:
                self._look()
                with errors_of(self._path):
                    yield self._connection
            except StateDamaged as damage:
                self._restored(damage)

    def _read(self, key: str) -> Any:
        """Value, whether it is JSON, revision, expiry and CRC of ``key``; None: it is not there.

        As :meth:`_reading`, and faster: every read comes by here.
        """
        encoded = key.encode()
        with self._lock:
            try:
                if time.monotonic() - self._looked >= LOOK_S:
                    self._look()
                row = self._connection.execute(_ONE, (encoded,)).fetchone()
                if row is None:
                    return None
                value, is_json, revision, expires, crc = row
                if crc_of(encoded, value, is_json, revision, expires) != crc:
                    raise StateDamaged(str(self._path), "an entry is not what was written")
            except (sqlite3.Error, StateDamaged, TypeError, struct.error) as error:
                self._failed(error)
        return None if 0 <= expires <= self._now() else row

    def _failed(self, error: Exception) -> NoReturn:
        """Raise what a failed read means; a column of another type is as wrong as a wrong CRC."""
        try:
            with errors_of(self._path):
                if isinstance(error, sqlite3.Error | StateDamaged):
                    raise error
                raise StateDamaged(str(self._path), "an entry is not what was written") from error
        except StateDamaged as damage:
            self._restored(damage)

    def _restored(self, damage: StateDamaged) -> NoReturn:
        """Mend what is open; whoever called has read from what was damaged, and is told so.

        :raises StateRestored:
        :raises StateDamaged: there is no snapshot.
        """
        told: list[StateRestored] = []
        tell, self._told = self._told, told.append
        try:
            self._reopen()
        finally:
            self._told = tell
        for each in told:
            tell(each)
        raise told[0] if told else damage

    @contextmanager
    def _writing(self) -> Iterator[StateWrite]:
        """All of it or nothing, in the file that is there now: another kernel may have restored it meanwhile."""
        with self._lock:
            try:
                for _ in range(_TRIES):
                    with errors_of(self._path), transaction(self._connection):
                        if _identity(self._path) == self._identity:
                            write = StateWrite(self._path, self._connection, self._now())
                            yield write
                            write.finish()
                            return
                    self._reopen()
            except StateDamaged as damage:
                self._restored(damage)
        raise StateDamaged(str(self._path), "it is replaced again and again")

    def _make_room(self, write: StateWrite, new: int, most_bytes: int) -> None:
        """:raises QuotaExceeded: there is no room for ``new`` bytes more, whatever has expired."""
        (pages,) = write.connection.execute("PRAGMA page_count").fetchone()
        full = pages * self._page_bytes + new > most_bytes
        if full or time.monotonic() - self._swept >= SWEEP_S:
            self._sweep(write)
        if full and (found := used_bytes(write.connection) + new) > most_bytes:
            raise QuotaExceeded("the state of this plugin", f"{most_bytes / 2**20:.3g} MiB", f"{found / 2**20:.1f} MiB")

    def _sweep(self, write: StateWrite) -> int:
        self._swept = time.monotonic()
        return write.drop_expired()

    def _snapshot_if_due(self) -> None:
        """A snapshot that cannot be written stops no call: the one before it stays."""
        if time.monotonic() < self._snapshot_at:
            return
        newest = next(iter(snapshots.snapshots_of(self._path)), None)
        age = snapshots.EVERY_S if newest is None else (snapshots.now() - newest.at).total_seconds()
        self._snapshot_at = time.monotonic() + max(1.0, snapshots.EVERY_S - age)
        if age >= snapshots.EVERY_S and self._revision() > (ABSENT if newest is None else newest.revision):
            with suppress(StorageFull, StorageFailed, ProfileReadOnly):
                self.snapshot("time")

    def _revision(self) -> int:
        with self._reading() as connection:
            return head_of(self._path, connection).revision

    def _expired(self, row: Any) -> bool:
        return bool(0 <= row[4] <= self._now())

    def _now(self) -> int:
        return int(self._clock() * 1000)


def _checked(change: Change) -> _Made:
    """:raises QuotaExceeded: the key is empty or too long."""
    key = change.key.encode()
    if isinstance(change, Delete):
        return key, None, None
    if not key or len(key) > MAX_KEY_BYTES:
        raise QuotaExceeded("a key", f"1 to {MAX_KEY_BYTES} bytes", f"{len(key)} bytes")
    return key, encode(change.value), change.ttl_s


def _entry(row: Any) -> Entry:
    key, value, is_json, revision, expires = row[:5]
    return Entry(key.decode(), decode(value, is_json), revision, None if expires == NEVER else expires / 1000)


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file it is; None: there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _holds_something(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


def _is_sound(path: Path) -> bool:
    """Asked under the turn, so without one of its own."""
    if not _holds_something(path):
        return False
    try:
        look_at(path)
    except StateDamaged:
        return False
    return True
