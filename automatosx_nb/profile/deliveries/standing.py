"""Who subscribes: as the current generation has it, written down so that whoever publishes finds it."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping
from itertools import groupby

from automatosx_nb.model.delivery import COUNTS, Ended, Envelope, Pending, Subscriber, Terms
from automatosx_nb.model.events import matches
from automatosx_nb.profile.deliveries.accepting import accept
from automatosx_nb.profile.deliveries.retaining import retained
from automatosx_nb.profile.deliveries.tables import one, rfc3339


def follow(
    connection: sqlite3.Connection,
    generation: int,
    standing: Mapping[Subscriber, Terms],
    events: Iterable[Envelope],
    now: float,
) -> tuple[Ended, ...]:
    """Be what ``generation`` says, unless it or a later one was followed already.

    ``events`` go to who subscribed before. What ended takes its events with it. Where a plugin gives a topic another
    handler, that one is owed what the old one was.
    """
    if followed(connection) >= generation:
        return ()
    rows = connection.execute("SELECT id, plugin, topic, handler FROM subscribers ORDER BY id").fetchall()
    before = {Subscriber(*names): row for row, *names in rows}
    for event in events:
        accept(connection, event, [each for each in before if matches(each.topic, event.type)], now)
    _rename(connection, before, standing)
    for subscriber, terms in standing.items():
        _write(connection, before.get(subscriber), subscriber, terms, now)
        for event in retained(connection, subscriber.topic, now) if terms.retained and subscriber not in before else ():
            accept(connection, event, [subscriber], now)
    ended = [_end(connection, row, subscriber) for subscriber, row in before.items() if subscriber not in standing]
    connection.execute("DELETE FROM followed")
    connection.execute("INSERT INTO followed VALUES (?)", (generation,))
    return tuple(ended)


def followed(connection: sqlite3.Connection) -> int:
    """The newest generation that :func:`follow` was told of."""
    return int(one(connection, "SELECT coalesce(max(generation), 0) FROM followed"))


def _rename(connection: sqlite3.Connection, before: dict[Subscriber, int], standing: Collection[Subscriber]) -> None:
    def of(subscriber: Subscriber) -> tuple[str, str]:
        return subscriber.plugin, subscriber.topic

    old = {key: list(several) for key, several in groupby(sorted(before.keys() - set(standing)), of)}
    new = {key: list(several) for key, several in groupby(sorted(set(standing) - before.keys()), of)}
    for key in old.keys() & new.keys():
        for one_old, one_new in zip(old[key], new[key], strict=False):
            row = before.pop(one_old)
            before[one_new] = row
            connection.execute("UPDATE subscribers SET handler = ? WHERE id = ?", (one_new.handler, row))


def _write(connection: sqlite3.Connection, row: int | None, who: Subscriber, terms: Terms, now: float) -> None:
    given = (terms.overflow, terms.queue, terms.most_bytes)
    if row is None:
        connection.execute(
            "INSERT INTO subscribers (plugin, topic, handler, overflow, queue, most_bytes, since) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (who.plugin, who.topic, who.handler, *given, now),
        )
    else:
        query = "UPDATE subscribers SET overflow = ?, queue = ?, most_bytes = ? WHERE id = ?"
        connection.execute(query, (*given, row))


def _end(connection: sqlite3.Connection, row: int, subscriber: Subscriber) -> Ended:
    undelivered = 0
    for table in ("deliveries", "dead"):
        undelivered += connection.execute(f"DELETE FROM {table} WHERE subscriber = ?", (row,)).rowcount  # noqa: S608
    connection.execute("DELETE FROM counts WHERE subscriber = ?", (row,))
    connection.execute("DELETE FROM subscribers WHERE id = ?", (row,))
    return Ended(subscriber, undelivered)


def pending(connection: sqlite3.Connection, plugin: str, now: float) -> tuple[Pending, ...]:
    """What every subscriber, or each of ``plugin``, is owed."""
    query = (
        "SELECT id, plugin, topic, handler, since FROM subscribers WHERE ? IN ('', plugin) ORDER BY plugin, topic, id"
    )
    return tuple(_pending(connection, now, *row) for row in connection.execute(query, (plugin,)).fetchall())


def _pending(
    connection: sqlite3.Connection, now: float, row: int, plugin: str, topic: str, handler: str, since: float
) -> Pending:
    free = "FILTER (WHERE owner IS NULL)"
    waiting, size, in_flight, oldest = connection.execute(
        f"SELECT count(*) {free}, coalesce(sum(length(body)) {free}, 0), count(owner), min(kept) "  # noqa: S608 - ours
        "FROM deliveries WHERE subscriber = ?",
        (row,),
    ).fetchone()
    query = "SELECT count(*) FROM deliveries WHERE subscriber = ? AND owner IS NULL AND not_before > ?"
    retrying = one(connection, query, row, now)
    dead = one(connection, "SELECT count(*) FROM dead WHERE subscriber = ?", row)
    counted = dict(connection.execute("SELECT name, count FROM counts WHERE subscriber = ?", (row,)).fetchall())
    return Pending(
        plugin=plugin,
        topic=topic,
        handler=handler,
        since=rfc3339(since),
        waiting=waiting,
        waiting_bytes=size,
        in_flight=in_flight,
        retrying=retrying,
        dead=dead,
        oldest=None if oldest is None else rfc3339(oldest),
        counts={name: counted.get(name, 0) for name in COUNTS},
    )
