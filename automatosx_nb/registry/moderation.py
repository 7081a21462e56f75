"""What is done about releases that are out: yanked, deprecated, quarantined, and that taken back; or deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select, update

from automatosx_nb.errors import InvalidAct
from automatosx_nb.model.moderation import LONGEST_TEXT
from automatosx_nb.model.names import is_plugin_id
from automatosx_nb.registry import acts, finding, revisions, stages
from automatosx_nb.registry.schema import artifacts, plugins, releases, used_versions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from automatosx_nb.model.identity import Actor
    from automatosx_nb.registry.database import Database
    from automatosx_nb.registry.records import Record


class Moderation:
    """Implements :class:`automatosx_nb.model.ports_registry.Moderation`; methods may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def yank(self, actor: Actor, plugin: str, version: str, reason: str | None) -> None:
        """As :meth:`automatosx_nb.model.ports_registry.Moderation.yank`."""
        action = "unyank" if reason is None else "yank"
        with self._database.write() as connection:
            revisions.hold(connection)
            row = finding.find_release(connection, actor, plugin, version)
            _own_or_administer(actor, row)
            _set(connection, actor, [row], {"yanked": _reason(reason)}, action, version=version)

    def deprecate(
        self, actor: Actor, plugin: str, version: str | None, reason: str | None, successor: str | None = None
    ) -> None:
        """As :meth:`automatosx_nb.model.ports_registry.Moderation.deprecate`."""
        _check_successor(plugin, reason, successor)
        action = "undeprecate" if reason is None else "deprecate"
        values = {"deprecated": _reason(reason), "successor": successor}
        with self._database.write() as connection:
            revisions.hold(connection)
            rows = _rows(connection, actor, plugin, version)
            _own_or_administer(actor, rows[0])
            _set(connection, actor, rows, values, action, version=version)

    def quarantine(self, actor: Actor, plugin: str, version: str | None, reason: str | None) -> None:
        """As :meth:`automatosx_nb.model.ports_registry.Moderation.quarantine`."""
        actor.review()
        action = "release" if reason is None else "quarantine"
        with self._database.write() as connection:
            revisions.hold(connection)
            rows = _rows(connection, actor, plugin, version)
            if version is None:
                values = {"quarantined": _reason(reason)}
                connection.execute(update(plugins).where(plugins.c.key == rows[0].plugin).values(values))
            elif reason is None:
                _refuse_while_whole(connection, rows[0])
            _set(connection, actor, rows, {"quarantined": _reason(reason)}, action, version=version)

    def delete(self, actor: Actor, plugin: str, version: str, reason: str) -> None:
        """As :meth:`automatosx_nb.model.ports_registry.Moderation.delete`."""
        actor.administer()
        said = _reason(reason)
        with self._database.write() as connection:
            revisions.hold(connection)
            if _is_gone(connection, plugin, version):
                return
            row = finding.find_release(connection, actor, plugin, version)
            connection.execute(delete(releases).where(releases.c.key == row.key))
            others = select(releases.c.key).where(releases.c.artifact == row.artifact)
            if connection.execute(others).first() is None:
                connection.execute(delete(artifacts).where(artifacts.c.sha256 == row.artifact))
            stages.changed(connection, row.plugin, revisions.next_revision(connection))
            told = {"sha256": row.artifact, "reason": said}
            acts.record(connection, actor, "delete", plugin=plugin, version=version, **told)


def _is_gone(connection: Connection, plugin: str, version: str) -> bool:
    """Whether there was such a release, and is no more."""
    precedence = version.partition("+")[0]
    was = select(used_versions.c.plugin).where(
        (used_versions.c.plugin == plugin) & (used_versions.c.precedence == precedence)
    )
    joined = releases.join(plugins, plugins.c.key == releases.c.plugin)
    still = select(releases.c.key).select_from(joined)
    still = still.where((plugins.c.id == plugin) & (releases.c.precedence == precedence))
    return connection.execute(was).first() is not None and connection.execute(still).first() is None


def _rows(connection: Connection, actor: Actor, plugin: str, version: str | None) -> list[Record]:
    if version is None:
        return finding.find_releases(connection, actor, plugin)
    return [finding.find_release(connection, actor, plugin, version)]


def _own_or_administer(actor: Actor, row: Record) -> None:
    """:raises ActionForbidden:"""
    if not actor.may_administer:
        actor.publish(row.publisher)


def _reason(text: str | None) -> str | None:
    """:raises InvalidAct:"""
    if text is None:
        return None
    if not text.strip():
        raise InvalidAct("that takes a reason, which everybody who has the plugin is shown", "Say why")
    if len(text) > LONGEST_TEXT:
        raise InvalidAct(f"the reason has {len(text)} characters", f"At most {LONGEST_TEXT} are kept")
    return text.strip()


def _check_successor(plugin: str, reason: str | None, successor: str | None) -> None:
    if successor is None:
        return
    if reason is None or successor == plugin or not is_plugin_id(successor):
        raise InvalidAct(f"{successor!r} is no successor of {plugin}", "Name the id of another plugin, beside a reason")


def _refuse_while_whole(connection: Connection, row: Record) -> None:
    whole = connection.execute(select(plugins.c.quarantined).where(plugins.c.key == row.plugin)).scalar_one()
    if whole is not None:
        raise InvalidAct(f"all of {row.id} is quarantined: {whole}", f"Release {row.id} without a version")


def _set(
    connection: Connection,
    actor: Actor,
    rows: Sequence[Record],
    values: dict[str, Any],
    action: str,
    *,
    version: str | None,
) -> None:
    """Put ``values`` into those of ``rows`` that have others; where none has, it is no act."""
    differ = [row.key for row in rows if any(getattr(row, name) != value for name, value in values.items())]
    if not differ:
        return
    connection.execute(update(releases).where(releases.c.key.in_(differ)).values(values))
    stages.changed(connection, rows[0].plugin, revisions.next_revision(connection))
    told = {
        "reason": next(iter(values.values())),
        **({"successor": values["successor"]} if values.get("successor") else {}),
    }
    acts.record(connection, actor, action, plugin=rows[0].id, version=version, **told)
