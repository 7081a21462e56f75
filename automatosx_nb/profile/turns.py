"""Writers of one file, in any process, take turns: SQLite's own waiting lets some of them wait for ever.

Two locks on files beside it. Whoever wants to write first takes ``.turn``, then waits for ``.lock``, and lets the next
one have ``.turn``: so nobody writes twice while somebody waits at the head. Behind the head the place is drawn by lot,
with equal chances. The system drops the locks of a process that died.

In ``.lock`` stands who had the turn last: whoever finds itself there knows that nobody wrote since.
"""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from automatosx_nb.errors import ProfileBusy

WAIT_S = 10.0
"""How long to wait for another kernel that writes."""
POLL_S = 0.0003
"""Everybody asks again as often as everybody else, or those who wait for long would have the smaller chance."""

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

    def _unlock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

    def _had_it_last(_descriptor: int, _who: bytes) -> bool:
        return False  # nobody can read what is locked by position, so everybody looks
else:
    import fcntl

    def _try_lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)

    def _had_it_last(descriptor: int, who: bytes) -> bool:
        """Whether ``who`` stands there; from now on it does, or nobody where the disk has no room for it."""
        if os.pread(descriptor, len(who), 0) == who:
            return True
        try:
            os.pwrite(descriptor, who, 0)
        except OSError:
            os.ftruncate(descriptor, 0)
        return False


_TAKEN = {errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK}


class Turns:
    """One writer's place among all of ``path``. Used by one thread at a time; a fork's child opens its own."""

    def __init__(self, path: Path, *, wait_s: float = WAIT_S) -> None:
        """:raises OSError: the files of the locks cannot be made beside ``path``."""
        self._path = path
        self._wait_s = wait_s
        self._who = os.urandom(16)
        self._turn = _opened(f"{path}.turn")
        try:
            self._write = _opened(f"{path}.lock")
        except BaseException:
            os.close(self._turn)
            raise

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Nobody else writes within.

        :raises ProfileBusy: the turn did not come in time.
        """
        self.take()
        try:
            yield
        finally:
            self.leave()

    def take(self) -> bool:
        """As :meth:`taken`, until :meth:`leave`. Whether nobody else had the turn since it was taken here last."""
        until = time.monotonic() + self._wait_s
        self._lock(self._turn, until)
        try:
            self._lock(self._write, until)
        finally:
            _unlock(self._turn)
        try:
            return _had_it_last(self._write, self._who)
        except BaseException:
            self.leave()
            raise

    def leave(self) -> None:
        _unlock(self._write)

    def close(self) -> None:
        for descriptor in (self._turn, self._write):
            os.close(descriptor)

    def _lock(self, descriptor: int, until: float) -> None:
        while True:
            try:
                return _try_lock(descriptor)
            except OSError as error:
                if error.errno not in _TAKEN:
                    raise
            if time.monotonic() >= until:
                raise ProfileBusy(str(self._path), "not known which", self._wait_s)
            time.sleep(POLL_S)


def _opened(name: str) -> int:
    return os.open(name, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
