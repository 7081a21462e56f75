"""Publishing: one artifact becomes one release, whole or not at all.

The checks run before the transaction, for they take long; what they cannot know then (that nobody else published
the same version or a look-alike meanwhile) is asked again inside it, where there is one writer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from automatosx_nb import package
from automatosx_nb.errors import PublishRefused
from automatosx_nb.model.identity import owner as whoever_has_the_folder
from automatosx_nb.model.publishing import PublishPolicy
from automatosx_nb.model.release import CheckResult, PublishReport, Stage
from automatosx_nb.model.review import ReviewPolicy
from automatosx_nb.registry import acts, checks, examining, releasing, revisions, stages, standing, unreadable
from automatosx_nb.registry.checks.lookalike import refusal
from automatosx_nb.registry.tried import digest
from automatosx_nb.sandbox.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

    from automatosx_nb.model.identity import Actor
    from automatosx_nb.package import Package
    from automatosx_nb.registry.blobs import BlobStore
    from automatosx_nb.registry.database import Database
    from automatosx_nb.registry.obstacles import Obstacle
    from automatosx_nb.sandbox.supervisor import Sandbox

Also = Callable[["Connection", PublishReport], None]
_DEFAULT_POLICY, _DEFAULT_LIMITS = PublishPolicy(), Limits()
_OWNER = whoever_has_the_folder()
_NO_REVIEW = ReviewPolicy()


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
    unsigned: bool = False,
) -> PublishReport:
    """As :meth:`automatosx_nb.model.ports.Registry.publish`.

    :param owner: whoever publishes is known to be the publisher; a verified publisher's name is nobody else's to use.
    :param actor: who publishes; unless told, whoever has the registry's folder.
    :param review: who has to approve it before it becomes ``stage``; until then it is a draft.
    :param limits: of the workers that try it, which cap what it asks for.
    :param also: what is written in the same transaction, where a release is made.
    :param tried: digests (``automatosx_nb.registry.tried``) of what was started before, and is not started again.
    :param unsigned: it has no signature, and the policy asks for one.
    :raises NotAnArchive, PublishRefused: as that says.
    :raises ActionForbidden: the name is not the actor's to publish under.
    :raises PluginQuarantined, SignatureRequired: nothing else is wrong.
    :raises ArtifactMismatch: what is stored of another version is not what was published.
    """
    unpacked = unreadable.opened(artifact, policy)
    plugin, version = unpacked.manifest.id, unpacked.manifest.version
    with database.read() as connection:
        before = standing.before(connection, actor, unpacked, owner=owner, unsigned=unsigned)
        if isinstance(before, PublishReport):
            return before
        submission = examining.submission_of(connection, unpacked, sandbox, policy, limits, blobs, actor)
    if tried:
        submission = replace(submission, tried=digest(unpacked) in tried)
    results = checks.run(submission, policy)
    _refuse_what_failed(unpacked, results, before)
    blobs.put(artifact)
    with database.write() as connection:
        revision = revisions.next_revision(connection)  # first of all: from here on this is the only one that publishes
        before = standing.before(connection, actor, unpacked, owner=owner, unsigned=unsigned)
        if isinstance(before, PublishReport):
            return before
        _refuse_what_failed(unpacked, results, before)
        look_alike = examining.look_alike(connection, plugin, actor)
        if look_alike is not None:
            raise PublishRefused(plugin, str(version), (refusal(plugin, look_alike),), results)
        stage, wanted = stages.arrival(connection, review, unpacked.manifest, stage)
        report = PublishReport(plugin, str(version), unpacked.sha256, stage, True, results, wanted)
        blobs.keep(artifact)  # a collection of what no release names may have come between
        releasing.insert_release(connection, unpacked, report, revision, actor)
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
    examined = package.examine(artifact)
    unpacked = examined.package
    if unpacked is None:
        return unreadable.results(examined, policy)
    plugin, version = unpacked.manifest.id, unpacked.manifest.version
    with database.read() as connection:
        standing.may_publish(connection, actor, plugin, version)
        existing = standing.release_of(connection, plugin, version)
        again = existing is not None and existing.artifact == unpacked.sha256
        found = () if again else standing.in_the_way(connection, actor, unpacked, existing)
        submission = examining.submission_of(connection, unpacked, sandbox, policy, limits, blobs, actor)
    return (*checks.run(submission, policy), *(each.result for each in found))


def _refuse_what_failed(unpacked: Package, results: tuple[CheckResult, ...], found: tuple[Obstacle, ...]) -> None:
    """:raises PublishRefused: with all that failed, and as the kind of the first of ``found`` that is one.
    :raises PluginQuarantined, SignatureRequired: nothing else is wrong.
    """
    results = (*results, *(each.result for each in found))
    refused = checks.refusals(results)
    if not refused:
        return
    alone = found[0].alone if len(found) == len(refused) == 1 else None
    if alone is not None and not isinstance(alone, PublishRefused):
        raise alone
    kind = found[0].kind if found else PublishRefused
    raise kind(unpacked.manifest.id, str(unpacked.manifest.version), refused, results)
