"""What people say of releases, and the record of who did what."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from automatosx_nb.registry.schema.root import metadata

waiting = Table(
    "waiting",
    metadata,
    Column("release", ForeignKey("releases.key", ondelete="CASCADE"), primary_key=True),
    Column("stage", String(16), nullable=False),
    Column("revision", Integer, nullable=False, unique=True),
    CheckConstraint("stage IN ('beta', 'stable')", name="stage"),
)
"""What waits for reviewers, and what it is to become; ``revision``: the change that asked for it, so the order."""

reviews = Table(
    "reviews",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("release", ForeignKey("releases.key", ondelete="CASCADE"), nullable=False),
    Column("reviewer", String(128), nullable=False),
    Column("approves", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("given", String(32), nullable=False),
    Column("revision", Integer, nullable=False, unique=True),
    UniqueConstraint("release", "reviewer"),
    CheckConstraint("approves OR reason <> ''", name="reason"),
)
"""One word of one reviewer on one release; a second replaces the first. Whoever rejects says why."""

ratings = Table(
    "ratings",
    metadata,
    Column("plugin", ForeignKey("plugins.key", ondelete="CASCADE"), primary_key=True),
    Column("user", String(128), primary_key=True),
    Column("stars", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("version", String(256), nullable=False),
    Column("given", String(32), nullable=False),
    CheckConstraint("stars BETWEEN 1 AND 5", name="stars"),
)

reports = Table(
    "reports",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("plugin", String(128), nullable=False, index=True),
    Column("version", String(256)),
    Column("reporter", String(128), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("filed", String(32), nullable=False),
    Column("closed", String(32)),
    Column("closed_by", String(128)),
    Column("outcome", Text),
    CheckConstraint("kind IN ('malicious', 'vulnerable', 'broken', 'licence', 'name', 'other')", name="kind"),
    CheckConstraint("(closed IS NULL) = (closed_by IS NULL)", name="closed"),
)
"""By plugin id: a report outlives what it is about. ``version`` NULL: of all of them."""

audit = Table(
    "audit",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("at", String(32), nullable=False),
    Column("actor", String(128), nullable=False),
    Column("token", String(32)),
    Column("action", String(32), nullable=False, index=True),
    Column("plugin", String(128), index=True),
    Column("version", String(256)),
    Column("details", JSON, nullable=False),
    Column("request", String(64)),
)
"""One row an act, written in the act's own transaction and never changed. ``token``: the id of the one that was
used; ``request``: the id that the server's log gives the request."""

advisories = Table(
    "advisories",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("plugin", String(128), nullable=False, index=True),
    Column("range", Text, nullable=False),
    Column("severity", String(16), nullable=False),
    Column("summary", Text, nullable=False),
    Column("disables", Boolean, nullable=False),
    Column("published", String(32), nullable=False),
    CheckConstraint("severity IN ('low', 'medium', 'high', 'critical')", name="severity"),
)
"""By plugin id and range, not by release: one holds for versions that come later, too."""

Index("ix_reports_closed", reports.c.closed)
