"""Folders that last as long as a process: what one left behind that was killed, another removes.

A folder is held by a lock on itself (flock(2)), which ends with the last process that has it, however that ended. So no
pid is asked after that may be another process's by now, and nothing is removed because it looks old.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from pathlib import Path

from automatosx_nb.sandbox import folders

if sys.platform != "win32":
    import fcntl

PREFIX = "automatosx-run-"


class Scratch:
    """A new, empty folder at ``path`` that its owner alone may read. Remove it, or use it as a context manager.

    :raises OSError: there is no room for one.
    """

    def __init__(self) -> None:
        while True:
            self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
            try:
                self._held = _held(self.path)
            except (FileNotFoundError, BlockingIOError):
                continue  # somebody who sweeps was faster than the lock
            return

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *_: object) -> None:
        self.remove()

    def remove(self) -> None:
        """As far as the system lets us."""
        folders.remove(self.path)
        if self._held is not None:
            os.close(self._held)
            self._held = None


def sweep() -> None:
    """Remove this user's folders that no process holds any more. What cannot be removed is left."""
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        for entry in entries:
            if entry.name.startswith(PREFIX):
                with contextlib.suppress(OSError):
                    _remove_if_left(entry)


def _remove_if_left(entry: os.DirEntry[str]) -> None:
    status = entry.stat(follow_symlinks=False)
    if status.st_uid != os.getuid() or not entry.is_dir(follow_symlinks=False):
        return
    held = _held(Path(entry.path))
    if held is not None:
        folders.remove(Path(entry.path))
        os.close(held)


def _held(path: Path) -> int | None:
    """A descriptor that holds the folder; None: this system or this disk has no such locks, and nobody sweeps there.

    :raises BlockingIOError: another process holds it.
    :raises FileNotFoundError: it was removed.
    """
    if sys.platform == "win32":
        return None
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.stat()  # it may be removed by who had it before
    except (BlockingIOError, FileNotFoundError):
        os.close(descriptor)
        raise
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
