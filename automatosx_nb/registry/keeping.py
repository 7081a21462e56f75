"""Whether a registry's bytes are those that its database names, and clearing away what nothing names."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from automatosx_nb.errors import RegistryDamaged
from automatosx_nb.registry import records
from automatosx_nb.registry.blobs import BlobStore, DigestDiffers
from automatosx_nb.registry.schema import artifacts, plugins, releases

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from automatosx_nb.registry.objects import Objects, Stored
    from automatosx_nb.registry.records import Record
    from automatosx_nb.registry.storage import Storage
    from automatosx_nb.registry.uploads import Uploads

GRACE = timedelta(days=1)
"""How long bytes may wait for a release to name them."""
AT_ONCE = 4
"""Artifacts in memory while they are compared."""
LOCKED = 50
"""Artifacts that are deleted in one turn of writing."""
_UNFINISHED = re.compile(r"\.[0-9a-f]{64}-[0-9a-f]{12}")
"""What ``files.write_atomic`` calls the file of an artifact until it is whole."""


class Named(NamedTuple):
    """An artifact that the database names, and for which release; both empty: for none any more."""

    sha256: str
    plugin: str
    version: str


@dataclass(frozen=True, slots=True)
class Verified:
    """``whole``: artifacts whose bytes are those that were published. ``orphans``: digests that nothing names;
    ``foreign``: names of what no registry put there."""

    whole: int
    size: int
    missing: tuple[Named, ...]
    altered: tuple[Named, ...]
    orphans: tuple[str, ...]
    foreign: tuple[str, ...]

    @property
    def is_sound(self) -> bool:
        return not self.missing and not self.altered


@dataclass(frozen=True, slots=True)
class Cleared:
    """What was deleted, or would be: digests of artifacts, names of files that were never finished, uploads."""

    artifacts: tuple[str, ...]
    unfinished: tuple[str, ...]
    size: int
    uploads: int
    dry_run: bool


class Keeping:
    """For whoever runs the registry: everything here is asked where its database and its bytes are, by no client."""

    def __init__(self, storage: Storage, uploads: Uploads) -> None:
        self._database = storage.database
        self._objects: Objects = storage.objects
        self._blobs = BlobStore(storage.objects)
        self._uploads = uploads

    def verify(self) -> Verified:
        """Read and hash every artifact anew; nothing is changed.

        :raises StoreUnreachable, StorageFailed: the bytes cannot be read, whole or not.
        """
        lying = list(self._blobs.list())
        missing: list[Named] = []
        altered: list[Named] = []
        whole = size = 0
        with ThreadPoolExecutor(AT_ONCE) as threads:
            for some in self._named():
                for each, found in zip(some, threads.map(self._size, some), strict=True):
                    if found is None:
                        missing.append(each)
                    elif found < 0:
                        altered.append(each)
                    else:
                        whole, size = whole + 1, size + found
        orphans = self._unnamed([digest for digest, _ in lying if digest is not None])
        foreign = [each.name for digest, each in lying if digest is None and not _is_unfinished(each)]
        return Verified(whole, size, tuple(missing), tuple(altered), tuple(orphans), tuple(sorted(foreign)))

    def collect(self, grace: timedelta = GRACE, *, dry_run: bool = False, now: datetime | None = None) -> Cleared:
        """Delete what was written more than ``grace`` ago and is named by nothing; what is foreign stays.

        Whether it is named is asked again where nobody else writes: what somebody is about to publish is not deleted
        between its check and its release.
        """
        before = (now or datetime.now(UTC)) - grace
        old = [(digest, each) for digest, each in self._blobs.list() if each.written < before]
        sizes = {digest: each.size for digest, each in old if digest is not None}
        unfinished = [each for _, each in old if _is_unfinished(each)]
        gone = self._unnamed(list(sizes)) if dry_run else list(self._delete(list(sizes)))
        uploads = 0
        if not dry_run:
            self._objects.delete([each.name for each in unfinished])
            uploads = self._uploads.collect() + self._uploads.collect_orphans()
        return Cleared(
            tuple(gone),
            tuple(sorted(each.name for each in unfinished)),
            sum(sizes[each] for each in gone) + sum(each.size for each in unfinished),
            uploads,
            dry_run,
        )

    def _delete(self, digests: list[str]) -> Iterator[str]:
        unnamed = self._unnamed(digests)
        for start in range(0, len(unnamed), LOCKED):
            some = unnamed[start : start + LOCKED]
            with self._database.write() as connection:
                query = select(artifacts.c.sha256).where(artifacts.c.sha256.in_(some))
                named = set(connection.execute(query).scalars())
                gone = [each for each in some if each not in named]
                self._blobs.delete(gone)
            yield from gone

    def _unnamed(self, digests: list[str]) -> list[str]:
        found: list[str] = []
        for some in records.batches(sorted(digests)):
            with self._database.read() as connection:
                query = select(artifacts.c.sha256).where(artifacts.c.sha256.in_(some))
                named = set(connection.execute(query).scalars())
            found += [each for each in some if each not in named]
        return found

    def _named(self) -> Iterator[Sequence[Named]]:
        """In batches, each read by itself: no transaction is kept open while the bytes are read."""
        last = ""
        joined = artifacts.outerjoin(releases, releases.c.artifact == artifacts.c.sha256)
        joined = joined.outerjoin(plugins, plugins.c.key == releases.c.plugin)
        query = select(artifacts.c.sha256, plugins.c.id, releases.c.version).select_from(joined)
        while True:
            page = query.where(artifacts.c.sha256 > last).order_by(artifacts.c.sha256).limit(records.BATCH)
            with self._database.read() as connection:
                rows: Sequence[Record] = list(connection.execute(page))
            if not rows:
                return
            yield [Named(row.sha256, row.id or "", row.version or "") for row in rows]
            last = rows[-1].sha256

    def _size(self, named: Named) -> int | None:
        """Of a whole one; None: it is missing; -1: it is another's bytes."""
        try:
            return len(self._blobs.read(named.sha256))
        except RegistryDamaged:
            return None
        except DigestDiffers:
            return -1


def _is_unfinished(stored: Stored) -> bool:
    return _UNFINISHED.fullmatch(stored.name.rpartition("/")[2]) is not None
