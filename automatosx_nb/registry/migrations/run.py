"""Runs migrations on a connection that the caller has opened; the caller's transaction is theirs too."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config

from automatosx_nb.registry.migrations import HEAD

if TYPE_CHECKING:
    from sqlalchemy import Connection


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration, with no file: the scripts are the ones in this package."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    settings.attributes["connection"] = connection
    return settings


def upgrade(connection: Connection, revision: str = HEAD) -> None:
    """Bring the schema up to ``revision``; nothing happens where it is there already."""
    command.upgrade(config(connection), revision)


def downgrade(connection: Connection, revision: str) -> None:
    """Bring the schema down to ``revision``; ``base``: no tables."""
    command.downgrade(config(connection), revision)
