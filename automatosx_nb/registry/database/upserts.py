"""INSERT … ON CONFLICT, which SQLite and PostgreSQL write alike and SQLAlchemy keeps apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table
    from sqlalchemy.dialects.sqlite import Insert


def inserting(connection: Connection, table: Table) -> Insert:
    """An INSERT of the connection's database, with ``on_conflict_do_update`` and ``on_conflict_do_nothing``."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)  # type: ignore[return-value]  # has the same methods
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(table)


def add(connection: Connection, table: Table, key: dict[str, Any], counter: str, amount: int) -> None:
    """Add ``amount`` to the ``counter`` of the row with ``key``, which is made where it is missing."""
    statement = inserting(connection, table).values({**key, counter: amount})
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=list(key), set_={counter: table.c[counter] + statement.excluded[counter]}
        )
    )
