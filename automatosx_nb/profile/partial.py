"""An artifact on its way into the store: what has come of it is kept under its digest until it is whole and true."""

from __future__ import annotations

import os
from hashlib import sha256
from typing import TYPE_CHECKING

from automatosx_nb.files import make_folder, storage_errors, sync_folder

if TYPE_CHECKING:
    from automatosx_nb.profile.store import Store

SUFFIX = ".part"
_PIECE = 1 << 20


class Partial:
    """``<sha256>.part`` beside the artifacts; for one at a time, who holds the store's lock.

    Opening it hashes what is there. Everything here raises as ``files.storage_errors`` does.
    """

    def __init__(self, store: Store, digest: str) -> None:
        self._target = store.path(digest)
        self._path = self._target.with_suffix(SUFFIX)
        make_folder(store.folder)
        with storage_errors(self._path):
            self._file = open(self._path, "a+b", opener=lambda name, flags: os.open(name, flags, 0o600))  # noqa: SIM115 - closed by close()
            self._file.seek(0)
            self._digest, self.size = sha256(), 0
            while piece := self._file.read(_PIECE):
                self._count(piece)

    def __enter__(self) -> Partial:
        return self

    def __exit__(self, *_error: object) -> None:
        """What has come stays."""
        with storage_errors(self._path):
            self._file.close()

    def drop_if_empty(self) -> None:
        """Leave no file of nothing. Only who still holds the store's lock may do that: another one may begin to fill
        it."""
        if not self.size:
            with storage_errors(self._path):
                self._path.unlink(missing_ok=True)

    @property
    def digest(self) -> str:
        """SHA-256 of what has come, hexadecimal."""
        return self._digest.hexdigest()

    def write(self, piece: bytes) -> None:
        with storage_errors(self._path):
            self._file.write(piece)
            self._file.flush()  # a killed process goes on from here
        self._count(piece)

    def restart(self) -> None:
        """Forget what has come."""
        with storage_errors(self._path):
            self._file.truncate(0)
        self._digest, self.size = sha256(), 0

    def finish(self) -> None:
        """Put it into the store, durably, in one step."""
        with storage_errors(self._target):
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            os.replace(self._path, self._target)  # noqa: PTH105 - Path.replace hides that this is the atomic step
            sync_folder(self._target.parent)

    def _count(self, piece: bytes) -> None:
        self._digest.update(piece)
        self.size += len(piece)
