"""The database of an embedded registry: opening, migrating, transactions, and whose error an error is.

All that is particular to SQLite is in this file. Its errors (sqlite.org/rescode.html) and SQLAlchemy's become
errors of ours here, once.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, QueuePool, Table, create_engine, event
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from automatosx_nb.errors import (
    AutomatosxError,
    ProfileReadOnly,
    RegistryBusy,
    RegistryDamaged,
    RegistryTooNew,
    StorageFailed,
    StorageFull,
)
from automatosx_nb.files import make_folder, storage_errors, sync_folder
from automatosx_nb.registry.migrations import HEAD, REVISIONS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BUSY_S = 10.0
"""How long a writer waits for another one."""

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


class Database:
    """One SQLite file. Reads run beside a write (WAL); writes come one after the other, across processes.

    Every method raises :class:`StorageFull`, :class:`ProfileReadOnly`, :class:`RegistryBusy`,
    :class:`RegistryDamaged` or :class:`StorageFailed`; ``IntegrityError`` alone passes, for it is an answer.
    """

    def __init__(self, path: Path) -> None:
        """Open ``path``, make it where it is missing, and bring its schema up to date.

        A database that cannot be written is opened for reading only.

        :raises RegistryTooNew: a newer automatosx_nb made it.
        """
        self.path = path
        with storage_errors(path):
            exists = path.exists()
        if not exists:
            _create(path)
        self.read_only = exists and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))
        self._engine = _engine(path, read_only=self.read_only)
        try:
            self._migrate()
        except BaseException:
            self.close()
            raise

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A snapshot: all that is read through the connection is of one moment."""
        with self._errors(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """The only write transaction at this moment; it is undone where the block raises."""
        if self.read_only:
            raise ProfileReadOnly(str(self.path), "the registry's database or its folder is read-only")
        with self._errors(), self._engine.connect() as connection:
            connection = connection.execution_options(automatosx_write=True)
            with connection.begin():
                yield connection

    def close(self) -> None:
        self._engine.dispose()

    def revision(self) -> str | None:
        """The schema's revision, read without Alembic; None: the database is empty."""
        with self.read() as connection:
            known = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'"
            if not connection.exec_driver_sql(known).scalar_one():
                return None
            return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one_or_none()

    def _migrate(self) -> None:
        revision = self.revision()
        if revision == HEAD:
            return
        if revision is not None and revision not in REVISIONS:
            raise RegistryTooNew(str(self.path), revision, HEAD)
        from automatosx_nb.registry.migrations.run import upgrade

        with self.write() as connection:
            upgrade(connection)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (AutomatosxError, IntegrityError):
            raise
        except DBAPIError as error:
            raise _ours(error.orig, self.path) from error
        except SQLAlchemyError as error:
            raise RegistryDamaged(str(self.path), str(error).splitlines()[0]) from error


def add(connection: Connection, table: Table, key: dict[str, Any], counter: str, amount: int) -> None:
    """Add ``amount`` to the ``counter`` of the row with ``key``, which is made where it is missing."""
    statement = insert(table).values({**key, counter: amount})
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=list(key), set_={counter: table.c[counter] + statement.excluded[counter]}
        )
    )


def _create(path: Path) -> None:
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
            Database(new).close()
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
        return _connect_read_only(path)
    connection = _open(path, "mode=rwc")
    try:
        connection.execute("PRAGMA journal_mode = WAL").fetchone()
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def _connect_read_only(path: Path) -> sqlite3.Connection:
    """WAL needs its ``-shm`` file even to read. Where that cannot be had, the file is read as immutable
    (sqlite.org/wal.html#readonly)."""
    connection = _open(path, "mode=ro")
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        connection.close()
        if not error.sqlite_errorname.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY")):
            raise
        return _open(path, "mode=ro&immutable=1")
    return connection


def _open(path: Path, options: str) -> sqlite3.Connection:
    uri = f"file:{quote(str(path.absolute()))}?{options}"
    return sqlite3.connect(uri, uri=True, timeout=BUSY_S, isolation_level=None, check_same_thread=False)


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


__all__ = ["BUSY_S", "Database", "add"]
