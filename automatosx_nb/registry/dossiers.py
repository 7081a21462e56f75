"""A dossier: what a release changes since the last stable one below it, with what the checks found beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqlalchemy import select

from automatosx_nb import package
from automatosx_nb.errors import ArtifactMismatch
from automatosx_nb.model.code_difference import file_changes
from automatosx_nb.model.permissions import Permission, diff
from automatosx_nb.model.review import Dossier, PermissionChanges
from automatosx_nb.model.semver import Version
from automatosx_nb.registry import records, stages
from automatosx_nb.registry.blobs import DigestDiffers
from automatosx_nb.registry.schema import dependencies, permissions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from automatosx_nb.model.review import Standing
    from automatosx_nb.registry.blobs import BlobStore
    from automatosx_nb.registry.records import Record


def dossier_of(connection: Connection, blobs: BlobStore, row: Record, standing: Standing) -> Dossier:
    """Of a row of ``finding.COLUMNS``.

    :raises ArtifactMismatch: what is stored of either release is not what was published.
    """
    before = stages.baseline(connection, row.id, Version.parse(row.version))
    asked = _asked(connection, row.key)
    return Dossier(
        standing=standing,
        baseline=before.version if before else None,
        permissions=_permission_changes(_asked(connection, before.key) if before else {}, asked),
        asked=asked,
        dependencies=_changes(_needs(connection, before.key) if before else {}, _needs(connection, row.key)),
        packages=_gone_and_new(before.packages if before else (), row.packages),
        contributions=_gone_and_new(_added(before.contributions) if before else (), _added(row.contributions)),
        files=file_changes(_files(blobs, row.id, before) if before else {}, _files(blobs, row.id, row)),
        checks=records.check_results(connection, row.key),
    )


def _files(blobs: BlobStore, plugin: str, row: Record) -> Mapping[str, bytes]:
    try:
        return package.read(blobs.read(row.artifact), name=f"{plugin} {row.version}").files
    except DigestDiffers as error:
        raise ArtifactMismatch(plugin, row.version, error.expected, error.actual) from error


def _asked(connection: Connection, release: int) -> dict[str, str]:
    """Permission → reason, in the author's order."""
    query = select(permissions).where(permissions.c.release == release).order_by(permissions.c.position)
    return {row.permission: row.reason for row in connection.execute(query)}


def _permission_changes(old: Iterable[str], new: Iterable[str]) -> PermissionChanges:
    found = diff(map(Permission.parse, old), map(Permission.parse, new))
    return PermissionChanges(
        tuple(map(str, found.added)),
        tuple((str(a), str(b)) for a, b in found.widened),
        tuple((str(a), str(b)) for a, b in found.narrowed),
        tuple(map(str, found.removed)),
    )


def _needs(connection: Connection, release: int) -> dict[str, str]:
    """Plugin id → range, said to be optional where it is."""
    query = select(dependencies).where(dependencies.c.release == release).order_by(dependencies.c.requires)
    return {row.requires: f"{row.range} (optional)" if row.optional else row.range for row in connection.execute(query)}


def _changes(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, tuple[str | None, str | None]]:
    return {each: (old.get(each), new.get(each)) for each in sorted({*old, *new}) if old.get(each) != new.get(each)}


def _added(contributions: Mapping[str, Iterable[str]]) -> list[str]:
    return [f"{kind}: {name}" for kind, names in sorted(contributions.items()) for name in names]


def _gone_and_new(old: Iterable[str], new: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    before, after = list(old), list(new)
    return tuple(each for each in before if each not in after), tuple(each for each in after if each not in before)
