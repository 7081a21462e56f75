"""One SQLite file that several kernels write: durable, each in its turn, its errors as ours."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from automatosx_nb.errors import PlatformError, ProfileBusy
from automatosx_nb.files import storage_errors
from automatosx_nb.profile.turns import WAIT_S, Turns

_NO_ROOM = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE)
"""The second one where even the shared memory of a file that is only read finds none."""
_SHORT = sqlite3.SQLITE_IOERR_SHORT_READ
"""The file ends too soon: that is its own fault, and not the disk's."""


class Connection(sqlite3.Connection):
    """A connection with its place among the writers of its file."""

    turns: Turns

    def __init__(self, path: Path, **options: Any) -> None:
        self.turns = Turns(path)
        try:
            super().__init__(path, **options)
        except BaseException:
            self.turns.close()
            raise

    def close(self) -> None:
        """It may be closed once; nobody else uses it meanwhile."""
        super().close()
        self.turns.close()


def connect(path: Path, schema: str) -> Connection:
    """Opens one at a time: SQLite's switch of a new file to WAL does not wait for who is switching it already.

    A write that returned is on disk (WAL, synchronous FULL). The connection may be used by any thread, one at a time;
    whoever writes uses :func:`transaction`, which is fair to other processes.
    """
    connection = Connection(path, timeout=WAIT_S, isolation_level=None, check_same_thread=False)
    try:
        with connection.turns.taken():
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.executescript(schema)
    except BaseException:
        connection.close()
        raise
    return connection


class transaction:
    """All of it or nothing; other writers wait from its start, and each has its turn.

    A class, and not a generator, since every write goes through it: a few microseconds less, each time.
    """

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __enter__(self) -> bool:
        """As :meth:`.Turns.take`.

        :raises ProfileBusy: the others took too long.
        """
        undisturbed = self._connection.turns.take()
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except BaseException:
            self._connection.turns.leave()
            raise
        return undisturbed

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        try:
            if error is None:
                self._connection.execute("COMMIT")
        finally:
            try:
                if self._connection.in_transaction:  # SQLite ends some by itself, as on a full disk
                    self._connection.execute("ROLLBACK")
            finally:
                self._connection.turns.leave()


def used_bytes(connection: sqlite3.Connection) -> int:
    """Pages in use bound the bytes in use: cheap, and exact enough for a limit of megabytes."""
    pages, free, size = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


class database_errors:
    """SQLite's errors as ours: a full, a read-only and a busy one are the user's, anything else is ``damaged``."""

    __slots__ = ("_damaged", "_path")

    def __init__(self, path: Path, damaged: Callable[[str, str], PlatformError]) -> None:
        self._path = path
        self._damaged = damaged

    def __enter__(self) -> None: ...

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, sqlite3.Error):
            with storage_errors(self._path):
                raise self._meant(error) from error
        if isinstance(error, OSError):
            with storage_errors(self._path):
                raise error

    def _meant(self, error: sqlite3.Error) -> Exception:
        where, code = str(self._path), getattr(error, "sqlite_errorcode", 0)
        if code in _NO_ROOM:
            return OSError(errno.ENOSPC, "no space left", where)
        match code & 0xFF:
            case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN:
                return OSError(errno.EACCES, "read-only", where)
            case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
                return ProfileBusy(where, "not known which", WAIT_S)
            case sqlite3.SQLITE_IOERR if code != _SHORT:  # also what SQLite says where a quota or a limit stops a write
                return OSError(errno.EIO, "input or output failed", where)
        return self._damaged(where, str(error))
