"""Artifacts under their SHA-256: ``sha256/ab/abcdef…``."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from automatosx_nb.errors import RegistryDamaged

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from automatosx_nb.registry.objects import Objects, Stored

_DIGEST = re.compile(r"[0-9a-f]{64}")
FOLDER = "sha256"


class DigestDiffers(ValueError):
    """What stands for ``expected`` holds other bytes."""

    def __init__(self, expected: str, actual: str) -> None:
        super().__init__(f"{actual} stands where {expected} should")
        self.expected = expected
        self.actual = actual


class BlobStore:
    """Reading and writing raise what :class:`automatosx_nb.registry.objects.port.Objects` does."""

    def __init__(self, objects: Objects) -> None:
        self.objects = objects

    def put(self, data: bytes) -> str:
        """Store ``data`` durably and return its SHA-256; what is there under that name is written again."""
        sha256 = hashlib.sha256(data).hexdigest()
        self.objects.put(_name(sha256), data)
        return sha256

    def keep(self, data: bytes) -> str:
        """As :meth:`put`, where it is not there already, in its size.

        For the transaction that names it: a collection of what nobody names may have come before that.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        found = self.objects.stored(_name(sha256))
        return sha256 if found and found.size == len(data) else self.put(data)

    def read(self, sha256: str) -> bytes:
        """The bytes with that digest, compared anew.

        :raises DigestDiffers: they are not those that were stored.
        :raises RegistryDamaged: there are none.
        """
        data = self._get(sha256)
        actual = hashlib.sha256(data).hexdigest()
        if actual != sha256:
            raise DigestDiffers(sha256, actual)
        return data

    def tail(self, sha256: str, start: int) -> bytes:
        """The bytes from ``start`` on, which are compared with nothing: whoever has the others compares the whole.

        :raises RegistryDamaged: there are none.
        """
        return self._get(sha256, start)

    def list(self) -> Iterator[tuple[str | None, Stored]]:
        """All that is there, with the digest that it stands for; None: it is nothing of ours."""
        for each in self.objects.list(FOLDER):
            digest = each.name.rpartition("/")[2]
            yield (digest if _DIGEST.fullmatch(digest) and each.name == _name(digest) else None), each

    def delete(self, digests: Collection[str]) -> None:
        self.objects.delete([_name(each) for each in digests])

    def _get(self, sha256: str, start: int = 0) -> bytes:
        name = _name(sha256)
        data = self.objects.get(name, start=start)
        if data is None:
            raise RegistryDamaged(f"{self.objects.where}/{name}", "the artifact's file is missing")
        return data


def _name(sha256: str) -> str:
    if not _DIGEST.fullmatch(sha256):
        raise ValueError(f"not a SHA-256 digest: {sha256!r}")
    return f"{FOLDER}/{sha256[:2]}/{sha256}"
