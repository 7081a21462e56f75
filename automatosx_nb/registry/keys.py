"""Publishers' keys, and the signatures of releases: whose word is whose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from automatosx_nb import package
from automatosx_nb.errors import (
    ArtifactMismatch,
    InvalidAccessRequest,
    KeyRefused,
    UnknownKey,
    UnknownPublisher,
    UnknownRelease,
)
from automatosx_nb.model.access import token_name
from automatosx_nb.model.identity import owner
from automatosx_nb.model.keys import PublisherKey, ReleaseSignature
from automatosx_nb.model.names import parse_plugin_id, publisher_of
from automatosx_nb.model.signatures import (
    PUBLIC_BYTES,
    SUCCESSION,
    is_signed_by,
    key_id,
    succession_statement,
    unbase64,
)
from automatosx_nb.package.signing import read_signature, verify_envelope
from automatosx_nb.registry import acts, releasing, revisions, signed
from automatosx_nb.registry.blobs import DigestDiffers
from automatosx_nb.registry.schema import keys, plugins, publishers, releases, signatures

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automatosx_nb.model.identity import Actor
    from automatosx_nb.model.release import PublishReport
    from automatosx_nb.package import Package
    from automatosx_nb.registry.blobs import BlobStore
    from automatosx_nb.registry.database import Database
    from automatosx_nb.registry.publishing import Also
    from automatosx_nb.registry.records import Record


class Keys:
    """Implements :class:`automatosx_nb.model.ports_registry.Keys`."""

    def __init__(self, database: Database, blobs: BlobStore) -> None:
        self._database = database
        self._blobs = blobs

    def all(self, actor: Actor, publisher: str) -> tuple[PublisherKey, ...]:
        """As the protocol's."""
        with self._database.read() as connection:
            _publisher(connection, publisher)
            return signed.of_publisher(connection, publisher)

    def register(self, actor: Actor, publisher: str, public: str, name: str, proof: str) -> PublisherKey:
        """As the protocol's."""
        with self._database.write() as connection:
            _require_own(connection, actor, publisher)
            new = _proved(publisher, "", public, proof)
            row = self._insert(connection, publisher, public, name, acts.now())
            acts.record(connection, actor, "key-register", publisher=publisher, key=new, name=name)
            return _one(connection, row)

    def rotate(
        self, actor: Actor, publisher: str, old: str, public: str, name: str, *, announced: str, proof: str
    ) -> PublisherKey:
        """As the protocol's."""
        actor.manage(publisher)
        new = _proved(publisher, old, public, proof)
        with self._database.write() as connection:
            before = _usable(connection, publisher, old)
            if not is_signed_by(before.public, SUCCESSION, succession_statement(publisher, old, new), announced):
                raise KeyRefused(new, f"is not announced by the key {old[:16]}, which it is to replace")
            now = acts.now()
            self._insert(connection, publisher, public, name, now, replaces=old, announced=announced)
            revision = touch_publisher(connection, publisher)
            connection.execute(update(keys).where(keys.c.id == old).values(retired=now, retired_revision=revision))
            acts.record(connection, actor, "key-rotate", publisher=publisher, key=new, replaces=old, name=name)
            return _one(connection, new)

    def revoke(self, actor: Actor, publisher: str, key: str, *, since: str, reason: str) -> PublisherKey:
        """As the protocol's."""
        actor.manage(publisher)
        moment = _moment(since)
        with self._database.write() as connection:
            row = _of(connection, publisher, key)
            if row.revoked_from is not None and row.revoked_from <= moment:
                return signed.key(row, publisher)  # it never comes to count for more again
            values = {"revoked": row.revoked or acts.now(), "revoked_from": moment, "reason": reason}
            connection.execute(update(keys).where(keys.c.id == key).values(values))
            touch_publisher(connection, publisher)
            acts.record(connection, actor, "key-revoke", publisher=publisher, key=key, since=moment, reason=reason)
            return _one(connection, key)

    def sign(self, actor: Actor, plugin: str, version: str, signature: bytes) -> ReleaseSignature:
        """As the protocol's."""
        actor.publish(publisher_of(plugin))
        with self._database.read() as connection:
            row = _release(connection, plugin, version)
        try:
            artifact = self._blobs.read(row.artifact)
        except DigestDiffers as error:
            raise ArtifactMismatch(plugin, version, error.expected, error.actual) from error
        unpacked = package.read(artifact)
        with self._database.write() as connection:
            found = attach(connection, actor, unpacked, signature)
            touch_publisher(connection, publisher_of(plugin))
            return found

    def publish(self, unpacked: Package, signature: bytes, publish: Callable[[Also], PublishReport]) -> PublishReport:
        """Publish what was signed, and its signature with it; what was published before gets it now.

        Raises as :meth:`sign` does, before anything else is looked at.
        """
        actor = owner()
        with self._database.read() as connection:
            _verified(connection, unpacked, signature)

        def keep(connection: Connection, _report: PublishReport) -> None:
            attach(connection, actor, unpacked, signature)

        report = publish(keep)
        if not report.created:
            self.sign(actor, report.id, report.version, signature)
        return report

    @staticmethod
    def _insert(
        connection: Connection,
        publisher: str,
        public: str,
        name: str,
        now: str,
        *,
        replaces: str | None = None,
        announced: str | None = None,
    ) -> str:
        new = key_id(unbase64(public, PUBLIC_BYTES) or b"")
        owner = _publisher(connection, publisher)
        if connection.execute(select(keys.c.id).where(keys.c.id == new)).one_or_none() is not None:
            raise KeyRefused(new, "is registered here already, and a key speaks once and for one publisher")
        row = {
            "id": new,
            "publisher": owner,
            "public": public,
            "name": token_name(name),
            "added": now,
            "added_revision": touch_publisher(connection, publisher),
            "replaces": replaces,
            "announced": announced,
        }
        connection.execute(insert(keys).values(row))
        return new


