"""The last event of each topic that keeps one, for whoever subscribes later."""

from __future__ import annotations

import sqlite3

from automatosx_nb.model.delivery import Envelope
from automatosx_nb.model.events import matches


def retain(connection: sqlite3.Connection, event: Envelope) -> None:
    """Keep ``event`` in place of what was kept of its topic."""
    connection.execute("INSERT OR REPLACE INTO retained VALUES (?, ?, ?)", (event.type, event.body, event.expires))


def retained(connection: sqlite3.Connection, pattern: str, now: float) -> tuple[bytes, ...]:
    """What is kept of the topics that ``pattern`` means, in their order; nothing that expired."""
    query = "SELECT topic, body FROM retained WHERE expires IS NULL OR expires > ? ORDER BY topic"
    return tuple(body for topic, body in connection.execute(query, (now,)) if matches(pattern, topic))


def forget(connection: sqlite3.Connection, prefix: str) -> None:
    """Keep nothing of the topics that begin with ``prefix``."""
    connection.execute("DELETE FROM retained WHERE substr(topic, 1, ?) = ?", (len(prefix), prefix))
