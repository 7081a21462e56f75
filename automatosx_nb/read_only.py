"""A SQLite file read where it cannot be written, and not a byte beside it."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from urllib.parse import quote


def can_write(path: Path) -> bool:
    """Whether a file can be written that is there, and its journal beside it."""
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def open_read_only(path: Path, busy_s: float = 0.0) -> sqlite3.Connection:
    """WAL needs its ``-shm`` file even to read. Where that cannot be had, the file is read as immutable
    (sqlite.org/wal.html#readonly)."""
    connection = open_file(path, "mode=ro", busy_s)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        connection.close()
        if not error.sqlite_errorname.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY")):
            raise
        return open_file(path, "mode=ro&immutable=1", busy_s)
    except BaseException:
        connection.close()
        raise
    return connection


def open_file(path: Path, how: str, busy_s: float) -> sqlite3.Connection:
    """``how``: parameters of SQLite's URI; for any thread, one at a time, which begins and ends its transactions."""
    uri = f"file:{quote(str(path.absolute()))}?{how}"
    return sqlite3.connect(uri, uri=True, timeout=busy_s, isolation_level=None, check_same_thread=False)
