"""The tables of the file, and what its other modules have in common."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from automatosx_nb.model.delivery import Subscriber

SCHEMA = """
CREATE TABLE IF NOT EXISTS subscribers (
  id INTEGER PRIMARY KEY AUTOINCREMENT, plugin TEXT NOT NULL, topic TEXT NOT NULL, handler TEXT NOT NULL,
  overflow TEXT NOT NULL, queue INTEGER NOT NULL, most_bytes INTEGER NOT NULL, since REAL NOT NULL,
  events INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0,
  UNIQUE (plugin, topic, handler));
CREATE TABLE IF NOT EXISTS followed (generation INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS deliveries (
  number INTEGER PRIMARY KEY AUTOINCREMENT, subscriber INTEGER NOT NULL, source TEXT NOT NULL, type TEXT NOT NULL,
  body BLOB NOT NULL, kept REAL NOT NULL, expires REAL, attempts INTEGER NOT NULL DEFAULT 0,
  not_before REAL NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT '', owner TEXT, until REAL);
CREATE INDEX IF NOT EXISTS queues ON deliveries (subscriber);
CREATE INDEX IF NOT EXISTS lanes ON deliveries (subscriber, source, type, number);
CREATE INDEX IF NOT EXISTS leased ON deliveries (subscriber, owner) WHERE owner IS NOT NULL;
CREATE INDEX IF NOT EXISTS retried ON deliveries (subscriber, not_before) WHERE not_before > 0;
CREATE INDEX IF NOT EXISTS expiring ON deliveries (expires) WHERE expires IS NOT NULL;
CREATE TRIGGER IF NOT EXISTS came AFTER INSERT ON deliveries BEGIN
  UPDATE subscribers SET events = events + 1, bytes = bytes + length(NEW.body) WHERE id = NEW.subscriber;
END;
CREATE TRIGGER IF NOT EXISTS went AFTER DELETE ON deliveries BEGIN
  UPDATE subscribers SET events = events - 1, bytes = bytes - length(OLD.body) WHERE id = OLD.subscriber;
END;
CREATE TABLE IF NOT EXISTS dead (
  number INTEGER PRIMARY KEY, subscriber INTEGER NOT NULL, source TEXT NOT NULL, type TEXT NOT NULL,
  body BLOB NOT NULL, kept REAL NOT NULL, expires REAL, attempts INTEGER NOT NULL, error TEXT NOT NULL,
  died REAL NOT NULL);
CREATE INDEX IF NOT EXISTS buried ON dead (subscriber, number);
CREATE TABLE IF NOT EXISTS counts (
  subscriber INTEGER NOT NULL, name TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (subscriber, name)
  ) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS retained (
  number INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL, topic TEXT NOT NULL UNIQUE, body BLOB NOT NULL,
  expires REAL);
"""
"""``until``, ``kept``, ``died``, ``expires``, ``not_before``: seconds since 1970. A *lane* is what one publisher said
on one topic, to one subscriber: within it, order is kept. ``events`` and ``bytes`` count what there is for a
subscriber, leased or not, so that publishing does not have to."""

Counts = Counter[tuple[int, str]]
"""Subscriber's row and what is counted → how many more."""


def add_counts(connection: sqlite3.Connection, counts: Counts) -> None:
    connection.executemany(
        "INSERT INTO counts VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
        [(*what, more) for what, more in counts.items()],
    )


def ids_of(connection: sqlite3.Connection, subscribers: Collection[Subscriber]) -> dict[int, Subscriber]:
    """Row → subscriber, of those that there are."""
    rows = connection.execute("SELECT id, plugin, topic, handler FROM subscribers").fetchall()
    found = {row: Subscriber(*names) for row, *names in rows}
    return {row: subscriber for row, subscriber in found.items() if subscriber in subscribers}


def rfc3339(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def one(connection: sqlite3.Connection, query: str, *values: Any) -> Any:
    """The first column of the only row."""
    return connection.execute(query, values).fetchone()[0]
