"""A database by its URL (docs.sqlalchemy.org/en/20/core/engines.html#database-urls)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from automatosx_nb.errors import InvalidConfiguration

if TYPE_CHECKING:
    from automatosx_nb.registry.database.kind import Kind

_VALID = "'postgresql+psycopg://user@host/database' or 'sqlite:////folder/registry.sqlite'"


def kind_of(text: str) -> Kind | Path:
    """The database that is meant, opened; SQLite's file is not opened yet.

    :raises InvalidConfiguration: it is no such URL, or what it takes is not installed. No password is shown.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise InvalidConfiguration("the database's URL", f"it is none, as in {_VALID}") from None
    if url.drivername == "sqlite" and url.database and not url.host:
        return Path(url.database)
    if url.drivername not in ("postgresql", "postgresql+psycopg"):
        raise InvalidConfiguration("the database's URL", f"{url.drivername} is not served; valid is {_VALID}")
    try:
        from automatosx_nb.registry.database.postgresql import PostgreSQL
    except ImportError as error:
        reason = "PostgreSQL takes a driver that is not installed: pip install 'automatosx-nb[server]'"
        raise InvalidConfiguration("the database's URL", reason) from error
    return PostgreSQL(url.set(drivername="postgresql+psycopg"))
