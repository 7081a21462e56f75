"""Publishing: one artifact becomes one release, whole or not at all.

The checks run before the transaction, for they take long; what they cannot know then (that nobody else published
the same version or a look-alike meanwhile) is asked again inside it, where there is one writer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, true, update

from automatosx_nb import package
from automatosx_nb.errors import (
    ArtifactMismatch,
    PluginQuarantined,
    PublishRefused,
    ReleaseExists,
    VersionTaken,
    VersionUsed,
)
from automatosx_nb.model.identity import owner as whoever_has_the_folder
from automatosx_nb.model.names import BUNDLED_PUBLISHERS, publisher_of
from automatosx_nb.model.publishing import PublishPolicy
from automatosx_nb.model.release import CheckResult, PublishReport, Stage
from automatosx_nb.model.release_lines import last_of_line
from automatosx_nb.model.review import ReviewPolicy
from automatosx_nb.model.semver import Version
from automatosx_nb.registry import acts, checks, records, schema, stages, unreadable
from automatosx_nb.registry.blobs import DigestDiffers
from automatosx_nb.registry.checks.companions import companions
from automatosx_nb.registry.checks.lookalike import HIDDEN, neighbours, refusal, skeleton
from automatosx_nb.registry.checks.submission import Neighbour, Submission
from automatosx_nb.registry.sight import seen_by
from automatosx_nb.registry.tried import digest
from automatosx_nb.sandbox.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import ColumnElement, Connection, Table

    from automatosx_nb.model.identity import Actor
    from automatosx_nb.model.manifest import Manifest
    from automatosx_nb.package import Package
    from automatosx_nb.registry.blobs import BlobStore
    from automatosx_nb.registry.database import Database
    from automatosx_nb.registry.records import Record
    from automatosx_nb.sandbox.supervisor import Sandbox

Also = Callable[["Connection", PublishReport], None]
_DEFAULT_POLICY, _DEFAULT_LIMITS = PublishPolicy(), Limits()
_OWNER = whoever_has_the_folder()
_NO_REVIEW = ReviewPolicy()
COMPARED = 100
"""The newest releases of a plugin that a new one's promises are held against."""


def publish(
    artifact: bytes,
    *,
    stage: Stage,
    database: Database,
    blobs: BlobStore,
    sandbox: Sandbox | None,
    owner: bool = False,
    actor: Actor = _OWNER,
    policy: PublishPolicy = _DEFAULT_POLICY,
    review: ReviewPolicy = _NO_REVIEW,
    limits: Limits = _DEFAULT_LIMITS,
    also: Also | None = None,
    tried: Collection[str] = (),
) -> PublishReport:
    """As :meth:`automatosx_nb.model.ports.Registry.publish`.

    :param owner: whoever publishes is known to be the publisher; a verified publisher's name is nobody else's to use.
    :param actor: who publishes; unless told, whoever has the registry's folder.
    :param review: who has to approve it before it becomes ``stage``; until then it is a draft.
    :param limits: of the workers that try it, which cap what it asks for.
    :param also: what is written in the same transaction, where a release is made.
    :param tried: digests (``automatosx_nb.registry.tried``) of what was started before, and is not started again.
    :raises NotAnArchive, PublishRefused: as that says.
    :raises ActionForbidden: the name is not the actor's to publish under.
    :raises PluginQuarantined: all of the plugin is.
    :raises ArtifactMismatch: what is stored of another version is not what was published.
    """
    unpacked = unreadable.opened(artifact, policy)
    plugin, version = unpacked.manifest.id, unpacked.manifest.version
    with database.read() as connection:
        before = _before(connection, actor, unpacked, owner=owner)
        if isinstance(before, PublishReport):
            return before
        submission = _submission(connection, unpacked, sandbox, policy, limits, blobs, actor)
    if tried:
        submission = replace(submission, tried=digest(unpacked) in tried)
    results = checks.run(submission, policy)
    _refuse_what_failed(unpacked, results, before)
    blobs.put(artifact)
    with database.write() as connection:
        revision = next_revision(connection)  # first of all: from here on this is the only one that publishes
        before = _before(connection, actor, unpacked, owner=owner)
        if isinstance(before, PublishReport):
            return before
        _refuse_what_failed(unpacked, results, before)
        look_alike = _look_alike(connection, plugin, actor)
        if look_alike is not None:
            raise PublishRefused(plugin, str(version), (refusal(plugin, look_alike),), results)
        stage, wanted = stages.arrival(connection, review, unpacked.manifest, stage)
        report = PublishReport(plugin, str(version), unpacked.sha256, stage, True, results, wanted)
        blobs.keep(artifact)  # a collection of what no release names may have come between
        _insert(connection, unpacked, report, revision, actor)
        told = {"plugin": plugin, "version": report.version, "sha256": report.sha256, "stage": stage.value}
        told |= {"wanted": wanted.value} if wanted else {}
        acts.record(connection, actor, "publish", **told)
        if also is not None:
            also(connection, report)
    return report


