"""Operating systems of a release; one that was published before works everywhere, as far as anybody said."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("releases", sa.Column("platforms", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    op.drop_column("releases", "platforms")
