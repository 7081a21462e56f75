"""The registry's audit log, as it is read; ``acts`` writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from automatosx_nb.model.acts import Act, ActPage
from automatosx_nb.registry.schema import audit

if TYPE_CHECKING:
    from automatosx_nb.model.identity import Actor
    from automatosx_nb.registry.database import Database

MOST = 100
"""Acts in one page."""


class AuditLog:
    """Implements :class:`automatosx_nb.model.ports_registry.AuditLog`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(
        self,
        actor: Actor,
        *,
        plugin: str | None = None,
        by: str | None = None,
        action: str | None = None,
        before: int | None = None,
        size: int = 50,
    ) -> ActPage:
        """As :meth:`automatosx_nb.model.ports_registry.AuditLog.read`."""
        size = min(max(size, 1), MOST)
        asked = {audit.c.plugin: plugin, audit.c.actor: by, audit.c.action: action}
        query = select(audit).order_by(audit.c.key.desc()).limit(size + 1)
        for column, wanted in asked.items():
            query = query if wanted is None else query.where(column == wanted)
        if not actor.reads_all:
            query = query.where(audit.c.actor == actor.name)
        if before is not None:
            query = query.where(audit.c.key < before)
        with self._database.read() as connection:
            found = [Act(**row) for row in connection.execute(query).mappings()]
        items = found[:size]
        return ActPage(tuple(items), items[-1].key if len(found) > len(items) else None)
