"""Who holds leases: a kernel keeps a lock on a file while it lives, and the system drops that with the process."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout

from automatosx_nb.files import make_folder


class Owner:
    """One kernel, among all that share a profile. Its lock is taken when it is made."""

    def __init__(self, folder: Path) -> None:
        self.name = uuid4().hex
        make_folder(folder)
        self._path = _path(folder, self.name)
        self._lock = FileLock(self._path, timeout=0, thread_local=False)
        self._lock.acquire()

    def close(self) -> None:
        self._lock.release()
        with suppress(OSError):
            self._path.unlink()


def is_gone(folder: Path, name: str) -> bool:
    """Whether the owner called ``name`` is known to have ended; its file goes with that."""
    path = _path(folder, name)
    if not path.exists():
        return True
    lock = FileLock(path, timeout=0, thread_local=False)
    try:
        lock.acquire()
    except (Timeout, OSError):
        return False
    with suppress(OSError):
        path.unlink()
    lock.release()
    return True


def _path(folder: Path, name: str) -> Path:
    return folder / f"{name}.lock"
