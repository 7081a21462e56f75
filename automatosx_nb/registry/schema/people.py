"""Who may do what, and whose word is whose: members, roles, tokens, keys and what was signed with them."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, Text

from automatosx_nb.registry.schema.root import metadata

members = Table(
    "members",
    metadata,
    Column("publisher", ForeignKey("publishers.key", ondelete="CASCADE"), primary_key=True),
    Column("user", String(128), primary_key=True),
    Column("owner", Boolean, nullable=False),
    Column("added", String(32), nullable=False),
)
"""Who publishes under a publisher's name; an ``owner`` also says who does."""

roles = Table(
    "roles",
    metadata,
    Column("user", String(128), primary_key=True),
    Column("role", String(16), primary_key=True),
    Column("added", String(32), nullable=False),
    CheckConstraint("role IN ('reviewer', 'admin')", name="role"),
)
"""What a user is beside a member of publishers."""

tokens = Table(
    "tokens",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("user", String(128), nullable=False, index=True),
    Column("name", String(128), nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("scopes", JSON, nullable=False),
    Column("created", String(32), nullable=False),
    Column("expires", String(32), nullable=False),
    Column("revoked", String(32)),
    Column("used", String(32)),
    CheckConstraint("length(digest) = 64", name="digest"),
)
"""``digest``: SHA-256 of the token's secret, which is nowhere; ``used``: the last time, to the hour."""

keys = Table(
    "keys",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("publisher", ForeignKey("publishers.key", ondelete="CASCADE"), nullable=False, index=True),
    Column("public", String(64), nullable=False),
    Column("name", String(128), nullable=False),
    Column("added", String(32), nullable=False),
    Column("added_revision", Integer, nullable=False),
    Column("retired", String(32)),
    Column("retired_revision", Integer),
    Column("revoked", String(32)),
    Column("revoked_from", String(32)),
    Column("reason", Text),
    Column("replaces", ForeignKey("keys.id", ondelete="CASCADE")),
    Column("announced", String(128)),
    CheckConstraint("length(id) = 64", name="id"),
    CheckConstraint("(replaces IS NULL) = (announced IS NULL)", name="announced"),
    CheckConstraint("(revoked IS NULL) = (revoked_from IS NULL)", name="revoked"),
)
"""Ed25519 public keys (RFC 8032). ``id``: SHA-256 of the 32 bytes; ``public``: those, base64. ``retired``: signs
nothing new, and what it signed stands; ``revoked_from``: what it signed from then on is worth nothing.
``announced``: the signature, base64, with which the key that it ``replaces`` names it as its successor."""

signatures = Table(
    "signatures",
    metadata,
    Column("release", ForeignKey("releases.key", ondelete="CASCADE"), primary_key=True),
    Column("key", ForeignKey("keys.id"), primary_key=True),
    Column("signature", String(128), nullable=False),
    Column("signed", String(32), nullable=False),
)
"""``signature``: 64 bytes, base64, over the release's statement; ``signed``: when this registry received it."""

Index("ix_signatures_key", signatures.c.key)
Index("ix_members_user", members.c.user)
