"""Artifacts on their way in, in parts, so that any node goes on where another one stopped."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, String, Table, Text

from automatosx_nb.registry.schema.root import metadata

uploads = Table(
    "uploads",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("user", String(128), nullable=False, index=True),
    Column("sha256", String(64), nullable=False),
    Column("size", Integer, nullable=False),
    Column("stage", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("outcome", Text),
    Column("checking_until", String(32)),
    Column("created", String(32), nullable=False),
    Column("expires", String(32), nullable=False, index=True),
    CheckConstraint("length(sha256) = 64", name="sha256"),
    CheckConstraint("size > 0", name="size"),
    CheckConstraint("stage IN ('draft', 'beta', 'stable')", name="stage"),
    CheckConstraint("state IN ('receiving', 'checking', 'done', 'refused')", name="state"),
)
"""``outcome``: the answer that whoever asks again gets, as JSON; NULL: there is none yet. ``checking_until``: the node
that checks has said so lately; after that time another one may take it over."""

upload_parts = Table(
    "upload_parts",
    metadata,
    Column("upload", ForeignKey("uploads.id", ondelete="CASCADE"), primary_key=True),
    Column("start", Integer, primary_key=True, autoincrement=False),
    Column("size", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    CheckConstraint("start >= 0", name="start"),
    CheckConstraint("size > 0", name="size"),
    CheckConstraint("length(sha256) = 64", name="sha256"),
)
"""The bytes of a part lie in the object store, under its upload's id and its start."""
