"""The registry's own order of changes: each has the next number, and there is one writer at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from automatosx_nb.registry import schema

if TYPE_CHECKING:
    from sqlalchemy import Connection


def hold(connection: Connection) -> None:
    """Have the registry to oneself until the transaction ends, whether it comes to a change or not."""
    connection.execute(update(schema.sequence).values(value=schema.sequence.c.value))


def next_revision(connection: Connection) -> int:
    """The number of this change; the row is locked until the transaction ends, so changes have an order."""
    connection.execute(update(schema.sequence).values(value=schema.sequence.c.value + 1))
    return int(connection.execute(select(schema.sequence.c.value)).scalar_one())
