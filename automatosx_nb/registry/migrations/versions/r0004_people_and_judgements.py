"""People (members, roles, tokens, keys, signatures), judgements (reviews, what waits for them, ratings, reports,
audit), uploads, and every version that ever was."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("actor", sa.String(length=128), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=True),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("plugin", sa.String(length=128), nullable=True),
        sa.Column("version", sa.String(length=256), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("request", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_action"), "audit", ["action"], unique=False)
    op.create_index(op.f("ix_audit_plugin"), "audit", ["plugin"], unique=False)
    op.create_table(
        "reports",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("plugin", sa.String(length=128), nullable=False),
        sa.Column("version", sa.String(length=256), nullable=True),
        sa.Column("reporter", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("filed", sa.String(length=32), nullable=False),
        sa.Column("closed", sa.String(length=32), nullable=True),
        sa.Column("closed_by", sa.String(length=128), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('malicious', 'vulnerable', 'broken', 'licence', 'name', 'other')", name=op.f("ck_reports_kind")
        ),
        sa.CheckConstraint("(closed IS NULL) = (closed_by IS NULL)", name=op.f("ck_reports_closed")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
    )
    op.create_index("ix_reports_closed", "reports", ["closed"], unique=False)
    op.create_index(op.f("ix_reports_plugin"), "reports", ["plugin"], unique=False)
    op.create_table(
        "roles",
        sa.Column("user", sa.String(length=128), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("added", sa.String(length=32), nullable=False),
        sa.CheckConstraint("role IN ('reviewer', 'admin')", name=op.f("ck_roles_role")),
        sa.PrimaryKeyConstraint("user", "role", name=op.f("pk_roles")),
    )
    op.create_table(
        "tokens",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("user", sa.String(length=128), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created", sa.String(length=32), nullable=False),
        sa.Column("expires", sa.String(length=32), nullable=False),
        sa.Column("revoked", sa.String(length=32), nullable=True),
        sa.Column("used", sa.String(length=32), nullable=True),
        sa.CheckConstraint("length(digest) = 64", name=op.f("ck_tokens_digest")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_tokens_digest")),
    )
    op.create_index(op.f("ix_tokens_user"), "tokens", ["user"], unique=False)
    op.create_table(
        "uploads",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("user", sa.String(length=128), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("checking_until", sa.String(length=32), nullable=True),
        sa.Column("created", sa.String(length=32), nullable=False),
        sa.Column("expires", sa.String(length=32), nullable=False),
        sa.CheckConstraint("stage IN ('draft', 'beta', 'stable')", name=op.f("ck_uploads_stage")),
        sa.CheckConstraint("state IN ('receiving', 'checking', 'done', 'refused')", name=op.f("ck_uploads_state")),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_uploads_sha256")),
        sa.CheckConstraint("size > 0", name=op.f("ck_uploads_size")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    op.create_index(op.f("ix_uploads_expires"), "uploads", ["expires"], unique=False)
    op.create_index(op.f("ix_uploads_user"), "uploads", ["user"], unique=False)
    op.create_table(
        "used_versions",
        sa.Column("plugin", sa.String(length=128), nullable=False),
        sa.Column("precedence", sa.String(length=256), nullable=False),
        sa.Column("artifact", sa.String(length=64), nullable=False),
        sa.CheckConstraint("length(artifact) = 64", name=op.f("ck_used_versions_artifact")),
        sa.PrimaryKeyConstraint("plugin", "precedence", name=op.f("pk_used_versions")),
    )
    op.create_table(
        "keys",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("publisher", sa.Integer(), nullable=False),
        sa.Column("public", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("added", sa.String(length=32), nullable=False),
        sa.Column("added_revision", sa.Integer(), nullable=False),
        sa.Column("retired", sa.String(length=32), nullable=True),
        sa.Column("retired_revision", sa.Integer(), nullable=True),
        sa.Column("revoked", sa.String(length=32), nullable=True),
        sa.Column("revoked_from", sa.String(length=32), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("replaces", sa.String(length=64), nullable=True),
        sa.Column("announced", sa.String(length=128), nullable=True),
        sa.CheckConstraint("(replaces IS NULL) = (announced IS NULL)", name=op.f("ck_keys_announced")),
        sa.CheckConstraint("(revoked IS NULL) = (revoked_from IS NULL)", name=op.f("ck_keys_revoked")),
        sa.CheckConstraint("length(id) = 64", name=op.f("ck_keys_id")),
        sa.ForeignKeyConstraint(
            ["publisher"], ["publishers.key"], name=op.f("fk_keys_publisher_publishers"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["replaces"], ["keys.id"], name=op.f("fk_keys_replaces_keys"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keys")),
    )
    op.create_index(op.f("ix_keys_publisher"), "keys", ["publisher"], unique=False)
    op.create_table(
        "members",
        sa.Column("publisher", sa.Integer(), nullable=False),
        sa.Column("user", sa.String(length=128), nullable=False),
        sa.Column("owner", sa.Boolean(), nullable=False),
        sa.Column("added", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["publisher"], ["publishers.key"], name=op.f("fk_members_publisher_publishers"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("publisher", "user", name=op.f("pk_members")),
    )
    op.create_index("ix_members_user", "members", ["user"], unique=False)
    op.create_table(
        "upload_parts",
        sa.Column("upload", sa.String(length=32), nullable=False),
        sa.Column("start", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_upload_parts_sha256")),
        sa.CheckConstraint("size > 0", name=op.f("ck_upload_parts_size")),
        sa.CheckConstraint("start >= 0", name=op.f("ck_upload_parts_start")),
        sa.ForeignKeyConstraint(
            ["upload"], ["uploads.id"], name=op.f("fk_upload_parts_upload_uploads"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("upload", "start", name=op.f("pk_upload_parts")),
    )
    op.create_table(
        "ratings",
        sa.Column("plugin", sa.Integer(), nullable=False),
        sa.Column("user", sa.String(length=128), nullable=False),
        sa.Column("stars", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("version", sa.String(length=256), nullable=False),
        sa.Column("given", sa.String(length=32), nullable=False),
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name=op.f("ck_ratings_stars")),
        sa.ForeignKeyConstraint(
            ["plugin"], ["plugins.key"], name=op.f("fk_ratings_plugin_plugins"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("plugin", "user", name=op.f("pk_ratings")),
    )
    op.create_table(
        "reviews",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("release", sa.Integer(), nullable=False),
        sa.Column("reviewer", sa.String(length=128), nullable=False),
        sa.Column("approves", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("given", sa.String(length=32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.CheckConstraint("approves OR reason <> ''", name=op.f("ck_reviews_reason")),
        sa.ForeignKeyConstraint(
            ["release"], ["releases.key"], name=op.f("fk_reviews_release_releases"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_reviews")),
        sa.UniqueConstraint("release", "reviewer", name=op.f("uq_reviews_release_reviewer")),
        sa.UniqueConstraint("revision", name=op.f("uq_reviews_revision")),
    )
    op.create_table(
        "waiting",
        sa.Column("release", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.CheckConstraint("stage IN ('beta', 'stable')", name=op.f("ck_waiting_stage")),
        sa.ForeignKeyConstraint(
            ["release"], ["releases.key"], name=op.f("fk_waiting_release_releases"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("release", name=op.f("pk_waiting")),
        sa.UniqueConstraint("revision", name=op.f("uq_waiting_revision")),
    )
    op.create_table(
        "signatures",
        sa.Column("release", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.String(length=128), nullable=False),
        sa.Column("signed", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["key"], ["keys.id"], name=op.f("fk_signatures_key_keys")),
        sa.ForeignKeyConstraint(
            ["release"], ["releases.key"], name=op.f("fk_signatures_release_releases"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("release", "key", name=op.f("pk_signatures")),
    )
    op.create_index("ix_signatures_key", "signatures", ["key"], unique=False)
    op.add_column("plugins", sa.Column("quarantined", sa.Text(), nullable=True))
    op.add_column("releases", sa.Column("deprecated", sa.Text(), nullable=True))
    op.add_column("releases", sa.Column("successor", sa.String(length=128), nullable=True))
    op.add_column("releases", sa.Column("submitter", sa.String(length=128), server_default="", nullable=False))
    op.execute(
        "INSERT INTO used_versions (plugin, precedence, artifact) "
        "SELECT plugins.id, releases.precedence, releases.artifact "
        "FROM releases JOIN plugins ON plugins.key = releases.plugin"
    )


def downgrade() -> None:
    op.drop_column("releases", "submitter")
    op.drop_column("releases", "successor")
    op.drop_column("releases", "deprecated")
    op.drop_column("plugins", "quarantined")
    op.drop_index("ix_signatures_key", table_name="signatures")
    op.drop_table("signatures")
    op.drop_table("waiting")
    op.drop_table("reviews")
    op.drop_table("ratings")
    op.drop_table("upload_parts")
    op.drop_index("ix_members_user", table_name="members")
    op.drop_table("members")
    op.drop_index(op.f("ix_keys_publisher"), table_name="keys")
    op.drop_table("keys")
    op.drop_table("used_versions")
    op.drop_index(op.f("ix_uploads_user"), table_name="uploads")
    op.drop_index(op.f("ix_uploads_expires"), table_name="uploads")
    op.drop_table("uploads")
    op.drop_index(op.f("ix_tokens_user"), table_name="tokens")
    op.drop_table("tokens")
    op.drop_table("roles")
    op.drop_index(op.f("ix_reports_plugin"), table_name="reports")
    op.drop_index("ix_reports_closed", table_name="reports")
    op.drop_table("reports")
    op.drop_index(op.f("ix_audit_plugin"), table_name="audit")
    op.drop_index(op.f("ix_audit_action"), table_name="audit")
    op.drop_table("audit")
