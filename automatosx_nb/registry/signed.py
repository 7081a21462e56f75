"""Who signed what, as it is read; ``keys`` writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from automatosx_nb.model.keys import PublisherKey, ReleaseSignature
from automatosx_nb.registry.schema import keys, publishers, signatures

if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any

    from sqlalchemy import Connection, Row


def of_publisher(connection: Connection, publisher: str) -> tuple[PublisherKey, ...]:
    """Every key that ever spoke for it, the oldest first."""
    query = select(keys).join(publishers, publishers.c.key == keys.c.publisher).where(publishers.c.name == publisher)
    return tuple(key(row, publisher) for row in connection.execute(query.order_by(keys.c.added_revision)))


def of_releases(connection: Connection, found: Collection[int]) -> dict[int, ReleaseSignature]:
    """Release → the newest of its signatures that counts: by a key that was not revoked when it came."""
    query = (
        select(signatures, keys.c.public, keys.c.revoked_from)
        .join(keys, keys.c.id == signatures.c.key)
        .where(signatures.c.release.in_(found))
        .order_by(signatures.c.signed, keys.c.added_revision)
    )
    return {
        row.release: ReleaseSignature(row.key, row.public, row.signature, row.signed)
        for row in connection.execute(query)
        if row.revoked_from is None or row.signed < row.revoked_from
    }


def key(row: Row[*tuple[Any, ...]], publisher: str) -> PublisherKey:
    """``row`` is one of the table of keys."""
    return PublisherKey(
        id=row.id,
        publisher=publisher,
        public=row.public,
        name=row.name,
        added=row.added,
        retired=row.retired,
        revoked=row.revoked,
        revoked_from=row.revoked_from,
        reason=row.reason,
        replaces=row.replaces,
        announced=row.announced,
    )
