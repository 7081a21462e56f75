"""One transaction on a plugin's state: what it writes, and with it what the file says of all of its rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from automatosx_nb.errors import StateConflict
from automatosx_nb.model.state import ABSENT
from automatosx_nb.profile.database import Connection
from automatosx_nb.profile.state_format import PUT, crc_of, head_of, write_head


class StateWrite:
    """Begun within a transaction; :meth:`finish` writes what is said of all rows. ``now``: milliseconds since 1970."""

    def __init__(self, path: Path, connection: Connection, now: int) -> None:
        self.connection = connection
        self.now = now
        self.size = self.deleted = 0
        self._head = head_of(path, connection)
        self.revision = self._head.revision + 1
        self._gone: list[int] = []
        self._come: list[int] = []

    def require(self, key: str, revision: int) -> None:
        """:raises StateConflict:"""
        row = self._row(key.encode())
        found = ABSENT if row is None or self._expired(row) else row[0]
        if found != revision:
            raise StateConflict(key, revision, found)

    def put(self, key: bytes, value: bytes, is_json: int, expires: int) -> None:
        self._forget(self._row(key))
        crc = crc_of(key, value, is_json, self.revision, expires)
        self.connection.execute(PUT, (key, value, is_json, self.revision, expires, crc))
        self._come.append(crc)
        self.size += len(key) + len(value)

    def delete(self, key: bytes) -> None:
        row = self._row(key)
        if row is not None:
            self._forget(row)
            self.connection.execute("DELETE FROM entries WHERE key = ?", (key,))
            self.deleted += not self._expired(row)

    def drop_expired(self) -> int:
        """How many entries that were. What the index says is looked up, since it has no checksum."""
        query = "SELECT key FROM entries WHERE expires >= 0 AND expires <= ?"
        keys = [key for (key,) in self.connection.execute(query, (self.now,)).fetchall()]
        gone = [key for key in keys if (row := self._row(key)) is not None and self._expired(row)]
        for key in gone:
            self.delete(key)
        return len(gone)

    def finish(self) -> None:
        if self._gone or self._come:
            write_head(self.connection, self._head.changed(self.revision, self._gone, self._come))
        else:
            self.revision = self._head.revision

    def _row(self, key: bytes) -> Any:
        """Revision, expiry and CRC of what is there; None: nothing is."""
        return self.connection.execute("SELECT revision, expires, crc FROM entries WHERE key = ?", (key,)).fetchone()

    def _forget(self, row: Any) -> None:
        if row is not None:
            self._gone.append(row[2])

    def _expired(self, row: Any) -> bool:
        return bool(0 <= row[1] <= self.now)
