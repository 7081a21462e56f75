"""Consuming: events are leased to one kernel at a time, in order within a lane, and given back or taken off the queue.

The next event of a lane is owed only when the one before it was acknowledged, given up, or gave way: also while that
one waits for its next try. A try is counted on disk before it begins, so an event that ends its kernel is tried no
more often than any other. What was tried before is leased alone, since of several nobody would know which one did it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import takewhile

from automatosx_nb.model.delivery import LONGEST_WAIT_S, Outcome, Owed, Retries, Subscriber, shortened
from automatosx_nb.profile.deliveries.dead import bury
from automatosx_nb.profile.deliveries.tables import Counts, add_counts

ENDED = "the kernel that handled it ended"
SILENT = "the kernel that handled it did not answer any more"
_LATER = "(not_before > :now AND not_before <= :far)"
"""A time that no wait reaches was written before the clock was set back."""
_DUE = f"""
SELECT number, attempts, source, type, body FROM deliveries AS event INDEXED BY queues
WHERE subscriber = :row AND owner IS NULL AND NOT {_LATER} AND NOT EXISTS (
  SELECT 1 FROM deliveries AS earlier INDEXED BY lanes
  WHERE earlier.subscriber = event.subscriber AND earlier.source = event.source AND earlier.type = event.type
    AND earlier.number < event.number AND (earlier.owner IS NOT NULL OR {_LATER.replace("not_", "earlier.not_")}))
ORDER BY number LIMIT :most
"""  # noqa: S608 - ours


def lease(
    connection: sqlite3.Connection,
    owner: str,
    wanted: Mapping[int, Subscriber],
    *,
    now: float,
    until: float,
    most: int,
) -> list[Owed]:
    """Up to ``most`` events for each of ``wanted``, of whom ``owner`` holds none, oldest first."""
    found = []
    for row, subscriber in wanted.items():
        due = connection.execute(_DUE, {"row": row, "now": now, "far": now + LONGEST_WAIT_S, "most": most}).fetchall()
        chosen = due[:1] if due and due[0][1] else takewhile(lambda each: not each[1], due)
        found += [
            Owed(number, subscriber, (source, topic), body, attempts + 1)
            for number, attempts, source, topic, body in chosen
        ]
    connection.executemany(
        "UPDATE deliveries SET owner = ?, until = ?, attempts = attempts + 1 WHERE number = ?",
        [(owner, until, each.number) for each in found],
    )
    return found


def next_due(connection: sqlite3.Connection, rows: Collection[int], now: float) -> float | None:
    """When the first of those events is due that wait for their next try; None: none does."""
    marks = ", ".join("?" * len(rows))
    query = f"""
      SELECT min(not_before) FROM deliveries
      WHERE subscriber IN ({marks}) AND not_before > 0 AND not_before > ? AND owner IS NULL
    """  # noqa: S608 - ours
    found: float | None = connection.execute(query, (*rows, now)).fetchone()[0]
    return found


def renew(connection: sqlite3.Connection, owner: str, now: float, lease_s: float) -> None:
    """Not each time, for it costs a write: when a quarter of the lease is over."""
    query = "UPDATE deliveries SET until = ? WHERE owner = ? AND until < ?"
    connection.execute(query, (now + lease_s, owner, now + 0.75 * lease_s))


def settle(
    connection: sqlite3.Connection, owner: str, outcomes: Iterable[Outcome], retries: Retries, now: float
) -> None:
    """Write down what became of events.

    That one was handled counts from whoever says so; that it was not, only from the kernel that holds it.
    """
    counts = Counts()
    for outcome in outcomes:
        query = "SELECT subscriber, attempts, owner FROM deliveries WHERE number = ?"
        row, tried, holder = connection.execute(query, (outcome.number,)).fetchone() or (0, 0, None)
        if row and outcome.kind == "handled":
            connection.execute("DELETE FROM deliveries WHERE number = ?", (outcome.number,))
            counts[row, "handled"] += 1
        elif row and holder == owner:
            if outcome.kind == "released":
                _free(connection, outcome.number, tried - 1, now + min(outcome.wait_s, LONGEST_WAIT_S), outcome.error)
            else:
                counts[row, "failed"] += 1
                _failed(connection, row, outcome.number, tried, retries, now, outcome.error, counts)
    add_counts(connection, counts)


def take_over(
    connection: sqlite3.Connection, owner: str, is_gone: Callable[[str], bool], retries: Retries, now: float
) -> None:
    """Free what other kernels hold, of those that ended at once, of others when their lease is over."""
    query = "SELECT DISTINCT owner FROM deliveries WHERE owner IS NOT NULL AND owner != ?"
    gone = {name for (name,) in connection.execute(query, (owner,)).fetchall() if is_gone(name)}
    query = "SELECT number, subscriber, attempts, owner, until FROM deliveries WHERE owner IS NOT NULL AND owner != ?"
    counts = Counts()
    for number, row, tried, holder, until in connection.execute(query, (owner,)).fetchall():
        if holder in gone or until <= now:
            counts[row, "failed"] += 1
            if retries.wait_s(tried) is None:
                bury(connection, row, number, ENDED if holder in gone else SILENT, now, counts)
            else:
                _free(connection, number, tried, 0.0, ENDED if holder in gone else SILENT)
    add_counts(connection, counts)


def expire(connection: sqlite3.Connection, now: float) -> None:
    """Take off the queue what nobody is to be handed any more; what a kernel has taken already stays its own."""
    where = "expires <= ? AND owner IS NULL"
    counts = Counts()
    query = f"SELECT subscriber, count(*) FROM deliveries WHERE {where} GROUP BY subscriber"  # noqa: S608 - ours
    for row, count in connection.execute(query, (now,)).fetchall():
        counts[row, "expired"] += count
    if counts:
        connection.execute(f"DELETE FROM deliveries WHERE {where}", (now,))  # noqa: S608 - ours
        add_counts(connection, counts)


def _failed(
    connection: sqlite3.Connection,
    row: int,
    number: int,
    tried: int,
    retries: Retries,
    now: float,
    error: str,
    counts: Counts,
) -> None:
    wait_s = retries.wait_s(tried)
    if wait_s is None:
        bury(connection, row, number, error, now, counts)
    else:
        _free(connection, number, tried, now + wait_s, error)


def _free(connection: sqlite3.Connection, number: int, tried: int, not_before: float, error: str) -> None:
    connection.execute(
        "UPDATE deliveries SET owner = NULL, until = NULL, attempts = ?, not_before = ?, error = ? WHERE number = ?",
        (tried, not_before, shortened(error), number),
    )
