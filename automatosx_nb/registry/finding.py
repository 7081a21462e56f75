"""One release of the database, for whoever acts on it: also a quarantined one, and a draft that the actor may see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from automatosx_nb.errors import UnknownPlugin, UnknownRelease
from automatosx_nb.model.spelling import nearest
from automatosx_nb.registry.schema import plugins, publishers, releases
from automatosx_nb.registry.sight import seen_by

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automatosx_nb.model.identity import Actor
    from automatosx_nb.registry.records import Record

COLUMNS = (
    releases.c.key,
    releases.c.plugin,
    releases.c.version,
    releases.c.stage,
    releases.c.yanked,
    releases.c.quarantined,
    releases.c.deprecated,
    releases.c.successor,
    releases.c.submitter,
    releases.c.published,
    releases.c.artifact,
    releases.c.packages,
    releases.c.contributions,
    plugins.c.id,
    publishers.c.name.label("publisher"),
)
JOINED = releases.join(plugins, plugins.c.key == releases.c.plugin).join(
    publishers, publishers.c.key == plugins.c.publisher
)
"""What :data:`COLUMNS` are of."""


def find_release(connection: Connection, actor: Actor, plugin: str, version: str) -> Record:
    """A row of :data:`COLUMNS`.

    :raises UnknownPlugin: with the nearest ids.
    :raises UnknownRelease: with those that there are.
    """
    rows = find_releases(connection, actor, plugin)
    for row in rows:
        if row.version == version:
            return row
    raise UnknownRelease(plugin, version, tuple(row.version for row in rows))


def find_releases(connection: Connection, actor: Actor, plugin: str) -> list[Record]:
    """All of a plugin's, at least one; the last published first.

    :raises UnknownPlugin: with the nearest ids.
    """
    query = select(*COLUMNS).select_from(JOINED).where((plugins.c.id == plugin) & seen_by(actor))
    found = list(connection.execute(query.order_by(releases.c.revision.desc())))
    if not found:
        seen = select(plugins.c.id).where(plugins.c.key.in_(select(releases.c.plugin).where(seen_by(actor))))
        raise UnknownPlugin(plugin, nearest(plugin, tuple(connection.execute(seen).scalars())))
    return found
