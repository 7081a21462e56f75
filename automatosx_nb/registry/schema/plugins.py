"""Publishers, plugins, releases, and what belongs to a release."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from automatosx_nb.registry.schema.root import metadata

sequence = Table(
    "sequence",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("value", Integer, nullable=False),
    CheckConstraint("id = 1", name="single_row"),
    CheckConstraint("value >= 0", name="value"),
)
"""One row: the number of the last change."""

publishers = Table(
    "publishers",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("name", String(128), nullable=False, unique=True),
    Column("verified", Boolean, nullable=False),
    Column("created", String(32), nullable=False),
)

plugins = Table(
    "plugins",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("publisher", ForeignKey("publishers.key"), nullable=False, index=True),
    Column("id", String(128), nullable=False, unique=True),
    Column("skeleton", String(128), nullable=False, unique=True),
    Column("created", String(32), nullable=False),
    Column("revision", Integer, nullable=False, index=True),
    Column("quarantined", Text),
)
"""``skeleton`` is the id as an eye sees it (see ``checks.lookalike``): two plugins never share one. ``revision``:
the last change to anything of the plugin but its downloads. ``quarantined``: why all of it is, and nothing is
published into it."""

artifacts = Table(
    "artifacts",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("size", Integer, nullable=False),
    CheckConstraint("length(sha256) = 64", name="sha256"),
    CheckConstraint("size > 0", name="size"),
)

releases = Table(
    "releases",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("plugin", ForeignKey("plugins.key"), nullable=False),
    Column("version", String(256), nullable=False),
    Column("precedence", String(256), nullable=False),
    Column("stage", String(16), nullable=False),
    Column("yanked", Text),
    Column("quarantined", Text),
    Column("deprecated", Text),
    Column("successor", String(128)),
    Column("submitter", String(128), nullable=False, server_default=""),
    Column("published", String(32), nullable=False),
    Column("revision", Integer, nullable=False, unique=True),
    Column("artifact", ForeignKey("artifacts.sha256"), nullable=False, index=True),
    Column("summary", Text, nullable=False),
    Column("license", Text, nullable=False),
    Column("authors", JSON, nullable=False),
    Column("categories", JSON, nullable=False),
    Column("keywords", JSON, nullable=False),
    Column("engine", Text, nullable=False),
    Column("python", Text, nullable=False),
    Column("packages", JSON, nullable=False),
    Column("platforms", JSON, nullable=False, server_default="[]"),
    Column("contributions", JSON, nullable=False),
    Column("readme", Text, nullable=False),
    Column("changelog", Text, nullable=False),
    UniqueConstraint("plugin", "precedence"),
    CheckConstraint("stage IN ('draft', 'beta', 'stable')", name="stage"),
)
"""``precedence`` is the version without its build metadata: SemVer cannot order two that differ only there, so
they count as one. ``revision`` is the change that published it, or let it out of being a draft: the order in which
releases came. ``yanked``, ``quarantined``, ``deprecated``: why; NULL: it is not. ``submitter``: who sent it, and so
never approves it."""

used_versions = Table(
    "used_versions",
    metadata,
    Column("plugin", String(128), primary_key=True),
    Column("precedence", String(256), primary_key=True),
    Column("artifact", String(64), nullable=False),
    CheckConstraint("length(artifact) = 64", name="artifact"),
)
"""Every version that ever was: by id, not by key, so that one outlives its release and its plugin."""

dependencies = Table(
    "dependencies",
    metadata,
    Column("release", ForeignKey("releases.key", ondelete="CASCADE"), primary_key=True),
    Column("requires", String(128), primary_key=True),
    Column("range", Text, nullable=False),
    Column("optional", Boolean, nullable=False),
)

permissions = Table(
    "permissions",
    metadata,
    Column("release", ForeignKey("releases.key", ondelete="CASCADE"), primary_key=True),
    Column("permission", String(256), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("optional", Boolean, nullable=False),
)
"""``position`` keeps the author's order."""

checks = Table(
    "checks",
    metadata,
    Column("release", ForeignKey("releases.key", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("check", String(64), nullable=False),
    Column("passed", Boolean, nullable=False),
    Column("severity", String(16), nullable=False),
    Column("message", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("line", Integer, nullable=False),
    Column("duration_ms", Float, nullable=False),
    CheckConstraint("severity IN ('error', 'warning', 'info')", name="severity"),
)

downloads = Table(
    "downloads",
    metadata,
    Column("release", ForeignKey("releases.key", ondelete="CASCADE"), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("count", Integer, nullable=False),
    CheckConstraint("count >= 0", name="count"),
)
"""A counter per release and UTC day, kept apart so that counting never changes what caches hold."""

Index("ix_dependencies_requires", dependencies.c.requires)
