"""The record of who did what in a registry: one row an act, in the act's own transaction."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from automatosx_nb.registry.schema import audit

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automatosx_nb.model.identity import Actor


def record(
    connection: Connection,
    actor: Actor,
    action: str,
    *,
    plugin: str | None = None,
    version: str | None = None,
    **details: Any,
) -> None:
    """Write that ``actor`` did ``action``, a slug as in ``member-add``; it is undone where the act is.

    :param details: what else is worth knowing of the act, as JSON has it; no secrets.
    """
    row = {
        "at": now(),
        "actor": actor.name,
        "token": actor.token,
        "action": action,
        "plugin": plugin,
        "version": version,
        "details": details,
        "request": actor.request,
    }
    connection.execute(insert(audit).values(row))


def now() -> str:
    """RFC 3339, UTC, to the second: as every time in the registry is written, so that texts order as times do."""
    return written(datetime.now(UTC))


def written(moment: datetime) -> str:
    """``moment``, of UTC, as :func:`now` writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
