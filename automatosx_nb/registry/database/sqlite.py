"""One SQLite file. Its errors are told by their names (sqlite.org/rescode.html)."""

from __future__ import annotations

import sqlite3
import threading
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event

from automatosx_nb.errors import (
    AutomatosxError,
    ProfileReadOnly,
    RegistryBusy,
    RegistryDamaged,
    StorageFailed,
    StorageFull,
)
from automatosx_nb.files import make_folder, storage_errors, sync_folder
from automatosx_nb.read_only import can_write, open_file, open_read_only
from automatosx_nb.registry.database.kind import BUSY_S

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_FULL = (
    "SQLITE_FULL",
    "SQLITE_IOERR_WRITE",
    "SQLITE_IOERR_FSYNC",
    "SQLITE_IOERR_SHMSIZE",
    "SQLITE_IOERR_TRUNCATE",
)
_FORBIDDEN = ("SQLITE_READONLY", "SQLITE_PERM", "SQLITE_CANTOPEN", "SQLITE_IOERR_DELETE")
_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL")
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_FORMAT", "SQLITE_ERROR", "SQLITE_SCHEMA")


class SQLite:
    """Implements :class:`automatosx_nb.registry.database.kind.Kind`. Reads run beside a write (WAL)."""

    reading: Mapping[str, Any] = {}
    writing: Mapping[str, Any] = {"automatosx_write": True}
    fresh_s = 0.0
    has_revision = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'"

    def __init__(self, path: Path, make: Callable[[Path], None]) -> None:
        """``make`` puts a new, empty registry at a path where there is an empty file."""
        self.path = path
        self.where = str(path)
        with storage_errors(path):
            exists = path.exists()
        if not exists:
            _create(path, make)
        self.read_only = exists and not can_write(path)
        self.engine = _engine(path, read_only=self.read_only)
        self._watching = threading.Lock()
        self._watch: sqlite3.Connection | None = None

    def version(self) -> int:
        """By a connection that never writes: each other one's commit is a change to it (sqlite.org/pragma.html,
        ``data_version``)."""
        try:
            with self._watching:
                if self._watch is None:
                    self._watch = _connect(self.path, read_only=self.read_only)
                return int(self._watch.execute("PRAGMA data_version").fetchone()[0])
        except sqlite3.Error as error:
            raise self.ours(error) from error

    def close(self) -> None:
        with self._watching:
            if self._watch is not None:
                self._watch.close()
            self._watch = None
        self.engine.dispose()

    def lock(self, connection: Connection) -> None:
        """BEGIN IMMEDIATE has done it."""

    lock_schema = lock

    def ours(self, error: BaseException | None) -> AutomatosxError:
        return _ours(error, self.path)


def _create(path: Path, make: Callable[[Path], None]) -> None:
    """Make the database aside and move it to ``path`` whole, so that nobody ever meets one that is half made."""
    from filelock import FileLock, Timeout

    make_folder(path.parent)
    new = path.with_name(f"{path.name}.new")
    try:
        with storage_errors(path), FileLock(f"{path}.lock", timeout=BUSY_S):
            if path.exists():
                return
            for leftover in path.parent.glob(f"{new.name}*"):
                leftover.unlink()
            new.touch(mode=0o600)
            make(new)
            new.replace(path)
            sync_folder(path.parent)
    except Timeout as error:
        raise RegistryBusy(str(path), BUSY_S) from error


def _engine(path: Path, *, read_only: bool) -> Engine:
    engine = create_engine(
        "sqlite://",
        creator=lambda: _connect(path, read_only=read_only),
        poolclass=QueuePool,
        max_overflow=-1,
    )
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("automatosx_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    if read_only:
        return open_read_only(path, BUSY_S)
    connection = open_file(path, "mode=rwc", BUSY_S)
    try:
        connection.execute("PRAGMA journal_mode = WAL").fetchone()
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def _ours(error: BaseException | None, path: Path) -> AutomatosxError:
    name = getattr(error, "sqlite_errorname", "")
    reason = str(error)
    if name.startswith(_FULL):
        return StorageFull(str(path), reason)
    if name.startswith(_FORBIDDEN):
        return ProfileReadOnly(str(path), reason)
    if name.startswith(_BUSY):
        return RegistryBusy(str(path), BUSY_S)
    if name.startswith(_DAMAGED):
        return RegistryDamaged(str(path), reason)
    return StorageFailed(str(path), f"{reason} ({name})" if name else reason)
