"""Artifacts as files named by their SHA-256: ``sha256/ab/abcdef…`` under one folder."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from automatosx_nb.errors import RegistryDamaged
from automatosx_nb.files import make_folder, storage_errors, write_atomic

if TYPE_CHECKING:
    from pathlib import Path

_DIGEST = re.compile(r"[0-9a-f]{64}")


class DigestDiffers(ValueError):
    """The file that stands for ``expected`` holds other bytes."""

    def __init__(self, expected: str, actual: str) -> None:
        super().__init__(f"{actual} stands where {expected} should")
        self.expected = expected
        self.actual = actual


class BlobStore:
    """Made on the first write. Reading and writing raise what ``files.storage_errors`` raises."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, data: bytes) -> str:
        """Store ``data`` durably and return its SHA-256. What is there already, and whole, is left as it is."""
        sha256 = hashlib.sha256(data).hexdigest()
        path = self._path(sha256)
        make_folder(path.parent)
        with storage_errors(path):
            stored = path.is_file() and path.read_bytes() == data
        if not stored:
            write_atomic(path, data)
        return sha256

    def read(self, sha256: str) -> bytes:
        """The bytes with that digest, compared anew.

        :raises DigestDiffers: they are not those that were stored.
        :raises RegistryDamaged: there are none.
        """
        path = self._path(sha256)
        with storage_errors(path):
            try:
                data = path.read_bytes()
            except FileNotFoundError as error:
                raise RegistryDamaged(str(path), "the artifact's file is missing") from error
        actual = hashlib.sha256(data).hexdigest()
        if actual != sha256:
            raise DigestDiffers(sha256, actual)
        return data

    def _path(self, sha256: str) -> Path:
        if not _DIGEST.fullmatch(sha256):
            raise ValueError(f"not a SHA-256 digest: {sha256!r}")
        return self.root / "sha256" / sha256[:2] / sha256
