"""What stands under a name and a version already, and whose the name is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from automatosx_nb.errors import PluginQuarantined, PublishRefused, ReleaseExists, VersionUsed
from automatosx_nb.model.names import BUNDLED_PUBLISHERS, publisher_of
from automatosx_nb.model.release import PublishReport, Stage
from automatosx_nb.registry import obstacles, records, schema, stages

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automatosx_nb.errors import VersionTaken
    from automatosx_nb.model.identity import Actor
    from automatosx_nb.model.semver import Version
    from automatosx_nb.package import Package
    from automatosx_nb.registry.obstacles import Obstacle
    from automatosx_nb.registry.records import Record


def before(
    connection: Connection, actor: Actor, unpacked: Package, *, owner: bool, unsigned: bool
) -> PublishReport | tuple[Obstacle, ...]:
    """What became of the very same bytes; of others, which are the actor's to publish: what keeps them out.

    ``unsigned``: that there is no signature does.
    Whoever sent them may ask again also before being known as a member, for who publishes first becomes one by it.
    """
    plugin, version = unpacked.manifest.id, unpacked.manifest.version
    existing = release_of(connection, plugin, version)
    if existing is None or actor.everything or existing.submitter != actor.name:
        may_publish(connection, actor, plugin, version, owner=owner)
    if existing is not None and existing.artifact == unpacked.sha256:
        return _again(connection, existing, unpacked)
    found = in_the_way(connection, actor, unpacked, existing, owner=owner)
    return (*found, obstacles.signature(plugin, version)) if unsigned else found


def in_the_way(
    connection: Connection, actor: Actor, unpacked: Package, existing: Record | None, *, owner: bool = False
) -> tuple[Obstacle, ...]:
    """Of bytes that nobody published yet; ``existing`` is what has their version."""
    plugin = unpacked.manifest.id
    taken = _taken_by(connection, unpacked, existing)
    found = [obstacles.version(taken)] if taken else []
    if actor.everything and not owner and _is_verified(connection, publisher_of(plugin)):
        found.append(obstacles.publisher(plugin))
    reason = _quarantined(connection, plugin)
    return (*found, obstacles.quarantine(PluginQuarantined(plugin, reason))) if reason is not None else tuple(found)


def release_of(connection: Connection, plugin: str, version: Version) -> Record | None:
    """Of ``version`` in whatever build (SemVer 2.0.0, item 10)."""
    query = (
        select(schema.releases)
        .join(schema.plugins, schema.plugins.c.key == schema.releases.c.plugin)
        .where(schema.plugins.c.id == plugin, schema.releases.c.precedence == precedence(version))
    )
    return connection.execute(query).one_or_none()


def precedence(version: Version) -> str:
    return str(version).partition("+")[0]


def _again(connection: Connection, existing: Record, unpacked: Package) -> PublishReport:
    found = records.check_results(connection, existing.key)
    stage, wanted = Stage(existing.stage), stages.waits_for(connection, existing.key)
    return PublishReport(unpacked.manifest.id, existing.version, unpacked.sha256, stage, False, found, wanted)


def _taken_by(connection: Connection, unpacked: Package, existing: Record | None) -> VersionTaken | None:
    plugin, version = unpacked.manifest.id, unpacked.manifest.version
    if existing is not None:
        return ReleaseExists(plugin, str(version))
    table = schema.used_versions
    query = select(table.c.plugin).where(table.c.plugin == plugin, table.c.precedence == precedence(version))
    return VersionUsed(plugin, str(version)) if connection.execute(query).one_or_none() else None


def _quarantined(connection: Connection, plugin: str) -> str | None:
    """Why all of it is."""
    table = schema.plugins
    query = select(table.c.quarantined).where(table.c.id == plugin)
    reason: str | None = connection.execute(query).scalar_one_or_none()
    return reason


def may_publish(connection: Connection, actor: Actor, plugin: str, version: Version, *, owner: bool = False) -> None:
    """A name that nobody has is its first user's, unless it is kept for what comes bundled; then its members'.

    It comes before anything is said of the publisher's releases, which may be drafts.
    """
    name = publisher_of(plugin)
    table = schema.publishers
    found = connection.execute(select(table.c.key, table.c.verified).where(table.c.name == name)).one_or_none()
    if not actor.everything:
        actor.upload()
        if found is not None or name in BUNDLED_PUBLISHERS:
            actor.publish(name)
    elif owner and found is not None and not found.verified and _has_members(connection, found.key):
        finding = f"the publisher {name!r} has members here whom nobody vouched for: verify it first, if it is the one"
        raise PublishRefused(plugin, str(version), (finding,))


def _has_members(connection: Connection, publisher: int) -> bool:
    table = schema.members
    return connection.execute(select(table.c.user).where(table.c.publisher == publisher)).first() is not None


def _is_verified(connection: Connection, publisher: str) -> bool:
    """Whoever has the folder could publish as anybody; as who is verified there only what is known to be its."""
    table = schema.publishers
    return bool(connection.execute(select(table.c.verified).where(table.c.name == publisher)).scalar_one_or_none())
