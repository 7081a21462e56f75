"""Review: what waits for it, one entry's dossier, the reviewers' words, and the promotions that need them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from automatosx_nb.errors import InvalidAct, OwnSubmission, ReviewedElse, ReviewRejected, SignatureRequired
from automatosx_nb.model.identity import Actor
from automatosx_nb.model.moderation import LONGEST_TEXT
from automatosx_nb.model.release import Stage
from automatosx_nb.model.review import (
    STAGES,
    Review,
    ReviewPage,
    Standing,
    is_above,
)
from automatosx_nb.registry import acts, finding, revisions, stages
from automatosx_nb.registry.dossiers import dossier_of
from automatosx_nb.registry.schema import plugins, publishers, releases, reviews, waiting
from automatosx_nb.registry.signed import of_releases

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from automatosx_nb.model.review import Dossier, ReviewPolicy
    from automatosx_nb.registry.blobs import BlobStore
    from automatosx_nb.registry.database import Database
    from automatosx_nb.registry.records import Record

MOST = 100
"""Entries in one page of the queue."""


class Reviews:
    """Implements :class:`automatosx_nb.model.ports_registry.Reviews`; every method may be called from any thread."""

    def __init__(
        self, database: Database, blobs: BlobStore, policy: Callable[[], ReviewPolicy], *, signed: bool = False
    ) -> None:
        """:param signed: nothing is promoted that its publisher did not sign."""
        self._database = database
        self._blobs = blobs
        self._policy = policy
        self._signed = signed

    def queue(
        self,
        actor: Actor,
        *,
        publisher: str | None = None,
        plugin: str | None = None,
        to: Stage | None = None,
        open_to_me: bool = False,
        after: int | None = None,
        size: int = 50,
    ) -> ReviewPage:
        """As :meth:`automatosx_nb.model.ports_registry.Reviews.queue`."""
        size = min(max(size, 1), MOST)
        columns = (*finding.COLUMNS, waiting.c.revision.label("asked"))
        joined = finding.JOINED.join(waiting, waiting.c.release == releases.c.key)
        query = select(*columns).select_from(joined).where(releases.c.quarantined.is_(None))
        if not actor.reads_all:
            query = query.where(publishers.c.name.in_(sorted(actor.publishers)))
        if open_to_me:
            spoken = select(reviews.c.release).where(reviews.c.reviewer == actor.name)
            query = query.where((releases.c.submitter != actor.name) & releases.c.key.not_in(spoken))
        for column, wanted in ((publishers.c.name, publisher), (plugins.c.id, plugin), (waiting.c.stage, to)):
            query = query if wanted is None else query.where(column == wanted)
        if after is not None:
            query = query.where(waiting.c.revision > after)
        with self._database.read() as connection:
            rows = list(connection.execute(query.order_by(waiting.c.revision).limit(size + 1)))
            items = tuple(self._standing(connection, row) for row in rows[:size])
        return ReviewPage(items, rows[size - 1].asked if len(rows) > size else None)

    def dossier(self, actor: Actor, plugin: str, version: str) -> Dossier:
        """As :meth:`automatosx_nb.model.ports_registry.Reviews.dossier`."""
        with self._database.read() as connection:
            row = finding.find_release(connection, actor, plugin, version)
            _may_look(actor, row)
            return dossier_of(connection, self._blobs, row, self._standing(connection, row))

    def decide(
        self, actor: Actor, plugin: str, version: str, sha256: str, *, approves: bool, reason: str = ""
    ) -> Standing:
        """As :meth:`automatosx_nb.model.ports_registry.Reviews.decide`."""
        actor.review()
        _check_reason(reason, "" if approves else "a rejection")
        with self._database.write() as connection:
            revisions.hold(connection)
            row = finding.find_release(connection, actor, plugin, version)
            _refuse_own_or_else(actor, row, sha256)
            given = Review(actor.name, approves, reason, acts.now())
            if self._says_so_already(connection, row, given):
                return self._standing(connection, row)
            if not approves and row.stage == Stage.STABLE:
                raise InvalidAct(f"{plugin} {version} is stable already", "Yank or quarantine it")
            revision = revisions.next_revision(connection)
            stages.changed(connection, row.plugin, revision)
            _put(connection, row, given, revision)
            acts.record(
                connection,
                actor,
                "approve" if approves else "reject",
                plugin=plugin,
                version=version,
                sha256=sha256,
                reason=reason,
            )
            self._settle(connection, actor, row, revision, approves=approves)
            return self._standing(connection, finding.find_release(connection, actor, plugin, version))

    def lift(self, actor: Actor, plugin: str, version: str, reviewer: str, *, reason: str) -> Standing:
        """As :meth:`automatosx_nb.model.ports_registry.Reviews.lift`."""
        actor.administer()
        _check_reason(reason, "to lift a rejection")
        with self._database.write() as connection:
            revisions.hold(connection)
            row = finding.find_release(connection, actor, plugin, version)
            if row.submitter == actor.name:
                raise OwnSubmission(actor.name, row.id, row.version)
            theirs = (reviews.c.release == row.key) & (reviews.c.reviewer == reviewer) & ~reviews.c.approves
            if not connection.execute(delete(reviews).where(theirs)).rowcount:
                raise InvalidAct(f"no rejection of {reviewer!r} stands", "See whose do: review show ID@VERSION")
            stages.changed(connection, row.plugin, revisions.next_revision(connection))
            told = {"sha256": row.artifact, "reviewer": reviewer, "reason": reason}
            acts.record(connection, actor, "lift-rejection", plugin=plugin, version=version, **told)
            return self._standing(connection, row)

    def promote(self, actor: Actor, plugin: str, version: str, to: Stage) -> Standing:
        """As :meth:`automatosx_nb.model.ports_registry.Reviews.promote`."""
        with self._database.write() as connection:
            revisions.hold(connection)
            row = finding.find_release(connection, actor, plugin, version)
            if not actor.may_administer:
                actor.publish(row.publisher)
            if to == row.stage or to == stages.waits_for(connection, row.key):
                return self._standing(connection, row)
            self._refuse_promotion(connection, row, to)
            revision = revisions.next_revision(connection)
            stages.changed(connection, row.plugin, revision)
            came = stages.may_become(connection, self._policy(), row, to)
            if came:
                stages.advance(connection, row, to, revision)
            else:
                stages.wait(connection, row.key, to, revision)
            action = "promote" if came else "ask-review"
            before = {"before": row.stage, "to": to.value}
            acts.record(connection, actor, action, plugin=plugin, version=version, sha256=row.artifact, **before)
            return self._standing(connection, finding.find_release(connection, actor, plugin, version))

    def _settle(self, connection: Connection, actor: Actor, row: Record, revision: int, *, approves: bool) -> None:
        """What a reviewer's word brings about: a rejection ends the waiting, and the last approval lacking, too."""
        wanted = stages.waits_for(connection, row.key)
        if wanted is None:
            return
        if not approves:
            connection.execute(delete(waiting).where(waiting.c.release == row.key))
        elif (
            _stands(row)
            and self._is_signed_enough(connection, row)
            and stages.may_become(connection, self._policy(), row, wanted)
        ):
            stages.advance(connection, row, wanted, revision)
            before = {"before": row.stage, "to": wanted.value}
            acts.record(connection, actor, "promote", plugin=row.id, version=row.version, sha256=row.artifact, **before)

    def _is_signed_enough(self, connection: Connection, row: Record) -> bool:
        """A key may have been revoked since its release began to wait."""
        return not self._signed or row.key in of_releases(connection, [row.key])

    def _refuse_promotion(self, connection: Connection, row: Record, to: Stage) -> None:
        if not is_above(to, Stage(row.stage)):
            raise InvalidAct(f"{row.id} {row.version} is {row.stage} already", "A stage is never taken back: yank it")
        if not _stands(row):
            raise InvalidAct(
                f"{row.id} {row.version} is {'quarantined' if row.quarantined else 'yanked'}",
                "Take that back first",
            )
        if not self._is_signed_enough(connection, row):
            raise SignatureRequired(row.id, row.version)
        rejected = (reviews.c.release == row.key) & ~reviews.c.approves
        found = connection.execute(select(reviews).where(rejected).order_by(reviews.c.revision.desc())).first()
        if found is not None:
            raise ReviewRejected(row.id, row.version, found.reviewer, found.reason)

    def _says_so_already(self, connection: Connection, row: Record, given: Review) -> bool:
        mine = (reviews.c.release == row.key) & (reviews.c.reviewer == given.reviewer)
        found = connection.execute(select(reviews).where(mine)).one_or_none()
        return found is not None and (found.approves, found.reason) == (given.approves, given.reason)

    def _standing(self, connection: Connection, row: Record) -> Standing:
        stage, wanted = Stage(row.stage), stages.waits_for(connection, row.key)
        query = select(reviews).where(reviews.c.release == row.key).order_by(reviews.c.revision.desc())
        said = tuple(
            Review(each.reviewer, each.approves, each.reason, each.given) for each in connection.execute(query)
        )
        following = STAGES[min(STAGES.index(stage) + 1, len(STAGES) - 1)]
        return Standing(
            id=row.id,
            version=row.version,
            sha256=row.artifact,
            stage=stage,
            wanted=wanted,
            submitter=row.submitter,
            published=row.published,
            needed=self._policy().needed(wanted or following),
            approvals=stages.approvals(connection, row),
            reviews=said,
            yanked=row.yanked,
            quarantined=row.quarantined,
        )