def check(
    artifact: bytes,
    *,
    database: Database,
    blobs: BlobStore,
    sandbox: Sandbox | None,
    actor: Actor = _OWNER,
    policy: PublishPolicy = _DEFAULT_POLICY,
    limits: Limits = _DEFAULT_LIMITS,
) -> tuple[CheckResult, ...]:
    """As :meth:`automatosx_nb.model.ports.Registry.check`.

    :raises ActionForbidden: the name is not ``actor``'s to publish under, so its drafts are nothing to compare with.
    """
    found = package.examine(artifact)
    unpacked = found.package
    if unpacked is None:
        return unreadable.results(found, policy)
    plugin, version = unpacked.manifest.id, unpacked.manifest.version
    with database.read() as connection:
        _may_publish(connection, actor, plugin, version)
        taken = _taken(connection, unpacked, _existing(connection, plugin, version))
        submission = _submission(connection, unpacked, sandbox, policy, limits, blobs, actor)
    return _with_version(checks.run(submission, policy), taken)


def _with_version(results: tuple[CheckResult, ...], taken: VersionTaken | None) -> tuple[CheckResult, ...]:
    if taken is None:
        return results
    return (*results, CheckResult("version", False, "error", f"{taken.taken()} {taken.next_step()}", "plugin.toml"))


def _refuse_what_failed(unpacked: Package, results: tuple[CheckResult, ...], taken: VersionTaken | None) -> None:
    """:raises PublishRefused: as a kind of ``taken``, where the version is."""
    results = _with_version(results, taken)
    refused = checks.refusals(results)
    if refused:
        kind = PublishRefused if taken is None else type(taken)
        raise kind(unpacked.manifest.id, str(unpacked.manifest.version), refused, results)


