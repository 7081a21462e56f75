"""One SQLite file that several kernels write: durable, each in its turn, its errors as ours."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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


@contextmanager
def transaction(connection: Connection) -> Iterator[None]:
    """All of it or nothing; other writers wait from its start, and each has its turn.

    :raises ProfileBusy: the others took too long.
    """
    with connection.turns.taken():
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # SQLite ends some by itself, as on a full disk, and leaves others open
                connection.execute("ROLLBACK")
            raise


def used_bytes(connection: sqlite3.Connection) -> int:
    """Pages in use bound the bytes in use: cheap, and exact enough for a limit of megabytes."""
    pages, free, size = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


@contextmanager
def database_errors(path: Path, damaged: Callable[[str, str], PlatformError]) -> Iterator[None]:
    """SQLite's errors as ours: a full, a read-only and a busy one are the user's, anything else is ``damaged``."""
    with storage_errors(path):
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if getattr(error, "sqlite_errorcode", 0) in _NO_ROOM:
                raise OSError(errno.ENOSPC, "no space left", str(path)) from error
            if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN):
                raise OSError(errno.EACCES, "read-only", str(path)) from error
            if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise ProfileBusy(str(path), "not known which", WAIT_S) from error
            if code == sqlite3.SQLITE_IOERR and error.sqlite_errorcode != _SHORT:
                # also what SQLite says where a quota or a limit stops a write
                raise OSError(errno.EIO, "input or output failed", str(path)) from error
            raise damaged(str(path), str(error)) from error
