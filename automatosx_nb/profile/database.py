"""One SQLite file that several kernels write: durable, opened one at a time, its errors as ours."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from automatosx_nb.errors import PlatformError
from automatosx_nb.files import storage_errors

BUSY_S = 10.0
"""How long to wait for another kernel that writes."""


def connect(path: Path, schema: str) -> sqlite3.Connection:
    """Opens one at a time: SQLite's switch of a new file to WAL does not wait for who is switching it already.

    A write that returned is on disk (WAL, synchronous FULL). The connection may be used by any thread, one at a time.
    """
    connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        with FileLock(f"{path}.lock", timeout=BUSY_S):
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.executescript(schema)
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of it or nothing; other writers wait from its start."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def used_bytes(connection: sqlite3.Connection) -> int:
    """Pages in use bound the bytes in use: cheap, and exact enough for a limit of megabytes."""
    pages, free, size = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


@contextmanager
def database_errors(path: Path, damaged: Callable[[str, str], PlatformError]) -> Iterator[None]:
    """SQLite's errors as ours: a full disk and a read-only one are the user's, anything else is ``damaged``."""
    with storage_errors(path):
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code == sqlite3.SQLITE_FULL:
                raise OSError(errno.ENOSPC, "no space left", str(path)) from error
            if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN):
                raise OSError(errno.EACCES, "read-only", str(path)) from error
            raise damaged(str(path), str(error)) from error
