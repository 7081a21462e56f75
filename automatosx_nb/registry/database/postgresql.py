"""One PostgreSQL database, shared by any number of processes and computers.

A write begins by locking the one row of ``sequence``. So writes come one after the other, as they do in SQLite, and
the numbers of changes are given in the order in which the changes are to be seen. They run at READ COMMITTED: each
statement after the lock sees all that was written before it, and nobody else writes until the end; so it comes to the
same as SERIALIZABLE, without its retries. (At REPEATABLE READ the snapshot would be older than the lock, and whoever
waited for it would fail.) A read runs at REPEATABLE READ: it is of one moment, waits for nobody and never fails.

Errors are told by their SQLSTATE (postgresql.org/docs/current/errcodes-appendix.html).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.types.string import StrDumperUnknown
from sqlalchemy import Connection, create_engine, event, text

from automatosx_nb.errors import (
    AutomatosxError,
    ProfileReadOnly,
    RegistryBusy,
    RegistryDamaged,
    StorageFailed,
    StorageFull,
    StoreUnreachable,
)
from automatosx_nb.registry.database.kind import BUSY_S

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import URL

MIGRATING_S = 300.0
"""How long a process waits for another one that migrates."""
CONNECTIONS = 20
"""Of one process, at most; five of them stay open."""
_MIGRATION = 0x6178_6E62
"""The advisory lock of whoever migrates: any number that is always the same ("axnb")."""
_CONNECTING: Mapping[str, Any] = {
    "connect_timeout": 5,
    "application_name": "automatosx_nb",
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}
_SESSION = f"-c lock_timeout={BUSY_S:.0f}s -c idle_in_transaction_session_timeout=60s"
"""A process that hangs, or is cut off, within a write would else hold up all others for as long as it does."""

_BUSY = ("55P03", "40001", "40P01", "57014", "53300")
_FULL = ("53100",)
_FORBIDDEN = ("25006", "42501")
_DAMAGED = ("42P01", "42703", "3F000", "XX")
_LOST = ("08", "57P", "25P03")


class PostgreSQL:
    """Implements :class:`automatosx_nb.registry.database.kind.Kind`."""

    read_only = False
    reading: Mapping[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    writing: Mapping[str, Any] = {"isolation_level": "READ COMMITTED"}
    fresh_s = 0.5
    has_revision = "SELECT to_regclass('alembic_version') IS NOT NULL"

    def __init__(self, url: URL) -> None:
        """What the URL's query says of the connection goes before what is said here."""
        self.where = url.set(query={}).render_as_string(hide_password=True)
        options = f"{_SESSION} {url.query.get('options', '')}".rstrip()
        given = {name: value for name, value in _CONNECTING.items() if name not in url.query}
        self.engine = create_engine(
            url.difference_update_query(["options"]),
            connect_args={**given, "options": options},
            pool_size=5,
            max_overflow=CONNECTIONS - 5,
            pool_timeout=BUSY_S,
            pool_pre_ping=True,
            use_native_hstore=False,
        )
        event.listen(self.engine, "connect", _connected)

    def version(self) -> None:
        return

    def close(self) -> None:
        self.engine.dispose()

    def lock(self, connection: Connection) -> None:
        connection.exec_driver_sql("SELECT value FROM sequence FOR UPDATE")

    def lock_schema(self, connection: Connection) -> None:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{MIGRATING_S:.0f}s'")
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION})

    def ours(self, error: BaseException | None) -> AutomatosxError:
        state = error.sqlstate if isinstance(error, psycopg.Error) else None
        reason = _reason(error)
        if state is None:
            lost = isinstance(error, psycopg.OperationalError)
            return StoreUnreachable(self.where, reason) if lost else StorageFailed(self.where, reason)
        if state.startswith(_BUSY):
            return RegistryBusy(self.where, BUSY_S)
        if state.startswith(_FULL):
            return StorageFull(self.where, reason)
        if state.startswith(_FORBIDDEN):
            return ProfileReadOnly(self.where, reason)
        if state.startswith(_DAMAGED):
            return RegistryDamaged(self.where, reason)
        if state.startswith(_LOST):
            return StoreUnreachable(self.where, reason)
        return StorageFailed(self.where, f"{reason} ({state})")


def _reason(error: BaseException | None) -> str:
    """The server's own sentence, without the statement that it quotes; else what the driver says."""
    said = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    return said or " ".join(str(error).split()) or type(error).__name__


class _Text(StrDumperUnknown):
    """PostgreSQL's text has no U+0000: it is written as what CommonMark shows for it, and so no id is found by it."""

    def dump(self, obj: str) -> Any:
        return super().dump(obj.replace("\0", "\ufffd"))


def _connected(connection: psycopg.Connection[Any], _record: object) -> None:
    connection.adapters.register_dumper(str, _Text)
