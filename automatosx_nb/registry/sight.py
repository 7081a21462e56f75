"""Who sees which releases, and what they see.

A draft is seen by its publisher's members, and by whoever reads everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, or_, select, true

from automatosx_nb.errors import UnknownPlugin, UnknownRelease
from automatosx_nb.model.release import Stage
from automatosx_nb.model.spelling import nearest
from automatosx_nb.registry import records
from automatosx_nb.registry.schema import artifacts, plugins, publishers, releases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from automatosx_nb.model.identity import Actor
    from automatosx_nb.registry.records import Record


def seen_by(actor: Actor | None) -> ColumnElement[bool]:
    """A condition on ``releases``. None: whoever has the registry's folder, and sees all that is in it."""
    if actor is None or actor.reads_all:
        return true()
    public = releases.c.stage != Stage.DRAFT.value
    if not actor.publishers:
        return public
    joined = plugins.join(publishers, publishers.c.key == plugins.c.publisher)
    own = select(plugins.c.key).select_from(joined).where(publishers.c.name.in_(sorted(actor.publishers)))
    return or_(public, releases.c.plugin.in_(own))


class Sight:
    """What ``reader`` sees of a registry, in the rows of its tables; None: everything."""

    def __init__(self, reader: Actor | None) -> None:
        self._reader = reader

    def known(self, connection: Connection) -> tuple[str, ...]:
        """Every plugin's id, sorted."""
        query = select(plugins.c.id)
        if self._reader is not None:
            query = query.where(plugins.c.key.in_(select(releases.c.plugin).where(seen_by(self._reader))))
        return tuple(sorted(connection.execute(query).scalars()))  # databases differ in what comes first

    def shown(self, connection: Connection) -> tuple[str, ...]:
        """Of :meth:`known`, those of which something can be had."""
        seen = select(releases.c.plugin).where(releases.c.quarantined.is_(None) & seen_by(self._reader))
        return tuple(sorted(connection.execute(select(plugins.c.id).where(plugins.c.key.in_(seen))).scalars()))

    def releases(self, connection: Connection, plugin: str, version: str | None = None) -> list[Record]:
        """All, or the one of that version, but what is quarantined."""
        query = (
            select(releases, plugins.c.id, publishers.c.verified)
            .join(plugins, plugins.c.key == releases.c.plugin)
            .join(publishers, publishers.c.key == plugins.c.publisher)
            .where((plugins.c.id == plugin) & releases.c.quarantined.is_(None) & seen_by(self._reader))
        )
        if version is not None:
            query = query.where(releases.c.version == version)
        return list(connection.execute(query))

    def index_rows(self, connection: Connection, ids: Sequence[str]) -> list[Record]:
        """Every release of ``ids``, with what an index says of one, and nothing that is only shown."""
        query = select(*records.INDEX_COLUMNS, plugins.c.id, artifacts.c.size)
        joined = releases.join(plugins, plugins.c.key == releases.c.plugin)
        joined = joined.join(artifacts, artifacts.c.sha256 == releases.c.artifact)
        return list(connection.execute(query.select_from(joined).where(plugins.c.id.in_(ids) & seen_by(self._reader))))

    def release(self, connection: Connection, plugin: str, version: str) -> Record:
        """:raises UnknownPlugin: with the nearest ids.
        :raises UnknownRelease: with those that there are.
        """
        found = self.releases(connection, plugin, version)
        if found:
            return found[0]
        rows = records.newest_first(self.releases(connection, plugin))
        if not rows:
            raise UnknownPlugin(plugin, nearest(plugin, self.shown(connection)))
        raise UnknownRelease(plugin, version, tuple(row.version for row in rows))
