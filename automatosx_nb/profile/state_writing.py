"""One transaction on a plugin's state: what it writes, and with it what the file says of all of its rows."""

from __future__ import annotations

from typing import Any, NamedTuple

from automatosx_nb.errors import StateConflict
from automatosx_nb.model.state import ABSENT
from automatosx_nb.profile.database import Connection
from automatosx_nb.profile.state_format import PUT, Head, crc_of, replace_head

_KNOWN_ROWS = 1000
"""Some 200 KiB."""
_WAS = "SELECT revision, expires, crc FROM entries WHERE key = ?"


class Overtaken(Exception):
    """Somebody who keeps no turn, or tells nobody of it, wrote: the write has to begin again."""


class Known(NamedTuple):
    """What is known of a file without reading it, as long as nobody else writes: its head, and some of its rows."""

    head: Head
    rows: dict[bytes, Any]
    """Key → revision, expiry and CRC of an entry that was written here."""


class StateWrite:
    """Begun within a transaction; :meth:`finish` writes what is said of all rows.

    :param before: what the file says now; its rows are changed, so it is worth nothing where the write fails.
    :param now: milliseconds since 1970.
    """

    __slots__ = ("_before", "_entries", "_rows", "_sum", "connection", "deleted", "now", "puts", "revision", "size")

    def __init__(self, connection: Connection, before: Known, now: int) -> None:
        self.connection = connection
        self.now = now
        self.size = self.deleted = self.puts = 0
        self._before, self._rows = before
        last, self._entries, self._sum = self._before
        self.revision = last + 1

    def require(self, key: str, revision: int) -> None:
        """:raises StateConflict:"""
        row = self._row(key.encode())
        found = ABSENT if row is None or self._expired(row) else row[0]
        if found != revision:
            raise StateConflict(key, revision, found)

    def put(self, key: bytes, value: bytes, is_json: int, expires: int) -> None:
        row = self._row(key)
        crc = crc_of(key, value, is_json, self.revision, expires)
        self.connection.execute(PUT, (key, value, is_json, self.revision, expires, crc))
        if row is None:
            self._entries += 1
            self._sum += crc
        else:
            self._sum += crc - row[2]
        self._rows[key] = self.revision, expires, crc
        self.puts += 1
        self.size += len(key) + len(value)

    def delete(self, key: bytes) -> None:
        row = self._row(key)
        if row is not None:
            self.connection.execute("DELETE FROM entries WHERE key = ?", (key,))
            self._rows.pop(key, None)
            self._entries -= 1
            self._sum -= row[2]
            self.deleted += not self._expired(row)

    def drop_expired(self) -> int:
        """How many entries that were. What the index says is looked up, since it has no checksum."""
        query = "SELECT key FROM entries WHERE expires >= 0 AND expires <= ?"
        keys = [key for (key,) in self.connection.execute(query, (self.now,)).fetchall()]
        gone = [key for key in keys if (row := self._row(key)) is not None and self._expired(row)]
        for key in gone:
            self.delete(key)
        return len(gone)

    def finish(self) -> Known:
        """What the file says from now on.

        :raises Overtaken: it did not say ``before``.
        """
        if not self.puts and self._entries == self._before.entries:
            self.revision = self._before.revision
            return Known(self._before, self._rows)
        head = Head(self.revision, self._entries, self._sum)
        if not replace_head(self.connection, self._before, head):
            raise Overtaken
        if len(self._rows) > _KNOWN_ROWS:
            self._rows.clear()
        return Known(head, self._rows)

    def _row(self, key: bytes) -> Any:
        """Revision, expiry and CRC of what is there; None: nothing is."""
        return self._rows.get(key) or self.connection.execute(_WAS, (key,)).fetchone()

    def _expired(self, row: Any) -> bool:
        return bool(0 <= row[1] <= self.now)
