"""What a plugin needs beside it to be tried: the newest releases in this registry of all that it requires."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from automatosx_nb import package
from automatosx_nb.model.release import Stage
from automatosx_nb.model.semver import Version
from automatosx_nb.registry import schema

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automatosx_nb.model.manifest import Manifest
    from automatosx_nb.model.semver import Range
    from automatosx_nb.registry.blobs import BlobStore

MOST = 20
"""Plugins that are tried together."""


def companions(connection: Connection, blobs: BlobStore, manifest: Manifest) -> tuple[bytes, ...] | None:
    """Artifacts, each after what it requires itself; None: there is no release of one, or there are too many.

    Which versions go together nobody solves here: an install that finds a contradiction says so.
    """
    found: dict[str, bytes] = {}
    wanted = list(manifest.requires.plugins.items())
    while wanted:
        plugin, allowed = wanted.pop()
        if plugin in found or plugin == manifest.id:
            continue
        artifact = _newest(connection, blobs, plugin, allowed)
        if artifact is None or len(found) >= MOST:
            return None
        found[plugin] = artifact
        wanted += package.read(artifact).manifest.requires.plugins.items()
    return tuple(reversed(found.values()))


def _newest(connection: Connection, blobs: BlobStore, plugin: str, allowed: Range) -> bytes | None:
    table = schema.releases
    query = (
        select(table.c.version, table.c.artifact)
        .join(schema.plugins, schema.plugins.c.key == table.c.plugin)
        .where(schema.plugins.c.id == plugin, table.c.stage != Stage.DRAFT.value)
        .where(table.c.quarantined.is_(None), table.c.yanked.is_(None))
    )
    fitting = {Version.parse(version): sha256 for version, sha256 in connection.execute(query)}
    versions = [version for version in fitting if version in allowed]
    return blobs.read(fitting[max(versions)]) if versions else None
