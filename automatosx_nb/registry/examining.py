"""What a release is checked against: the others of its plugin, and the names beside its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, true

from automatosx_nb import package
from automatosx_nb.errors import ArtifactMismatch
from automatosx_nb.model.names import publisher_of
from automatosx_nb.model.release_lines import last_of_line
from automatosx_nb.model.semver import Version
from automatosx_nb.registry import records, schema
from automatosx_nb.registry.blobs import DigestDiffers
from automatosx_nb.registry.checks.companions import companions
from automatosx_nb.registry.checks.lookalike import HIDDEN, neighbours, skeleton
from automatosx_nb.registry.checks.submission import Neighbour, Submission
from automatosx_nb.registry.sight import seen_by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection

    from automatosx_nb.model.identity import Actor
    from automatosx_nb.model.manifest import Manifest
    from automatosx_nb.model.publishing import PublishPolicy
    from automatosx_nb.package import Package
    from automatosx_nb.registry.blobs import BlobStore
    from automatosx_nb.registry.records import Record
    from automatosx_nb.sandbox.limits import Limits
    from automatosx_nb.sandbox.supervisor import Sandbox

COMPARED = 100
"""The newest releases of a plugin that a new one's promises are held against."""


def submission_of(
    connection: Connection,
    unpacked: Package,
    sandbox: Sandbox | None,
    policy: PublishPolicy,
    limits: Limits,
    blobs: BlobStore,
    actor: Actor,
) -> Submission:
    plugin = unpacked.manifest.id
    others = _others(connection, plugin)
    return Submission(
        unpacked,
        look_alike(connection, plugin, actor),
        sandbox,
        _published(unpacked, others, blobs),
        near=() if others else _near(connection, plugin, actor),
        policy=policy,
        limits=limits,
        companions=companions(connection, blobs, unpacked.manifest) if unpacked.manifest.docs else (),
    )


def _others(connection: Connection, plugin: str) -> Sequence[Record]:
    """The versions of the newest releases, and their artifacts' digests."""
    query = (
        select(schema.releases.c.version, schema.releases.c.artifact)
        .join(schema.plugins, schema.plugins.c.key == schema.releases.c.plugin)
        .where(schema.plugins.c.id == plugin)
        .order_by(schema.releases.c.key.desc())
        .limit(COMPARED)
    )
    return list(connection.execute(query))


def _published(unpacked: Package, others: Sequence[Record], blobs: BlobStore) -> tuple[Manifest, ...]:
    """The manifests of other releases that the new one is held against: its services against all, its events against
    the last one of its line.

    :raises ArtifactMismatch: what is stored of one is not what was published.
    """
    if not unpacked.manifest.contributes.services:
        last = last_of_line(unpacked.manifest.version, [Version.parse(version) for version, _ in others])
        others = [each for each in others if each[0] == str(last)]
    found = []
    for version, sha256 in others:
        try:
            found += [package.read(blobs.read(sha256)).manifest] if sha256 != unpacked.sha256 else []
        except DigestDiffers as error:
            raise ArtifactMismatch(unpacked.manifest.id, version, error.expected, error.actual) from error
    return tuple(found)


def _is_named(actor: Actor) -> ColumnElement[bool]:
    """A condition on ``plugins``: the actor sees some release of it, and so may be told its id."""
    if actor.everything or actor.reads_all:
        return true()
    return schema.plugins.c.key.in_(select(schema.releases.c.plugin).where(seen_by(actor)))


def look_alike(connection: Connection, plugin: str, actor: Actor) -> str | None:
    """Another plugin's id that looks the same; ``HIDDEN``: the actor may not know which."""
    table = schema.plugins
    query = select(table.c.id, _is_named(actor).label("named"))
    row = connection.execute(query.where(table.c.skeleton == skeleton(plugin), table.c.id != plugin)).one_or_none()
    return None if row is None else row.id if row.named else HIDDEN


def _near(connection: Connection, plugin: str, actor: Actor) -> tuple[Neighbour, ...]:
    """Plugins of other publishers whose ids are one typing error or one confusion of letters away."""
    table, found = schema.plugins, []
    wanted = neighbours(plugin)
    joined = table.join(schema.publishers, schema.publishers.c.key == table.c.publisher)
    columns = (table.c.id, table.c.skeleton, schema.publishers.c.verified, _is_named(actor).label("named"))
    for some in records.batches(sorted(wanted)):
        query = select(*columns).select_from(joined).where(table.c.skeleton.in_(some))
        found += [row for row in connection.execute(query) if publisher_of(row.id) != publisher_of(plugin)]
    return tuple(Neighbour(row.id if row.named else HIDDEN, wanted[row.skeleton], row.verified) for row in found)
