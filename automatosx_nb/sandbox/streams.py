"""Tables from a worker to the host: their bytes follow a frame that says how many, ahead of the one that names them.

A worker has no memory files and sends no descriptors. What it gave away that way would be memory that no limit of
the system counts; what it streams goes into the host's own, which counts every byte before it makes room for it.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from automatosx_nb.errors import ProtocolViolation, UntransferableValue
from automatosx_nb.sandbox import protocol

_LARGE_BYTES = 16 * 1024
"""Pieces of a table from so many bytes on are sent from where they are."""
_HUGE_BYTES = 4 << 20
"""Tables from so many bytes on get large pages: to hand out and clear small ones takes longer than all the copying."""
_LEAST_CHARGE = 4096
_SLACK = 1 << 20
SEALABLE = hasattr(os, "memfd_create")

SendStream = Callable[[int, Sequence[memoryview | bytearray]], None]
"""Sends a table: its bytes in all, and its pieces."""


def memory_file() -> int:
    """A descriptor of an empty file in memory, or, where the system has none, of one without a name."""
    if SEALABLE:
        return os.memfd_create("automatosx-table", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    import tempfile  # which brings random, whose seed a fork draws anew: two pages of each worker's own

    handle, path = tempfile.mkstemp()
    os.unlink(path)  # noqa: PTH108
    return handle


def write_all(fd: int, data: Any) -> int:
    """Every byte of ``data``; the result is how many there were."""
    with memoryview(data) as view, view.cast("B") as rest:
        done = 0
        while done < len(rest):
            done += os.write(fd, rest[done : done + (1 << 30)])
    return done


class Pieces:
    """What ``pyarrow`` writes into, in the worker: its large buffers as they are, small ones gathered."""

    def __init__(self) -> None:
        self.all: list[memoryview | bytearray] = []
        self.size = 0

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        self.size += len(view)
        last = self.all[-1] if self.all else None
        if len(view) >= _LARGE_BYTES:
            self.all.append(view)
        elif isinstance(last, bytearray):
            last += view
        else:
            self.all.append(bytearray(view))
        return len(view)


class ReceivedTables:
    """The host's side: the tables that came since the last frame that could name one."""

    def __init__(self, table_mb: int) -> None:
        self._table_mb = table_mb
        self._left = self._most = (table_mb << 20) + _SLACK
        self.whole: list[memoryview] = []
        """Their bytes, in the order in which they came."""

    def room_for(self, size: int) -> memoryview:
        """Where the ``size`` bytes of the next one go.

        :raises ProtocolViolation: they are more tables, or more bytes, than one frame may name.
        :raises UntransferableValue: this process has no room for them.
        """
        self.charge(size)
        if len(self.whole) >= protocol.MAX_FDS:
            raise ProtocolViolation(f"more than {protocol.MAX_FDS} tables for one frame")
        self.whole.append(_memory(size))
        return self.whole[-1]

    def charge(self, size: int) -> None:
        """Count a table of ``size`` bytes, kept or not.

        :raises ProtocolViolation: no table has that size, or they are more bytes than one frame may name.
        """
        if size <= 0:
            raise ProtocolViolation(f"a table has the size {size}")
        self._left -= max(size, _LEAST_CHARGE)
        if self._left < 0:
            raise ProtocolViolation(f"tables of more than {self._table_mb} MiB, the limit table-mb")

    def clear(self) -> None:
        self.whole = []
        self._left = self._most


def _memory(size: int) -> memoryview:
    """Memory of this process alone, of which the system hands out what is written to."""
    import mmap  # a worker has no use for it

    try:
        if sys.platform == "win32":
            return memoryview(mmap.mmap(-1, size))
        mapped = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    except OSError as error:
        raise UntransferableValue("a table", "table", f"no room for its {size >> 20} MiB: {error}") from error
    if size >= _HUGE_BYTES and hasattr(mmap, "MADV_HUGEPAGE"):
        with contextlib.suppress(OSError):  # a kernel without large pages
            mapped.madvise(mmap.MADV_HUGEPAGE)
    return memoryview(mapped)
