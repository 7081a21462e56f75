"""The last event of each topic that keeps one, for whoever subscribes later, in any kernel."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from automatosx_nb.model.delivery import Envelope
from automatosx_nb.model.events import matches

MAX_RETAINED = 1000
"""Topics whose last event is kept; of more, the one that was longest without an event is forgotten."""


def retain(connection: sqlite3.Connection, events: Iterable[Envelope]) -> None:
    """Keep each of ``events`` in place of what was kept of its topic."""
    query = "INSERT OR REPLACE INTO retained (source, topic, body, expires) VALUES (?, ?, ?, ?)"
    connection.executemany(query, [(event.source, event.type, event.body, event.expires) for event in events])
    connection.execute(
        "DELETE FROM retained WHERE number <= (SELECT number FROM retained ORDER BY number DESC LIMIT 1 OFFSET ?)",
        (MAX_RETAINED,),
    )


def retained(connection: sqlite3.Connection, pattern: str, now: float) -> tuple[Envelope, ...]:
    """What is kept of the topics that ``pattern`` means, the oldest first; nothing that expired."""
    query = "SELECT source, topic, body, expires FROM retained WHERE expires IS NULL OR expires > ? ORDER BY number"
    found = (Envelope(*row) for row in connection.execute(query, (now,)))
    return tuple(event for event in found if matches(pattern, event.type))


def forget(connection: sqlite3.Connection, prefix: str) -> None:
    """Keep nothing of the topics that begin with ``prefix``."""
    connection.execute("DELETE FROM retained WHERE substr(topic, 1, ?) = ?", (len(prefix), prefix))