def _submission(
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
        _look_alike(connection, plugin, actor),
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


def hold(connection: Connection) -> None:
    """Have the registry to oneself until the transaction ends, whether it comes to a change or not."""
    connection.execute(update(schema.sequence).values(value=schema.sequence.c.value))


def next_revision(connection: Connection) -> int:
    """The number of this change; the row is locked until the transaction ends, so changes have an order."""
    connection.execute(update(schema.sequence).values(value=schema.sequence.c.value + 1))
    return int(connection.execute(select(schema.sequence.c.value)).scalar_one())


def _before(
    connection: Connection, actor: Actor, unpacked: Package, *, owner: bool
) -> PublishReport | VersionTaken | None:
    """What became of the very same bytes, or what has their version; None: they are new, and the actor's to publish.

    Whoever sent them may ask again also before being known as a member, for who publishes first becomes one by it.
    """
    plugin, version = unpacked.manifest.id, unpacked.manifest.version
    existing = _existing(connection, plugin, version)
    if existing is None or actor.everything or existing.submitter != actor.name:
        _may_publish(connection, actor, plugin, version, owner=owner)
    if existing is not None and existing.artifact == unpacked.sha256:
        return _again(connection, existing, unpacked)
    _refuse_if_quarantined(connection, plugin)
    taken = _taken(connection, unpacked, existing)
    if taken is None:
        _refuse_if_verified(connection, actor, plugin, version, owner=owner)
    return taken


def _existing(connection: Connection, plugin: str, version: Version) -> Record | None:
    query = (
        select(schema.releases)
        .join(schema.plugins, schema.plugins.c.key == schema.releases.c.plugin)
        .where(schema.plugins.c.id == plugin, schema.releases.c.precedence == _precedence(version))
    )
    return connection.execute(query).one_or_none()


def _precedence(version: Version) -> str:
    return str(version).partition("+")[0]


def _again(connection: Connection, existing: Record, unpacked: Package) -> PublishReport:
    found = records.check_results(connection, existing.key)
    stage, wanted = Stage(existing.stage), stages.waits_for(connection, existing.key)
    return PublishReport(unpacked.manifest.id, existing.version, unpacked.sha256, stage, False, found, wanted)


def _taken(connection: Connection, unpacked: Package, existing: Record | None) -> VersionTaken | None:
    """What has the version, other than these bytes; ``existing`` is its release."""
    plugin, version = unpacked.manifest.id, unpacked.manifest.version
    if existing is not None:
        return None if existing.artifact == unpacked.sha256 else ReleaseExists(plugin, str(version))
    table = schema.used_versions
    query = select(table.c.plugin).where(table.c.plugin == plugin, table.c.precedence == _precedence(version))
    return VersionUsed(plugin, str(version)) if connection.execute(query).one_or_none() else None


def _refuse_if_quarantined(connection: Connection, plugin: str) -> None:
    table = schema.plugins
    reason = connection.execute(select(table.c.quarantined).where(table.c.id == plugin)).scalar_one_or_none()
    if reason is not None:
        raise PluginQuarantined(plugin, reason)


def _may_publish(connection: Connection, actor: Actor, plugin: str, version: Version, *, owner: bool = False) -> None:
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


def _refuse_if_verified(connection: Connection, actor: Actor, plugin: str, version: Version, *, owner: bool) -> None:
    """Whoever has the folder could publish as anybody; as who is verified there only what is known to be its."""
    name = publisher_of(plugin)
    table = schema.publishers
    verified = connection.execute(select(table.c.verified).where(table.c.name == name)).scalar_one_or_none()
    if actor.everything and verified and not owner:
        finding = f"the publisher {name!r} is verified here, and only it publishes under that name: choose another 'id'"
        raise PublishRefused(plugin, str(version), (finding,))


def _is_named(actor: Actor) -> ColumnElement[bool]:
    """A condition on ``plugins``: the actor sees some release of it, and so may be told its id."""
    if actor.everything or actor.reads_all:
        return true()
    return schema.plugins.c.key.in_(select(schema.releases.c.plugin).where(seen_by(actor)))


def _look_alike(connection: Connection, plugin: str, actor: Actor) -> str | None:
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


def _insert(connection: Connection, unpacked: Package, report: PublishReport, revision: int, actor: Actor) -> None:
    manifest = unpacked.manifest
    now = acts.now()
    plugin = _plugin(connection, manifest.id, revision, now, actor)
    connection.execute(insert(schema.artifacts).values(sha256=unpacked.sha256, size=unpacked.size))
    row = {
        "plugin": plugin,
        "version": str(manifest.version),
        "precedence": _precedence(manifest.version),
        "stage": report.stage.value,
        "submitter": actor.name,
        "published": now,
        "revision": revision,
        "artifact": unpacked.sha256,
        "summary": manifest.summary,
        "license": manifest.license,
        "authors": list(manifest.authors),
        "categories": list(manifest.categories),
        "keywords": list(manifest.keywords),
        "engine": str(manifest.requires.automatosx),
        "python": manifest.requires.python,
        "packages": list(manifest.requires.packages),
        "platforms": list(manifest.requires.platforms),
        "contributions": manifest.contributes.summary(),
        "readme": unpacked.readme,
        "changelog": unpacked.changelog,
    }
    used = {"plugin": manifest.id, "precedence": _precedence(manifest.version), "artifact": unpacked.sha256}
    connection.execute(insert(schema.used_versions).values(used))
    release = _inserted(connection, schema.releases, row)
    _insert_parts(connection, release, unpacked, report.checks)
    if report.wanted is not None:
        stages.wait(connection, release, report.wanted, revision)


def _plugin(connection: Connection, plugin: str, revision: int, now: str, actor: Actor) -> int:
    """The plugin's key; it and its publisher are made where this is the first release."""
    table = schema.plugins
    key = connection.execute(select(table.c.key).where(table.c.id == plugin)).scalar_one_or_none()
    if key is not None:
        connection.execute(update(table).where(table.c.key == key).values(revision=revision))
        return int(key)
    values = {
        "publisher": publisher_key(connection, publisher_of(plugin), now, actor),
        "id": plugin,
        "skeleton": skeleton(plugin),
        "created": now,
        "revision": revision,
    }
    return _inserted(connection, table, values)


def publisher_key(connection: Connection, name: str, now: str, actor: Actor) -> int:
    """The publisher's key. Whoever publishes first under a name owns it; the folder's owner needs no such row.

    :raises ActionForbidden: nobody has the name, and it is kept for what comes bundled.
    """
    table = schema.publishers
    key = connection.execute(select(table.c.key).where(table.c.name == name)).scalar_one_or_none()
    if key is not None:
        return int(key)
    if name in BUNDLED_PUBLISHERS:
        actor.publish(name)
    made = _inserted(connection, table, {"name": name, "verified": False, "created": now})
    if not actor.everything:
        member = {"publisher": made, "user": actor.name, "owner": True, "added": now}
        connection.execute(insert(schema.members).values(member))
    return made


def _inserted(connection: Connection, table: Table, values: dict[str, Any]) -> int:
    """Insert a row and return its key."""
    key = connection.execute(insert(table).values(values)).inserted_primary_key
    assert key is not None, "a single row was inserted"
    return int(key[0])


def _insert_parts(connection: Connection, release: int, unpacked: Package, results: tuple[CheckResult, ...]) -> None:
    manifest = unpacked.manifest
    needs = [(name, wanted, False) for name, wanted in manifest.requires.plugins.items()]
    needs += [(name, wanted, True) for name, wanted in manifest.requires.optional_plugins.items()]
    asked = [(text, reason, False) for text, reason in manifest.permissions.items()]
    asked += [(text, reason, True) for text, reason in manifest.optional_permissions.items()]
    parts: dict[Table, list[dict[str, Any]]] = {
        schema.dependencies: [
            {"release": release, "requires": name, "range": str(wanted), "optional": optional}
            for name, wanted, optional in needs
        ],
        schema.permissions: [
            {
                "release": release,
                "permission": text,
                "position": position,
                "reason": reason,
                "optional": optional,
            }
            for position, (text, reason, optional) in enumerate(asked)
        ],
        schema.checks: [
            {
                "release": release,
                "position": position,
                "check": result.check,
                "passed": result.passed,
                "severity": result.severity,
                "message": result.message,
                "file": result.file,
                "line": result.line,
                "duration_ms": result.duration_ms,
            }
            for position, result in enumerate(results)
        ],
    }
    for table, rows in parts.items():
        if rows:
            connection.execute(insert(table), rows)
