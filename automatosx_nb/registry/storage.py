"""Where a registry lies: its database and its bytes."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from automatosx_nb.registry.database import Database
from automatosx_nb.registry.objects import Folder, Objects, open_objects


class Storage(NamedTuple):
    """``objects`` has artifacts, and uploads on their way in. Closing ``database`` closes it."""

    database: Database
    objects: Objects


def in_folder(home: Path) -> Storage:
    """Raises as :class:`automatosx_nb.registry.database.Database` does."""
    return Storage(Database(home / "registry.sqlite"), Folder(home / "blobs"))


def at(database: str, blobs: str) -> Storage:
    """By URLs: ``postgresql+psycopg://…`` or ``sqlite:///…``, and ``file://``, ``s3://``, ``gs://`` or ``az://…``.

    :raises InvalidConfiguration: for one that is none.

    Raises besides as :class:`automatosx_nb.registry.database.Database` does.
    """
    objects = open_objects(blobs)
    return Storage(Database(database), objects)
