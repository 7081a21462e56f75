"""A plugin's durable key-value state, open in one kernel of several."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from automatosx_nb.errors import (
    QuotaExceeded,
    StateDamaged,
    StateRestored,
)
from automatosx_nb.files import make_folder
from automatosx_nb.model.state import ABSENT, MAX_KEY_BYTES, Change, Delete, Entry, Page, StateUsage, Written
from automatosx_nb.profile import snapshots
from automatosx_nb.profile.database import used_bytes
from automatosx_nb.profile.state_database import StateDatabase, Told, warn
from automatosx_nb.profile.state_format import (
    NEVER,
    ROW,
    decode,
    encode,
    head_of,
    require_sound,
)
from automatosx_nb.profile.state_writing import StateWrite

MAX_TOTAL_BYTES = 64 << 20
PAGE_BYTES = 1 << 20
"""A page of a scan has no more than this of keys and values, and one entry at least."""
SWEEP_S = 60.0
"""Expired entries are dropped by a write so often, and whenever the quota is reached."""
GROWS = 32
"""Pages that a change adds at most, beside those of its value: every level of both trees may split."""
_UNKNOWN = (-1, 0)

_RANGE = f"SELECT {ROW} FROM entries WHERE key >= ? ORDER BY key"  # noqa: S608 - ours
_KEYS = "SELECT key, x'', 0, revision, expires FROM entries WHERE key >= ? ORDER BY key"
_Made = tuple[bytes, "bytes | None", int, "float | None"]
"""A change, checked and encoded: key, value (None: delete), whether it is JSON, seconds to live."""


class KeyValueState:
    """Keys are text; values are JSON values or bytes. A write that returned is on disk (WAL, synchronous FULL).

    Safe to use from several threads and from several kernels at once. Opening looks at every row: what is damaged is
    set aside, the last good snapshot takes its place, and ``told`` hears of it. ``clock``: seconds since the epoch.
    """

    def __init__(self, path: Path, *, told: Told = warn, clock: Callable[[], float] = time.time) -> None:
        """:raises StateDamaged: it is damaged, and there is no snapshot."""
        make_folder(path.parent)
        self._path = path
        self._clock = clock
        self._swept = self._snapshot_at = 0.0
        self._pages = _UNKNOWN
        """A revision, and how many pages the file has then at most: SQLite is asked only where that is too many."""
        self._database = StateDatabase(path, told)
        self._snapshot_if_due()

    # --- reading

    def get(self, key: str) -> tuple[bool, Any]:
        """Whether the key is there, and its value."""
        found = self._row(key)
        return (False, None) if found is None else (True, decode(found[0], found[1]))

    def entry(self, key: str) -> Entry | None:
        """The value with its revision and when it expires; None: the key is not there."""
        found = self._row(key)
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
        with self._database.reading() as connection:
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
        with self._database.reading() as connection:
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
        with self._database.reading() as connection:
            return used_bytes(connection)

    def usage(self) -> StateUsage:
        with self._database.reading() as connection:
            head = head_of(self._path, connection)
            query = "SELECT count(*) FROM entries WHERE expires >= 0 AND expires <= ?"
            (expired,) = connection.execute(query, (self._now(),)).fetchone()
            pages, size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
            return StateUsage(head.entries - expired, expired, used_bytes(connection), pages * size, head.revision)

    # --- writing

    def put(self, key: str, value: Any, *, ttl_s: float | None = None, most_bytes: int = MAX_TOTAL_BYTES) -> Written:
        """Raises as :meth:`apply` does."""
        return self._apply((_checked_put(key, value, ttl_s),), {}, most_bytes)

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
        return self._apply([_checked(change) for change in changes], expected or {}, most_bytes)

    def replace_all(self, entries: Iterable[Entry]) -> int:
        """Put ``entries`` in place of everything, in one step; how many they are. The caller has checked them."""
        made = [
            (each.key.encode(), *encode(each.value), NEVER if each.expires is None else int(each.expires * 1000))
            for each in entries
        ]

        def change(write: StateWrite) -> None:
            for (key,) in write.connection.execute("SELECT key FROM entries").fetchall():
                write.delete(key)
            for row in made:
                write.put(*row)

        return self._database.write(change, self._now).puts

    # --- the file

    def snapshot(self, why: snapshots.Why = "asked") -> snapshots.Snapshot:
        with self._database.reading() as connection:
            return snapshots.take(self._path, connection, why)

    def close(self) -> None:
        self._snapshot_at = 0.0
        try:
            with suppress(StateRestored, StateDamaged):  # told already, or by whoever opens it next
                self._snapshot_if_due()
        finally:
            self._database.close()

    # --- inside

    def _apply(self, made: Sequence[_Made], expected: Mapping[str, int], most_bytes: int) -> Written:
        new = 0
        for key, value, _is_json, _ttl_s in made:
            if value is not None:
                new += len(key) + len(value)

        def change(write: StateWrite) -> None:
            for key, revision in expected.items():
                write.require(key, revision)
            if new:
                self._make_room(write, new, len(made), most_bytes)
            for name, value, is_json, ttl_s in made:
                if value is None:
                    write.delete(name)
                else:
                    write.put(name, value, is_json, NEVER if ttl_s is None else self._now() + int(ttl_s * 1000))

        write = self._database.write(change, self._now)
        self._snapshot_if_due()
        return Written(write.revision, write.size, write.deleted)

    def _row(self, key: str) -> Any:
        """As :meth:`.StateDatabase.row`; None, too, where it has expired."""
        row = self._database.row(key.encode())
        return None if row is None or 0 <= row[3] <= self._now() else row

    def _make_room(self, write: StateWrite, new: int, changes: int, most_bytes: int) -> None:
        """:raises QuotaExceeded: there is no room for ``new`` bytes more, whatever has expired."""
        size, (revision, pages) = self._database.page_bytes, self._pages
        if revision != write.revision - 1 or pages * size + new > most_bytes:
            (pages,) = write.connection.execute("PRAGMA page_count").fetchone()
        full = pages * size + new > most_bytes
        self._pages = write.revision, pages + new // (size - 4) + changes * GROWS
        if full or time.monotonic() - self._swept >= SWEEP_S:
            self._sweep(write)
        if full and (found := used_bytes(write.connection) + new) > most_bytes:
            raise QuotaExceeded("the state of this plugin", f"{most_bytes / 2**20:.3g} MiB", f"{found / 2**20:.1f} MiB")

    def _sweep(self, write: StateWrite) -> None:
        self._swept = time.monotonic()
        self._pages = _UNKNOWN
        write.drop_expired()

    def _snapshot_if_due(self) -> None:
        """A snapshot that cannot be written stops no call: the one before it stays."""
        if time.monotonic() < self._snapshot_at:
            return
        self._snapshot_at = time.monotonic() + snapshots.EVERY_S
        with suppress(*snapshots.UNWRITTEN):
            newest = next(iter(snapshots.snapshots_of(self._path)), None)
            age = snapshots.EVERY_S if newest is None else (snapshots.now() - newest.at).total_seconds()
            self._snapshot_at = time.monotonic() + max(1.0, snapshots.EVERY_S - age)
            if age >= snapshots.EVERY_S and self._revision() > (ABSENT if newest is None else newest.revision):
                self.snapshot("time")

    def _revision(self) -> int:
        with self._database.reading() as connection:
            return head_of(self._path, connection).revision

    def _expired(self, row: Any) -> bool:
        return bool(0 <= row[4] <= self._now())

    def _now(self) -> int:
        return int(self._clock() * 1000)


def _checked(change: Change) -> _Made:
    if isinstance(change, Delete):
        return change.key.encode(), None, 0, None
    return _checked_put(change.key, change.value, change.ttl_s)


def _checked_put(name: str, value: Any, ttl_s: float | None) -> _Made:
    """:raises QuotaExceeded: the key is empty or too long."""
    key = name.encode()
    if not 0 < len(key) <= MAX_KEY_BYTES:
        raise QuotaExceeded("a key", f"1 to {MAX_KEY_BYTES} bytes", f"{len(key)} bytes")
    return key, *encode(value), ttl_s


def _entry(row: Any) -> Entry:
    key, value, is_json, revision, expires = row[:5]
    return Entry(key.decode(), decode(value, is_json), revision, None if expires == NEVER else expires / 1000)
