"""Dead letters: what could not be handled in as many tries as there are, kept until somebody replays or drops it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from automatosx_nb.errors import UnknownDeadLetter
from automatosx_nb.model.delivery import MAX_BYTES, MAX_DEAD, DeadLetter, attributes_of, shortened
from automatosx_nb.profile.deliveries.tables import Counts, add_counts, rfc3339

_MOVED = "number, subscriber, source, type, body, kept, expires"


def bury(connection: sqlite3.Connection, row: int, number: int, error: str, now: float, counts: Counts) -> None:
    """Make a dead letter of an event. Of too many, or too large ones, the oldest go."""
    connection.execute(
        f"INSERT INTO dead ({_MOVED}, attempts, error, died) "  # noqa: S608 - ours
        f"SELECT {_MOVED}, attempts, ?, ? FROM deliveries WHERE number = ?",
        (shortened(error), now, number),
    )
    connection.execute("DELETE FROM deliveries WHERE number = ?", (number,))
    counts[row, "buried"] += 1
    kept = size = 0
    query = "SELECT number, length(body) FROM dead WHERE subscriber = ? ORDER BY number DESC"
    for letter, length in connection.execute(query, (row,)).fetchall():
        kept, size = kept + 1, size + length
        if kept > MAX_DEAD or (size > MAX_BYTES and kept > 1):
            connection.execute("DELETE FROM dead WHERE number = ?", (letter,))
            counts[row, "forgotten"] += 1


def letters(connection: sqlite3.Connection, plugin: str = "") -> tuple[DeadLetter, ...]:
    """Oldest first; without ``plugin`` everybody's."""
    rows = connection.execute(
        "SELECT number, plugin, topic, handler, attempts, died, error, body FROM dead "
        "JOIN subscribers ON subscribers.id = dead.subscriber WHERE ? IN ('', plugin) ORDER BY number",
        (plugin,),
    )
    return tuple(
        DeadLetter(number, plugin, topic, handler, attempts, rfc3339(died), error, attributes_of(body))
        for number, plugin, topic, handler, attempts, died, error, body in rows
    )


def replay(connection: sqlite3.Connection, numbers: Iterable[int] | None, plugin: str = "") -> int:
    """Owe dead letters (None: all, or all of ``plugin``) to their subscribers again, in their old places.

    They have all their tries again, and do not expire any more: somebody asked for them.

    :raises UnknownDeadLetter: nothing is replayed.
    """
    chosen = _chosen(connection, numbers, plugin)
    counts = Counts()
    for number, row in chosen:
        connection.execute(
            f"INSERT INTO deliveries ({_MOVED}) "  # noqa: S608 - ours
            "SELECT number, subscriber, source, type, body, kept, NULL FROM dead WHERE number = ?",
            (number,),
        )
        counts[row, "replayed"] += 1
    return _forget(connection, chosen, counts)


def drop(connection: sqlite3.Connection, numbers: Iterable[int] | None, plugin: str = "") -> int:
    """Forget dead letters; as :func:`replay`."""
    chosen = _chosen(connection, numbers, plugin)
    counts = Counts()
    for _, row in chosen:
        counts[row, "forgotten"] += 1
    return _forget(connection, chosen, counts)


def _forget(connection: sqlite3.Connection, chosen: list[tuple[int, int]], counts: Counts) -> int:
    connection.executemany("DELETE FROM dead WHERE number = ?", [(number,) for number, _ in chosen])
    add_counts(connection, counts)
    return len(chosen)


def _chosen(connection: sqlite3.Connection, numbers: Iterable[int] | None, plugin: str) -> list[tuple[int, int]]:
    """Number and subscriber's row."""
    rows = connection.execute(
        "SELECT number, subscriber FROM dead JOIN subscribers ON subscribers.id = dead.subscriber "
        "WHERE ? IN ('', plugin) ORDER BY number",
        (plugin,),
    )
    found: dict[int, int] = dict(rows.fetchall())
    if numbers is None:
        return list(found.items())
    wanted = list(dict.fromkeys(numbers))
    missing = tuple(number for number in wanted if number not in found)
    if missing:
        raise UnknownDeadLetter(missing, tuple(found))
    return [(number, found[number]) for number in wanted]
