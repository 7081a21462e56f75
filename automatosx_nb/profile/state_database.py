"""The database of a plugin's state, open in one kernel of several, each of which may restore it."""

from __future__ import annotations

import os
import sqlite3
import struct
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

from automatosx_nb.errors import StateDamaged, StateRestored
from automatosx_nb.profile import snapshots
from automatosx_nb.profile.database import Connection, transaction
from automatosx_nb.profile.state_format import crc_of, errors_of, head_of, look_at, open_sound
from automatosx_nb.profile.state_writing import Known, Overtaken, StateWrite

LOOK_S = 1.0
"""A file that another kernel restored is noticed so soon by those who only read, and at once by who writes."""
_ONE = "SELECT value, json, revision, expires, crc FROM entries WHERE key = ?"
_TRIES = 3
Told = Callable[[StateRestored], None]


def warn(restored: StateRestored) -> None:
    """Where nobody else listens: a warning in the cell or the terminal."""
    warnings.warn(str(restored), RuntimeWarning, stacklevel=2)


class StateDatabase:
    """One connection, which one thread at a time uses.

    What is damaged is set aside, and the last good snapshot takes its place: ``told`` hears of it, and whoever was
    reading or writing gets :class:`StateRestored`.
    """

    def __init__(self, path: Path, told: Told) -> None:
        """:raises StateDamaged: it is damaged, and there is no snapshot."""
        self.path = path
        self._told = told
        self._lock = threading.Lock()
        self._looked = 0.0
        self._known: Known | None = None
        """None: somebody else has had the turn, or a write failed."""
        self._errors = errors_of(path)
        self._connection = self._opened()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """:raises StateRestored: it was damaged; from now on it is what the last good snapshot has."""
        with self._lock:
            try:
                self._look()
                with self._errors:
                    yield self._connection
            except StateDamaged as damage:
                self._restored(damage)

    def row(self, key: bytes) -> Any:
        """Value, whether it is JSON, revision, expiry and CRC of ``key``; None: there is no such entry.

        As :meth:`reading`, and faster: every read comes by here.
        """
        with self._lock:
            try:
                if time.monotonic() - self._looked >= LOOK_S:
                    self._look()
                row = self._connection.execute(_ONE, (key,)).fetchone()
                if row is None:
                    return None
                value, is_json, revision, expires, crc = row
                if crc_of(key, value, is_json, revision, expires) != crc:
                    raise StateDamaged(str(self.path), "an entry is not what was written")
            except (sqlite3.Error, StateDamaged, TypeError, struct.error) as error:
                self._failed(error)
        return row

    def _failed(self, error: Exception) -> NoReturn:
        """Raise what a failed read means; a column of another type is as wrong as a wrong CRC."""
        try:
            with self._errors:
                if isinstance(error, sqlite3.Error | StateDamaged):
                    raise error
                raise StateDamaged(str(self.path), "an entry is not what was written") from error
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

    def write(self, change: Callable[[StateWrite], object], now: Callable[[], int]) -> StateWrite:
        """Carry out all of ``change`` or nothing, in the file that is there now: another kernel may have restored it
        meanwhile.

        ``change``: called while nobody else writes, and once more where what it did came to nothing. ``now``:
        milliseconds since 1970, asked for when it begins.

        :raises StateRestored: as :meth:`reading`; nothing was written.
        :raises StateDamaged: it was damaged, and there is no snapshot; or it is replaced again and again.
        """
        with self._lock:
            try:
                for _ in range(_TRIES):
                    try:
                        with self._errors, transaction(self._connection) as undisturbed:
                            if self._is_same_file(undisturbed):
                                write = StateWrite(self._connection, self._known or self._read(), now())
                                self._known = None
                                change(write)
                                self._known = write.finish()
                                return write
                        self._reopen()
                    except Overtaken:
                        continue
            except StateDamaged as damage:
                self._restored(damage)
        raise StateDamaged(str(self.path), "it is replaced again and again")

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def _opened(self) -> Connection:
        self._looked = time.monotonic()
        try:
            if snapshots.snapshots_of(self.path) and not _holds_something(self.path):
                raise StateDamaged(str(self.path), "it is gone, or empty")
            connection = open_sound(self.path)
        except StateDamaged as damage:
            connection = self._mended(damage)
        self._identity = _identity(self.path)
        self._known = None
        (self.page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
        return connection

    def _mended(self, damage: StateDamaged) -> Connection:
        """:raises StateDamaged: there is no snapshot that is whole."""
        turns = snapshots.turn_of(self.path)
        restored: StateRestored | None = None
        try:
            with turns.taken():
                found = snapshots.snapshots_of(self.path)
                if not found:
                    raise damage
                if not _is_sound(self.path):  # else another kernel was faster
                    restored = snapshots.restore(self.path, damage.reason, found)
        finally:
            turns.close()
        if restored is not None:
            self._told(restored)
        return open_sound(self.path)

    def _reopen(self) -> None:
        with suppress(sqlite3.Error):
            self._connection.close()
        self._connection = self._opened()

    def _is_same_file(self, undisturbed: bool) -> bool:
        """Whoever puts another in its place has the turn for it; a user who does so by hand is noticed in time."""
        now = time.monotonic()
        if undisturbed and now - self._looked < LOOK_S:
            return True
        self._looked = now
        if not undisturbed:
            self._known = None
        return _identity(self.path) == self._identity

    def _read(self) -> Known:
        return Known(head_of(self.path, self._connection), {})

    def _look(self) -> None:
        """Another kernel may have put a restored file in the place of the one that is open here. Where there is none
        any more, it was collected: who reads an older state reads on."""
        if time.monotonic() - self._looked >= LOOK_S:
            self._looked = time.monotonic()
            if _identity(self.path) not in (None, self._identity):
                self._reopen()


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file it is; None: there is none."""
    try:
        status = os.stat(path)  # noqa: PTH116 - every write asks
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
