"""A project's plugins: the lock lies in the project, and everything that is trusted lies with the user (ADR 12).

What somebody cloned can name plugins, and nothing more: which of them are installed, what they hold and what they saved
is in a profile under the user's home, one for each folder, and only a sync that the user asks for makes it what the
lock says.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b, sha256
from pathlib import Path
from typing import TYPE_CHECKING

from automatosx_nb.files import drop_temporaries, make_folder, read_if_there, storage_errors, write_atomic
from automatosx_nb.home import PROJECT_LOCK

if TYPE_CHECKING:
    from automatosx_nb.model.lockfile import Lockfile

_MORE_THAN_ANY_LOCK = 1 << 22
"""Bytes that tell one lock from another; somebody may have cloned gigabytes."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """The lock that was synced, or written, last, and the generation that it is of; older records have none."""

    digest: str
    generation: int | None


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
        seen = self._read_seen()
        return seen is not None and seen.digest == self.digest()

    def is_behind(self, generation: int) -> bool:
        """Whether the lock that was written last is of another generation than this, the current one.

        So it is where a process ended, or the project could not be written, right after a change.
        """
        seen = self._read_seen()
        return seen is not None and seen.generation not in (None, generation)

    def says(self, lock: Lockfile) -> bool:
        """Whether the project's lock says ``lock``. Raises as :func:`lockfile.says_already` does."""
        from automatosx_nb.profile.lockfile import says_already

        return self.lock.is_file() and says_already(self.lock, lock)

    def keep(self, lock: Lockfile, generation: int, *, over: str | None = None) -> bool:
        """Have the project's lock say ``lock``, which ``generation`` is; the caller holds the profile's lock.

        :param over: the digest of a lock that may be written over, besides the one that was seen last.
        :returns: False: somebody else changed the lock, which was left as it is.
        """
        from automatosx_nb.profile.lockfile import write_lock

        drop_temporaries(self.lock)
        if not (self.is_in_step() or self.digest() == over or self.says(lock)):
            return False
        self.mark_seen(write_lock(self.lock, lock), generation)
        return True

    def mark_seen(self, written: bytes, generation: int) -> None:
        """The profile is, as ``generation``, what the lock of these bytes says."""
        make_folder(self.root)
        write_atomic(self._name, str(self.folder).encode("utf-8", "surrogateescape"))
        write_atomic(self._seen, f"{_digest(written)} {generation}".encode())

    def digest(self) -> str:
        """Of the lock that is there; empty, where none is."""
        if not self.lock.is_file():
            return ""
        with storage_errors(self.lock), self.lock.open("rb") as file:
            return _digest(file.read(_MORE_THAN_ANY_LOCK))

    def _read_seen(self) -> _Seen | None:
        digest, _, generation = (read_if_there(self._seen) or b"").decode("ascii", "replace").partition(" ")
        return _Seen(digest, int(generation) if generation.isdecimal() else None) if digest else None


def _digest(lock: bytes) -> str:
    return sha256(lock[:_MORE_THAN_ANY_LOCK]).hexdigest()
