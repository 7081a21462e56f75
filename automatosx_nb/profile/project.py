"""A project's plugins: the lock lies in the project, and everything that is trusted lies with the user (ADR 12).

What somebody cloned can name plugins, and nothing more: which of them are installed, what they hold and what they saved
is in a profile under the user's home, one for each folder, and only a sync that the user asks for makes it what the
lock says.
"""

from __future__ import annotations

from hashlib import blake2b, sha256
from pathlib import Path

from automatosx_nb.files import make_folder, storage_errors, write_atomic
from automatosx_nb.home import PROJECT_LOCK

_MORE_THAN_ANY_LOCK = 1 << 22
"""Bytes that tell one lock from another; somebody may have cloned gigabytes."""


class Project:
    """One project of one user. Making it touches no file."""

    def __init__(self, folder: Path, home: Path) -> None:
        """:param home: where everything of the user lies."""
        resolved = folder.resolve()
        key = blake2b(str(resolved).encode("utf-8", "surrogateescape"), digest_size=10).hexdigest()
        self.folder = folder
        self.lock = folder / PROJECT_LOCK
        self.root = home / "projects" / key
        self._seen = self.root / "lock-seen"
        self._name = self.root / "folder"

    def is_in_step(self) -> bool:
        """Whether the lock is the one that was synced, or written, last; one that is gone says nothing else."""
        if not self.lock.is_file():
            return True
        with storage_errors(self._seen):
            return self._seen.is_file() and self._seen.read_text("ascii", "replace") == self._digest()

    def mark_seen(self) -> None:
        """The profile is what the lock says now."""
        make_folder(self.root)
        write_atomic(self._seen, self._digest().encode())
        write_atomic(self._name, str(self.folder).encode("utf-8", "surrogateescape"))

    def _digest(self) -> str:
        with storage_errors(self.lock), self.lock.open("rb") as file:
            return sha256(file.read(_MORE_THAN_ANY_LOCK)).hexdigest()
