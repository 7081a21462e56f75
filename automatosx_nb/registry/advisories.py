"""Advisories: what is known against a range of a plugin's versions, those that come later included."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select, update

from automatosx_nb.errors import InvalidAct, UnknownAdvisory
from automatosx_nb.model.moderation import LONGEST_TEXT
from automatosx_nb.model.names import is_plugin_id
from automatosx_nb.model.release import SEVERITIES, Advisory
from automatosx_nb.registry import acts, records, revisions
from automatosx_nb.registry.schema import advisories, plugins

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from automatosx_nb.model.identity import Actor
    from automatosx_nb.model.release import Severity
    from automatosx_nb.model.semver import Range
    from automatosx_nb.registry.database import Database


class Advisories:
    """Implements :class:`automatosx_nb.model.ports_registry.Advisories`; methods may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, actor: Actor, *, plugin: str | None = None) -> tuple[Advisory, ...]:
        """As :meth:`automatosx_nb.model.ports_registry.Advisories.all`."""
        query = select(advisories).order_by(advisories.c.published.desc(), advisories.c.id)
        if plugin is not None:
            query = query.where(advisories.c.plugin == plugin)
        with self._database.read() as connection:
            return tuple(map(records.advisory, connection.execute(query)))

    def make(
        self, actor: Actor, plugin: str, wanted: Range, severity: Severity, summary: str, *, disables: bool = False
    ) -> Advisory:
        """As :meth:`automatosx_nb.model.ports_registry.Advisories.make`."""
        actor.review()
        new = Advisory("", plugin, wanted, severity, summary, disables)
        for known in self.all(actor, plugin=plugin):
            if replace(known, id="", published="") == new:
                return known
        return self.put(actor, new)

    def put(self, actor: Actor, advisory: Advisory) -> Advisory:
        """As :meth:`automatosx_nb.model.ports_registry.Advisories.put`."""
        actor.review()
        _check(advisory)
        with self._database.write() as connection:
            revision = revisions.next_revision(connection)
            before = _find(connection, advisory.id) if advisory.id else None
            known = advisory.id or f"AX-{revision}"
            values: dict[str, Any] = {
                "plugin": advisory.plugin,
                "range": str(advisory.range),
                "severity": advisory.severity,
                "summary": advisory.summary,
                "disables": advisory.disables,
                "published": advisory.published or (before.published if before else acts.now()),
            }
            if before is None:
                connection.execute(insert(advisories).values(id=known, **values))
            else:
                connection.execute(update(advisories).where(advisories.c.id == known).values(values))
            action = "advisory-make" if before is None else "advisory-change"
            self._tell(connection, actor, action, known, values["plugin"], revision, values)
            if before is not None and before.plugin != advisory.plugin:
                _changed(connection, before.plugin, revision)
            return _found(connection, known)

    def withdraw(self, actor: Actor, advisory: str) -> None:
        """As :meth:`automatosx_nb.model.ports_registry.Advisories.withdraw`."""
        actor.review()
        with self._database.write() as connection:
            revision = revisions.next_revision(connection)
            before = _found(connection, advisory)
            connection.execute(delete(advisories).where(advisories.c.id == advisory))
            told = {"range": str(before.range), "severity": before.severity, "summary": before.summary}
            self._tell(connection, actor, "advisory-withdraw", advisory, before.plugin, revision, told)

    @staticmethod
    def _tell(
        connection: Connection,
        actor: Actor,
        action: str,
        advisory: str,
        plugin: str,
        revision: int,
        values: Mapping[str, Any],
    ) -> None:
        _changed(connection, plugin, revision)
        told = {name: value for name, value in values.items() if name != "plugin"}
        acts.record(connection, actor, action, plugin=plugin, advisory=advisory, **told)


def _check(advisory: Advisory) -> None:
    if not is_plugin_id(advisory.plugin):
        raise InvalidAct(f"{advisory.plugin!r} is no plugin's id", "Name one, as in acme.csv-doctor")
    if advisory.severity not in SEVERITIES:
        raise InvalidAct(f"there is no severity {advisory.severity!r}", f"There are {', '.join(SEVERITIES)}")
    if not advisory.summary.strip() or len(advisory.summary) > LONGEST_TEXT:
        raise InvalidAct("an advisory takes a summary", f"Say what is wrong in 1 to {LONGEST_TEXT} characters")


def _find(connection: Connection, advisory: str) -> Advisory | None:
    row = connection.execute(select(advisories).where(advisories.c.id == advisory)).one_or_none()
    return None if row is None else records.advisory(row)


def _found(connection: Connection, advisory: str) -> Advisory:
    found = _find(connection, advisory)
    if found is None:
        raise UnknownAdvisory(advisory)
    return found


def _changed(connection: Connection, plugin: str, revision: int) -> None:
    """One may be made of a plugin that is not here (yet)."""
    connection.execute(update(plugins).where(plugins.c.id == plugin).values(revision=revision))
