"""One writer at a time: the system drops a dead owner's lock, so nobody has to."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from automatosx_nb.errors import ProfileBusy
from automatosx_nb.files import make_folder, storage_errors

if TYPE_CHECKING:
    from automatosx_nb.profile.profile import Profile

WAIT_S = 30.0


@contextmanager
def changing(profile: Profile, *, wait_s: float = WAIT_S) -> Iterator[None]:
    """Hold all that a change of ``profile`` needs: where its store is another profile's, that one's lock first.

    Raises as :func:`writer_lock` does.
    """
    with ExitStack() as locks:
        for root in dict.fromkeys((profile.store.folder.parent, profile.root)):
            locks.enter_context(writer_lock(root, wait_s=wait_s))
        yield


@contextmanager
def writer_lock(root: Path, *, wait_s: float = WAIT_S) -> Iterator[None]:
    """Hold the profile's writer lock.

    :raises ProfileBusy: somebody else held it for ``wait_s`` seconds.
    :raises ProfileReadOnly: the profile cannot be written.
    """
    make_folder(root)
    owner = root / "lock-owner"
    lock = FileLock(root / "lock", timeout=wait_s)
    with storage_errors(root):
        try:
            lock.acquire()
        except Timeout as error:
            raise ProfileBusy(str(root), _read(owner), wait_s) from error
    try:
        with storage_errors(owner):
            owner.write_text(f"process {os.getpid()} on {socket.gethostname()}")
        yield
    finally:
        lock.release()


def _read(owner: Path) -> str:
    try:
        return owner.read_text()
    except OSError:
        return "unknown"
