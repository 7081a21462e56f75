"""Publishing: a row for each subscriber, and what gives way where a queue is full."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator

from automatosx_nb.model.delivery import Envelope, Subscriber, Terms, Waiting, give_way
from automatosx_nb.profile.deliveries.tables import Counts, add_counts, ids_of


def accept(
    connection: sqlite3.Connection, event: Envelope, subscribers: Collection[Subscriber], now: float
) -> tuple[Subscriber, ...]:
    """Keep ``event`` for ``subscribers``, as far as they subscribe, and return those whose queue refused it."""
    counts, rejected = Counts(), []
    for row, subscriber in ids_of(connection, subscribers).items():
        if _make_room(connection, row, event, counts):
            connection.execute(
                "INSERT INTO deliveries (subscriber, source, type, body, kept, expires) VALUES (?, ?, ?, ?, ?, ?)",
                (row, event.source, event.type, event.body, now, event.expires),
            )
            counts[row, "accepted"] += 1
        else:
            counts[row, "rejected"] += 1
            rejected.append(subscriber)
    add_counts(connection, counts)
    return tuple(rejected)


def _make_room(connection: sqlite3.Connection, row: int, event: Envelope, counts: Counts) -> bool:
    """Whether there is room for ``event`` now. What a kernel has taken already gives way to nothing, and takes none."""
    query = "SELECT events, bytes, overflow, queue, most_bytes FROM subscribers WHERE id = ?"
    events, size, *agreed = connection.execute(query, (row,)).fetchone()
    query = "SELECT count(*), coalesce(sum(length(body)), 0) FROM deliveries WHERE subscriber = ? AND owner IS NOT NULL"
    taken, taken_size = connection.execute(query, (row,)).fetchone()
    terms = Terms(*agreed)
    same_topic, oldest = _waiting(connection, "AND type = ?", row, event.type), _waiting(connection, "", row)
    gone = give_way(terms, events - taken, size - taken_size, event, oldest, same_topic)
    if gone is None:
        return False
    connection.executemany("DELETE FROM deliveries WHERE number = ?", [(each.number,) for each in gone])
    for each in gone:
        coalesced = terms.overflow == "coalesce" and each.type == event.type
        counts[row, "coalesced" if coalesced else "dropped"] += 1
    return True


def _waiting(connection: sqlite3.Connection, more: str, *values: object) -> Iterator[Waiting]:
    """The oldest first; nothing is looked up before the first is asked for."""
    query = f"SELECT number, type, length(body) FROM deliveries WHERE subscriber = ? AND owner IS NULL {more} "  # noqa: S608
    yield from (Waiting(*found) for found in connection.execute(f"{query} ORDER BY number", values))
