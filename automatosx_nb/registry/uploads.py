"""Artifacts that come in parts: kept as they come, checked by one node at a time, published once.

The database says what counts. Bytes are stored before the row that names them, and an outcome is written in the
transaction that publishes; so a node that is killed anywhere leaves what another one goes on from.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, update

from automatosx_nb.errors import (
    AutomatosxError,
    InvalidUpload,
    TooManyUploads,
    UnknownUpload,
    UploadOffsetDiffers,
    UploadTooLarge,
)
from automatosx_nb.model.release import Stage
from automatosx_nb.model.upload import Upload, UploadLimits, UploadState
from automatosx_nb.registry import outcomes
from automatosx_nb.registry.parts import Part, PartMissing
from automatosx_nb.registry.schema import upload_parts, uploads
from automatosx_nb.repeating import repeating

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automatosx_nb.model.identity import Actor
    from automatosx_nb.model.release import PublishReport
    from automatosx_nb.registry.database import Database
    from automatosx_nb.registry.parts import PartStore
    from automatosx_nb.registry.publishing import Also
    from automatosx_nb.registry.records import Record

Publish = Callable[[bytes, Stage, "Actor", "Also"], "PublishReport"]
_DIGEST = re.compile(r"[0-9a-f]{64}")
_ID = re.compile(r"[0-9a-f]{32}")
_UNDER_WAY = (UploadState.RECEIVING, UploadState.CHECKING)
_COLLECTED = 20
"""How many whose time ran out one new upload clears away."""
_LIMITS = UploadLimits()


def _now() -> datetime:
    return datetime.now(UTC)


class Uploads:
    """Implements :class:`automatosx_nb.model.ports_registry.Uploads`; every method may be called from any thread."""

    def __init__(
        self,
        database: Database,
        parts: PartStore,
        publish: Publish,
        limits: UploadLimits = _LIMITS,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._database = database
        self._parts = parts
        self._publish = publish
        self.limits = limits
        self._now = now
        self._ended = threading.Lock()
        self.published = 0
        """Releases that were made of what this process finished; the same bytes again are none."""
        self.refused = 0
        """What it finished, and refused."""

    def open(self, actor: Actor, sha256: str, size: int, stage: Stage) -> Upload:
        """As :meth:`automatosx_nb.model.ports_registry.Uploads.open`."""
        actor.upload()
        self._check_announced(sha256, size)
        self.collect(_COLLECTED)
        with self._database.write() as connection:
            same = (uploads.c.sha256 == sha256) & (uploads.c.size == size) & (uploads.c.stage == stage.value)
            mine = (uploads.c.user == actor.name) & uploads.c.state.in_([each.value for each in _UNDER_WAY])
            found = connection.execute(select(uploads.c.id).where(mine & same)).scalars().first()
            if found is None:
                count = connection.execute(select(func.count()).where(mine)).scalar_one()
                if count >= self.limits.open_uploads:
                    raise TooManyUploads(actor.name, self.limits.open_uploads)
                found = self._insert(connection, actor.name, sha256, size, stage)
            return self._upload(connection, actor, found)

    def status(self, actor: Actor, upload: str) -> Upload:
        """As :meth:`automatosx_nb.model.ports_registry.Uploads.status`."""
        with self._database.read() as connection:
            return self._upload(connection, actor, upload)

    def append(self, actor: Actor, upload: str, start: int, data: bytes, sha256: str) -> Upload:
        """As :meth:`automatosx_nb.model.ports_registry.Uploads.append`."""
        standing = self.status(actor, upload)
        self._check_place(standing, start, len(data))
        if hashlib.sha256(data).hexdigest() != sha256:
            raise InvalidUpload("a part's bytes are not those of its digest")
        self._parts.put(standing.id, start, sha256, data)
        with self._database.write() as connection:
            later = update(uploads).where(uploads.c.id == standing.id).values(expires=self._expiry())
            connection.execute(later)  # first of all: whoever changes the row has it alone
            standing = self._upload(connection, actor, upload)
            self._check_place(standing, start, len(data))
            values = {"upload": standing.id, "start": start, "size": len(data), "sha256": sha256}
            connection.execute(insert(upload_parts).values(values))
            return self._upload(connection, actor, upload)

    def finish(self, actor: Actor, upload: str) -> Upload:
        """As :meth:`automatosx_nb.model.ports_registry.Uploads.finish`.

        What is no word about the artifact (a database that is busy, a disk that is full) is raised, and the upload
        waits to be finished again.
        """
        claimed, parts = self._claim(actor, upload)
        if parts is None:
            return claimed
        with self._held(claimed.id):
            try:
                outcome: PublishReport | AutomatosxError = self._checked(actor, claimed, parts)
            except outcomes.VERDICTS as error:
                outcome = error
            except BaseException:
                self._let_go(claimed.id)
                raise
        with self._database.write() as connection:
            self._settle(connection, claimed.id, outcome)
            settled = self._upload(connection, actor, upload)
        self._count(outcome)
        self._parts.drop(claimed.id)
        return settled

    def cancel(self, actor: Actor, upload: str) -> None:
        """As :meth:`automatosx_nb.model.ports_registry.Uploads.cancel`."""
        standing = self.status(actor, upload)
        idle = (uploads.c.id == standing.id) & (uploads.c.state != UploadState.CHECKING.value)
        with self._database.write() as connection:
            if not connection.execute(delete(uploads).where(idle)).rowcount:
                raise InvalidUpload("it is being checked, and is not taken back meanwhile")
        self._parts.drop(standing.id)

    def collect(self, most: int = 1000) -> int:
        """Clear away up to ``most`` uploads that ran out; returns how many there were."""
        with self._database.read() as connection:
            past = select(uploads.c.id).where(uploads.c.expires < _text(self._now())).limit(most)
            gone = list(connection.execute(past).scalars())
        if gone:
            with self._database.write() as connection:
                connection.execute(delete(uploads).where(uploads.c.id.in_(gone)))
        for each in gone:
            self._parts.drop(each)
        return len(gone)

    def collect_orphans(self) -> int:
        """Clear away bytes that no upload names: of nodes that ended between two steps; returns of how many uploads."""
        kept = self._parts.kept()
        with self._database.read() as connection:
            known = set(connection.execute(select(uploads.c.id)).scalars())
        gone = [each for each in kept if each not in known]
        for each in gone:
            self._parts.drop(each)
        return len(gone)

    # --- what may come

    def _check_announced(self, sha256: str, size: int) -> None:
        if not _DIGEST.fullmatch(sha256):
            raise InvalidUpload("it takes the SHA-256 of the whole artifact, 64 hexadecimal digits")
        if size < 1:
            raise InvalidUpload("an artifact has at least one byte")
        if size > self.limits.size_mb << 20:
            raise UploadTooLarge(size, self.limits.size_mb << 20)

    def _check_place(self, standing: Upload, start: int, size: int) -> None:
        """Whether a part of ``size`` bytes comes at ``start``."""
        if size > self.limits.part_mb << 20:
            raise UploadTooLarge(size, self.limits.part_mb << 20)
        if start != standing.offset or standing.state is not UploadState.RECEIVING:
            raise UploadOffsetDiffers(standing.id, standing.offset, start)
        end = start + size
        if end > standing.size:
            raise InvalidUpload(f"{standing.size} bytes were announced, and this part ends at {end}")
        least = self.limits.least_part_kb << 10
        if not size or (size < least and end != standing.size):
            raise InvalidUpload(f"a part has at least {least} bytes, the last one aside")

    # --- one node at a time

    def _claim(self, actor: Actor, upload: str) -> tuple[Upload, list[Part] | None]:
        """The upload, and its parts where it is this call's to check."""
        with self._database.write() as connection:
            standing = self._upload(connection, actor, upload)
            if standing.state in _UNDER_WAY and not standing.is_whole:
                raise InvalidUpload(f"it has {standing.offset} of {standing.size} bytes")
            let_go = uploads.c.checking_until.is_(None) | (uploads.c.checking_until < _text(self._now()))
            mine = (uploads.c.id == standing.id) & uploads.c.state.in_([each.value for each in _UNDER_WAY]) & let_go
            values = {"state": UploadState.CHECKING.value, "checking_until": self._lease()}
            claims = connection.execute(update(uploads).where(mine).values(values)).rowcount
            standing = self._upload(connection, actor, upload)
            return standing, _parts(connection, standing.id) if claims else None

    def _checked(self, actor: Actor, claimed: Upload, parts: list[Part]) -> PublishReport:
        try:
            artifact = self._parts.joined(claimed.id, parts)
        except PartMissing:
            raise InvalidUpload("a part of it was lost here: begin again") from None
        actual = hashlib.sha256(artifact).hexdigest()
        if actual != claimed.sha256:
            raise InvalidUpload(f"its bytes have the SHA-256 {actual}, and {claimed.sha256} was announced")

        def settle(connection: Connection, report: PublishReport) -> None:
            self._settle(connection, claimed.id, report)

        return self._publish(artifact, claimed.stage, actor, settle)

    def _count(self, outcome: PublishReport | AutomatosxError) -> None:
        with self._ended:
            if isinstance(outcome, AutomatosxError):
                self.refused += 1
            elif outcome.created:
                self.published += 1

    def _held(self, upload: str) -> AbstractContextManager[None]:
        """Say again and again, as long as the block runs, that this node checks."""

        def renew() -> None:
            with suppress(AutomatosxError):  # the next time is soon enough
                self._lease_until(upload, self._lease())

        return repeating(renew, self.limits.check_lease_s / 3, "automatosx-upload-lease")

    def _let_go(self, upload: str) -> None:
        with suppress(AutomatosxError):  # then the lease runs out
            self._lease_until(upload, None)

    def _lease_until(self, upload: str, until: str | None) -> None:
        checking = (uploads.c.id == upload) & (uploads.c.state == UploadState.CHECKING.value)
        with self._database.write() as connection:
            connection.execute(update(uploads).where(checking).values(checking_until=until))

    def _settle(self, connection: Connection, upload: str, outcome: PublishReport | AutomatosxError) -> None:
        """The first outcome stays."""
        state = UploadState.REFUSED if isinstance(outcome, AutomatosxError) else UploadState.DONE
        values = {"state": state.value, "outcome": outcomes.encode(outcome), "expires": self._expiry()}
        checking = (uploads.c.id == upload) & (uploads.c.state == UploadState.CHECKING.value)
        connection.execute(update(uploads).where(checking).values(values))

    # --- rows

    def _insert(self, connection: Connection, user: str, sha256: str, size: int, stage: Stage) -> str:
        made = secrets.token_hex(16)
        values: dict[str, Any] = {
            "id": made,
            "user": user,
            "sha256": sha256,
            "size": size,
            "stage": stage.value,
            "state": UploadState.RECEIVING.value,
            "created": _text(self._now()),
            "expires": self._expiry(),
        }
        connection.execute(insert(uploads).values(values))
        return made

    def _upload(self, connection: Connection, actor: Actor, upload: str) -> Upload:
        return self._from(connection, self._row(connection, actor, upload))

    def _row(self, connection: Connection, actor: Actor, upload: str) -> Record:
        known = _ID.fullmatch(upload) is not None
        query = select(uploads).where((uploads.c.id == upload) & (uploads.c.user == actor.name))
        row = connection.execute(query).one_or_none() if known else None
        if row is None or row.expires < _text(self._now()):
            raise UnknownUpload(upload)
        return row

    @staticmethod
    def _from(connection: Connection, row: Record) -> Upload:
        offset = sum(part.size for part in _parts(connection, row.id))
        report, refusal = outcomes.decode(row.outcome) if row.outcome else (None, None)
        state = UploadState(row.state)
        return Upload(row.id, row.sha256, row.size, Stage(row.stage), state, offset, row.expires, report, refusal)

    def _expiry(self) -> str:
        return _text(self._now() + timedelta(hours=self.limits.expires_h))

    def _lease(self) -> str:
        return _text(self._now() + timedelta(seconds=self.limits.check_lease_s))


def _parts(connection: Connection, upload: str) -> list[Part]:
    columns = (upload_parts.c.start, upload_parts.c.size, upload_parts.c.sha256)
    query = select(*columns).where(upload_parts.c.upload == upload).order_by(upload_parts.c.start)
    return [Part(*row) for row in connection.execute(query)]


def _text(moment: datetime) -> str:
    """RFC 3339, all of the same length, so that texts compare as times do."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
