"""Advisories: what is known against a range of a plugin's versions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "advisories",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("plugin", sa.String(128), nullable=False),
        sa.Column("range", sa.Text(), nullable=False),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("disables", sa.Boolean(), nullable=False),
        sa.Column("published", sa.String(32), nullable=False),
        sa.CheckConstraint("severity IN ('low', 'medium', 'high', 'critical')", name="ck_advisories_severity"),
    )
    op.create_index("ix_advisories_plugin", "advisories", ["plugin"])


def downgrade() -> None:
    op.drop_table("advisories")
