"""The first tables: publishers, plugins, releases and what belongs to a release.

Written out in full, and never changed: what the tables are today is in ``registry/schema.py``.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "artifacts",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_artifacts_sha256")),
        sa.CheckConstraint("size > 0", name=op.f("ck_artifacts_size")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_artifacts")),
    )
    op.create_table(
        "publishers",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("created", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_publishers")),
        sa.UniqueConstraint("name", name=op.f("uq_publishers_name")),
    )
    op.create_table(
        "sequence",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_sequence_single_row")),
        sa.CheckConstraint("value >= 0", name=op.f("ck_sequence_value")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sequence")),
    )
    op.create_table(
        "plugins",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("publisher", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=128), nullable=False),
        sa.Column("skeleton", sa.String(length=128), nullable=False),
        sa.Column("created", sa.String(length=32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["publisher"], ["publishers.key"], name=op.f("fk_plugins_publisher_publishers")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_plugins")),
        sa.UniqueConstraint("id", name=op.f("uq_plugins_id")),
        sa.UniqueConstraint("skeleton", name=op.f("uq_plugins_skeleton")),
    )
    op.create_index(op.f("ix_plugins_publisher"), "plugins", ["publisher"], unique=False)
    op.create_index(op.f("ix_plugins_revision"), "plugins", ["revision"], unique=False)
    op.create_table(
        "releases",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("plugin", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(length=256), nullable=False),
        sa.Column("precedence", sa.String(length=256), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("yanked", sa.Text(), nullable=True),
        sa.Column("quarantined", sa.Text(), nullable=True),
        sa.Column("published", sa.String(length=32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("artifact", sa.String(length=64), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("license", sa.Text(), nullable=False),
        sa.Column("authors", sa.JSON(), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("keywords", sa.JSON(), nullable=False),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("python", sa.Text(), nullable=False),
        sa.Column("packages", sa.JSON(), nullable=False),
        sa.Column("contributions", sa.JSON(), nullable=False),
        sa.Column("readme", sa.Text(), nullable=False),
        sa.Column("changelog", sa.Text(), nullable=False),
        sa.CheckConstraint("stage IN ('draft', 'beta', 'stable')", name=op.f("ck_releases_stage")),
        sa.ForeignKeyConstraint(["artifact"], ["artifacts.sha256"], name=op.f("fk_releases_artifact_artifacts")),
        sa.ForeignKeyConstraint(["plugin"], ["plugins.key"], name=op.f("fk_releases_plugin_plugins")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_releases")),
        sa.UniqueConstraint("plugin", "precedence", name=op.f("uq_releases_plugin_precedence")),
        sa.UniqueConstraint("revision", name=op.f("uq_releases_revision")),
    )
    op.create_index(op.f("ix_releases_artifact"), "releases", ["artifact"], unique=False)
    op.create_table(
        "checks",
        sa.Column("release", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("check", sa.String(length=64), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("duration_ms", sa.Float(), nullable=False),
        sa.CheckConstraint("severity IN ('error', 'warning', 'info')", name=op.f("ck_checks_severity")),
        sa.ForeignKeyConstraint(
            ["release"], ["releases.key"], name=op.f("fk_checks_release_releases"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("release", "position", name=op.f("pk_checks")),
    )
    op.create_table(
        "dependencies",
        sa.Column("release", sa.Integer(), nullable=False),
        sa.Column("requires", sa.String(length=128), nullable=False),
        sa.Column("range", sa.Text(), nullable=False),
        sa.Column("optional", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["release"], ["releases.key"], name=op.f("fk_dependencies_release_releases"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("release", "requires", name=op.f("pk_dependencies")),
    )
    op.create_index("ix_dependencies_requires", "dependencies", ["requires"], unique=False)
    op.create_table(
        "downloads",
        sa.Column("release", sa.Integer(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.CheckConstraint("count >= 0", name=op.f("ck_downloads_count")),
        sa.ForeignKeyConstraint(
            ["release"], ["releases.key"], name=op.f("fk_downloads_release_releases"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("release", "day", name=op.f("pk_downloads")),
    )
    op.create_table(
        "permissions",
        sa.Column("release", sa.Integer(), nullable=False),
        sa.Column("permission", sa.String(length=256), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("optional", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["release"], ["releases.key"], name=op.f("fk_permissions_release_releases"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("release", "permission", name=op.f("pk_permissions")),
    )
    op.execute("INSERT INTO sequence (id, value) VALUES (1, 0)")


def downgrade() -> None:
    op.drop_table("permissions")
    op.drop_table("downloads")
    op.drop_index("ix_dependencies_requires", table_name="dependencies")
    op.drop_table("dependencies")
    op.drop_table("checks")
    op.drop_index(op.f("ix_releases_artifact"), table_name="releases")
    op.drop_table("releases")
    op.drop_index(op.f("ix_plugins_revision"), table_name="plugins")
    op.drop_index(op.f("ix_plugins_publisher"), table_name="plugins")
    op.drop_table("plugins")
    op.drop_table("sequence")
    op.drop_table("publishers")
    op.drop_table("artifacts")
