"""The store: every installed artifact, named by its SHA-256, and verified each time it is read."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from automatosx_nb.errors import ProfileDamaged
from automatosx_nb.files import make_folder, storage_errors, write_atomic


class Store:
    """Artifacts stay packed: one file is whole or absent, and one digest says that it is what was published."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "store"

    def has(self, digest: str) -> bool:
        return self.path(digest).exists()

    def holds(self, digest: str) -> bool:
        """Whether the artifact is there and whole, which takes reading it."""
        try:
            self.read(digest)
        except ProfileDamaged:
            return False
        return True

    def add(self, data: bytes) -> str:
        """Store an artifact and return its SHA-256, hexadecimal. What is there already stays untouched."""
        digest = sha256(data).hexdigest()
        if not self.has(digest):
            make_folder(self.folder)
            write_atomic(self.path(digest), data)
        return digest

    def read(self, digest: str) -> bytes:
        """:raises ProfileDamaged: the artifact is missing, or its bytes are not those that were installed."""
        path = self.path(digest)
        if not path.exists():
            raise ProfileDamaged(str(path), "the artifact is missing")
        with storage_errors(path):
            data = path.read_bytes()
        if sha256(data).hexdigest() != digest:
            raise ProfileDamaged(str(path), "its bytes are not those that were installed")
        return data

    def path(self, digest: str) -> Path:
        return self.folder / f"{digest}.axp"
