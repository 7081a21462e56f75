"""A registry's database: opening, migrating, transactions, and whose error an error is.

All that is particular to SQLite is in ``sqlite``, to PostgreSQL in ``postgresql``; of the two only what is used is
loaded. Their errors, and SQLAlchemy's, become errors of ours here, once.
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, QueuePool
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from automatosx_nb.errors import (
    AutomatosxError,
    InvalidConfiguration,
    ProfileReadOnly,
    RegistryBusy,
    RegistryDamaged,
    RegistryTooNew,
)
from automatosx_nb.registry.database.kind import BUSY_S, Kind
from automatosx_nb.registry.database.upserts import add, inserting
from automatosx_nb.registry.migrations import HEAD, REVISIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Database:
    """One SQLite file, or one PostgreSQL database that any number of processes share.

    Reads run beside a write; writes come one after the other, across processes and computers, and each sees all that
    was written before it.

    Every method raises :class:`StorageFull`, :class:`ProfileReadOnly`, :class:`RegistryBusy`,
    :class:`RegistryDamaged`, :class:`StoreUnreachable` or :class:`StorageFailed`; ``IntegrityError`` alone passes,
    for it is an answer.
    """

    def __init__(self, where: Path | str, *, migrate: bool = True) -> None:
        """Open a file, made where it is missing, or the database of a URL, and bring its schema up to date.

        Without ``migrate`` it is left as it is, for whoever asks after it or brings it elsewhere, and not made either.

        A database that cannot be written is opened for reading only.

        :raises InvalidConfiguration: the URL is none, or of a database that is not known here.
        :raises RegistryTooNew: a newer automatosx_nb made it.
        """
        self.opened = where
        """As it was asked for, a password included: for another process, and nobody to read."""
        self._kind = _open(where, make=migrate)
        self.where = self._kind.where
        """The path, or the URL without its password."""
        self.read_only = self._kind.read_only
        self.fresh_s = self._kind.fresh_s
        """How long what another process changes may stay unseen by whoever follows changes."""
        self.last_write: object = None
        """Another object after every write of this process."""
        try:
            if migrate:
                self.migrate()
        except BaseException:
            self.close()
            raise

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A snapshot: all that is read through the connection is of one moment."""
        with self._errors(), self._kind.engine.connect() as connection:
            connection = connection.execution_options(**self._kind.reading)
            with connection.begin():
                yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """The only write transaction at this moment; it is undone where the block raises."""
        with self._alone(self._kind.lock) as connection:
            yield connection
        self.last_write = object()

    def connections(self) -> tuple[int, int]:
        """Of this process: how many are in use, and how many wait for use."""
        pool = self._kind.engine.pool
        assert isinstance(pool, QueuePool)
        return pool.checkedout(), pool.checkedin()

    def close(self) -> None:
        self._kind.close()

    def version(self) -> int | None:
        """Another number after every write, of whatever process; None: it takes a question of its own to know."""
        return self._kind.version()

    def revision(self) -> str | None:
        """The schema's revision, read without Alembic; None: the database is empty."""
        with self.read() as connection:
            return self._revision(connection)

    def _revision(self, connection: Connection) -> str | None:
        if not connection.exec_driver_sql(self._kind.has_revision).scalar_one():
            return None
        return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one_or_none()

    def migrate(self, to: str = HEAD) -> None:
        """Bring the schema to a revision. One process does it, and the others wait: each asks again at its turn.

        :raises RegistryTooNew: a newer automatosx_nb made it.
        """
        if self._known(self.revision()) == to:
            return
        from automatosx_nb.registry.migrations.run import downgrade, upgrade

        with self._alone(self._kind.lock_schema) as connection:
            now = self._known(self._revision(connection))
            if now is None or now < to:
                upgrade(connection, to)
            elif now > to:
                downgrade(connection, to)

    def _known(self, revision: str | None) -> str | None:
        if revision is not None and revision not in REVISIONS:
            raise RegistryTooNew(self.where, revision, HEAD)
        return revision

    @contextmanager
    def _alone(self, lock: Callable[[Connection], None]) -> Iterator[Connection]:
        if self.read_only:
            raise ProfileReadOnly(self.where, "the registry's database or its folder is read-only")
        with self._errors(), self._kind.engine.connect() as connection:
            connection = connection.execution_options(**self._kind.writing)
            with connection.begin():
                lock(connection)
                yield connection

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (AutomatosxError, IntegrityError):
            raise
        except DBAPIError as error:
            raise self._kind.ours(error.orig) from error
        except NoConnectionFree as error:
            raise RegistryBusy(self.where, BUSY_S) from error
        except SQLAlchemyError as error:
            raise RegistryDamaged(self.where, str(error).splitlines()[0]) from error


def _open(where: Path | str, *, make: bool) -> Kind:
    if isinstance(where, Path):
        if not (make or where.exists()):
            raise InvalidConfiguration("the database's URL", f"there is no {where}")
        from automatosx_nb.registry.database.sqlite import SQLite

        return SQLite(where, make=lambda path: Database(path).close())
    from automatosx_nb.registry.database.urls import kind_of

    kind = kind_of(where)
    return _open(kind, make=make) if isinstance(kind, Path) else kind


__all__ = ["BUSY_S", "Database", "add", "inserting"]