def _may_look(actor: Actor, row: Record) -> None:
    if not actor.reads_all and row.publisher not in actor.publishers:
        actor.review()


def _refuse_own_or_else(actor: Actor, row: Record, sha256: str) -> None:
    if row.submitter == actor.name:
        raise OwnSubmission(actor.name, row.id, row.version)
    if row.artifact != sha256:
        raise ReviewedElse(row.id, row.version, sha256, row.artifact)


def _check_reason(reason: str, what: str) -> None:
    """:param what: takes one; empty: nothing does."""
    if len(reason) > LONGEST_TEXT:
        raise InvalidAct(f"the reason has {len(reason)} characters", f"At most {LONGEST_TEXT} are kept")
    if what and not reason.strip():
        raise InvalidAct(f"{what} takes a reason", "Say what has to be mended, or why it need not be")


def _stands(row: Record) -> bool:
    return row.yanked is None and row.quarantined is None


def _put(connection: Connection, row: Record, given: Review, revision: int) -> None:
    """A reviewer's last word replaces the one before."""
    mine = (reviews.c.release == row.key) & (reviews.c.reviewer == given.reviewer)
    connection.execute(delete(reviews).where(mine))
    values = {
        "release": row.key,
        "reviewer": given.reviewer,
        "approves": given.approves,
        "reason": given.reason,
        "given": given.given,
        "revision": revision,
    }
    connection.execute(insert(reviews).values(values))
