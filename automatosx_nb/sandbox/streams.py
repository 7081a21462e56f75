"""Tables from a worker to the host: their bytes go ahead of the frame that names them, in pieces.

A worker has no memory files and sends no descriptors. What it gave away that way would be memory that no limit of
the system counts; what it streams is the host's, which counts every byte.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from automatosx_nb.errors import ProtocolViolation
from automatosx_nb.sandbox import protocol
from automatosx_nb.sandbox.codec import close_all

PART_BYTES = 256 * 1024
"""Most bytes of one piece; below the smallest frame-mb."""
_LEAST_CHARGE = 4096
_SLACK = 1 << 20
SEALABLE = hasattr(os, "memfd_create")

SendPart = Callable[[protocol.Part], None]


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


class PartSink:
    """What ``pyarrow`` writes into, in the worker: small writes are gathered, and pieces of one size sent."""

    def __init__(self, send: SendPart) -> None:
        self._send = send
        self._waiting = bytearray()
        self.size = 0

    def write(self, data: Any) -> int:
        with memoryview(data) as view, view.cast("B") as rest:
            self.size += len(rest)
            at = 0
            while at < len(rest):
                if not self._waiting and len(rest) - at >= PART_BYTES:
                    self._send(protocol.Part(bytes(rest[at : at + PART_BYTES])))
                    at += PART_BYTES
                    continue
                taken = rest[at : at + PART_BYTES - len(self._waiting)]
                self._waiting += taken
                at += len(taken)
                if len(self._waiting) == PART_BYTES:
                    self._send(protocol.Part(bytes(self._waiting)))
                    self._waiting.clear()
            return len(rest)

    def end(self) -> None:
        self._send(protocol.Part(bytes(self._waiting), last=True))


class ReceivedTables:
    """The host's side: the tables that came since the last frame that could name one."""

    def __init__(self, table_mb: int) -> None:
        self._table_mb = table_mb
        self._room = self._whole = (table_mb << 20) + _SLACK
        self._files: list[int] = []
        self._ended = True

    def add(self, part: protocol.Part) -> None:
        """:raises ProtocolViolation: more tables, or more bytes, than one frame may name."""
        self._room -= max(len(part.data), _LEAST_CHARGE)
        if self._room < 0:
            raise ProtocolViolation(f"tables of more than {self._table_mb} MiB, the limit table-mb")
        if self._ended:
            if len(self._files) >= protocol.MAX_FDS:
                raise ProtocolViolation(f"more than {protocol.MAX_FDS} tables for one frame")
            self._files.append(memory_file())
        write_all(self._files[-1], part.data)
        self._ended = part.last

    @property
    def files(self) -> list[int]:
        """Descriptors in the order in which the tables came.

        :raises ProtocolViolation: the last one is not whole.
        """
        if not self._ended:
            raise ProtocolViolation("a table that is not whole")
        return self._files

    def clear(self) -> None:
        if self._files:
            close_all(self._files)
            self._files = []
        self._room, self._ended = self._whole, True