def attach(connection: Connection, actor: Actor, unpacked: Package, signature: bytes) -> ReleaseSignature:
    """Verify a detached signature and keep it with its release, within the caller's transaction.

    :raises InvalidSignatureFile: it is none.
    :raises UnknownKey: its key is not the publisher's.
    :raises KeyRefused: its key is retired or revoked.
    :raises InvalidSignature: it is of another artifact, or not by that key.
    """
    plugin, version = unpacked.manifest.id, str(unpacked.manifest.version)
    found = _verified(connection, unpacked, signature)
    release = _release(connection, plugin, version).key
    held = select(signatures.c.signed).where(signatures.c.release == release, signatures.c.key == found.key)
    signed = connection.execute(held).scalar_one_or_none()
    if signed is None:
        signed = acts.now()
        values = {"release": release, "key": found.key, "signature": found.signature, "signed": signed}
        connection.execute(insert(signatures).values(values))
        acts.record(connection, actor, "release-sign", plugin=plugin, version=version, key=found.key)
    return replace(found, signed=signed)


def _verified(connection: Connection, unpacked: Package, signature: bytes) -> ReleaseSignature:
    plugin, version = unpacked.manifest.id, str(unpacked.manifest.version)
    envelope = read_signature(signature, name=f"what came with {plugin} {version}")
    row = _usable(connection, publisher_of(plugin), envelope.key)
    verify_envelope(unpacked, envelope, row.public)
    return ReleaseSignature(row.id, row.public, envelope.signature)


def touch_publisher(connection: Connection, publisher: str) -> int:
    """Note that something of all plugins of a publisher changed; the change's number."""
    revision = revisions.next_revision(connection)
    owner = select(publishers.c.key).where(publishers.c.name == publisher).scalar_subquery()
    connection.execute(update(plugins).where(plugins.c.publisher == owner).values(revision=revision))
    return revision


def _proved(publisher: str, old: str, public: str, proof: str) -> str:
    """The new key's id.

    :raises KeyRefused: whoever sends it did not show that its private half is theirs.
    """
    raw = unbase64(public, PUBLIC_BYTES)
    if raw is None:
        raise KeyRefused(public, f"is not {PUBLIC_BYTES} bytes in base64")
    new = key_id(raw)
    if not is_signed_by(public, SUCCESSION, succession_statement(publisher, old, new), proof):
        raise KeyRefused(new, "comes without a proof that its private half is yours")
    return new


_FIRST = datetime(1970, 1, 1, tzinfo=UTC)


def _moment(text: str) -> str:
    """RFC 3339, as the registry writes times, and not in the future.

    :raises InvalidAccessRequest:
    """
    now = datetime.now(UTC)
    try:
        found = datetime.fromisoformat(text)
        moment = found.astimezone(UTC)
    except (ValueError, OverflowError):
        found = moment = datetime.max
    if found.tzinfo is None or not _FIRST <= moment <= now:
        raise InvalidAccessRequest("time", repr(text[:64]), f"one that is past, as in {acts.written(now)}")
    return acts.written(moment)


def _require_own(connection: Connection, actor: Actor, publisher: str) -> None:
    """A name that nobody has is the actor's from now on: so its very first release can be signed.

    :raises ActionForbidden:
    :raises InvalidPluginId: no publisher can have such a name.
    """
    if connection.execute(select(publishers.c.key).where(publishers.c.name == publisher)).one_or_none() is None:
        parse_plugin_id(f"{publisher}.any")
        actor.upload()
        replace(actor, owns=frozenset({publisher})).manage(publisher)
        releasing.publisher_key(connection, publisher, acts.now(), actor)
    else:
        actor.manage(publisher)


def _publisher(connection: Connection, name: str) -> int:
    key = connection.execute(select(publishers.c.key).where(publishers.c.name == name)).scalar_one_or_none()
    if key is None:
        raise UnknownPublisher(name)
    return int(key)


def _of(connection: Connection, publisher: str, key: str) -> Record:
    """:raises UnknownKey: it is not one of that publisher's."""
    query = select(keys).where(keys.c.id == key, keys.c.publisher == _publisher(connection, publisher))
    row = connection.execute(query).one_or_none()
    if row is None:
        raise UnknownKey(key[:64])
    return row


def _usable(connection: Connection, publisher: str, key: str) -> Record:
    """As :func:`_of`.

    :raises KeyRefused: it signs nothing new.
    """
    row = _of(connection, publisher, key)
    if row.revoked is not None:
        raise KeyRefused(key, f"was revoked at {row.revoked}")
    if row.retired is not None:
        raise KeyRefused(key, f"was retired at {row.retired}")
    return row


def _release(connection: Connection, plugin: str, version: str) -> Record:
    """Its key and its artifact's digest.

    :raises UnknownRelease:
    """
    joined = releases.join(plugins, plugins.c.key == releases.c.plugin)
    query = select(releases.c.key, releases.c.artifact).select_from(joined)
    row = connection.execute(query.where(plugins.c.id == plugin, releases.c.version == version)).one_or_none()
    if row is None:
        raise UnknownRelease(plugin, version)
    return row


def _one(connection: Connection, key: str) -> PublisherKey:
    query = select(keys, publishers.c.name.label("owner")).join(publishers, publishers.c.key == keys.c.publisher)
    row = connection.execute(query.where(keys.c.id == key)).one()
    return signed.key(row, row.owner)
