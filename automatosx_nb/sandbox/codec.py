"""The sans-IO codec of the wire: frames to bytes and back, with every cap checked before anything is believed.

The layout of a frame is in ``protocol``. A decoder that raised is finished: its connection has to be closed.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from automatosx_nb.errors import ProtocolViolation
from automatosx_nb.sandbox import protocol

T = TypeVar("T")

MAX_INT, MIN_INT = 2**64 - 1, -(2**63)
_encoder = msgspec.msgpack.Encoder()


class FrameTooLarge(ValueError):
    """What is to be sent is larger than the other end takes. ``size`` and ``limit`` are bytes."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"{size} bytes, and at most {limit} cross in one piece")
        self.size = size
        self.limit = limit


@dataclass(frozen=True, slots=True)
class Flaw:
    """The first thing in a value that cannot cross: where it is, and why."""

    path: str
    type_name: str
    reason: str


def find_flaw(value: object, *, max_depth: int) -> Flaw | None:
    """What keeps ``value`` from being a JSON value (bytes in it are allowed), or None.

    Iterative, so that depth cannot exhaust the stack.
    """
    todo: list[tuple[object, str, int]] = [(value, "", 0)]
    while todo:
        node, path, depth = todo.pop()
        kind = type(node)
        if node is None or kind is str or kind is float or kind is bool:
            continue
        if kind is int:
            if not MIN_INT <= node <= MAX_INT:  # type: ignore[operator]
                return Flaw(path, "int", "integers beyond 64 bits do not cross; send a float or a string")
            continue
        if kind is bytes:
            continue
        if kind is not dict and kind is not list and kind is not tuple:
            return Flaw(path, kind.__name__, "only None, bool, int, float, str, bytes, list and dict cross")
        if depth >= max_depth:
            return Flaw(path, kind.__name__, f"it is nested deeper than {max_depth} levels")
        if isinstance(node, dict):
            for key, child in node.items():
                if type(key) is not str:
                    return Flaw(f"{path}[{key!r:.40}]", type(key).__name__, "the keys of a JSON object are strings")
                if type(child) is not str:
                    todo.append((child, f"{path}[{key[:40]!r}]", depth + 1))
        elif isinstance(node, list | tuple):
            for index, child in enumerate(node):
                if type(child) is not float and type(child) is not str:
                    todo.append((child, f"{path}[{index}]", depth + 1))
    return None


def encode(frame: protocol.Struct, *, fds: int = 0, max_bytes: int) -> bytes:
    """One frame with its header.

    :raises FrameTooLarge: it is longer than ``max_bytes``.
    :raises ProtocolViolation: it announces more descriptors than one frame can carry.
    """
    payload = _encoder.encode(frame)
    if len(payload) > max_bytes:
        raise FrameTooLarge(len(payload), max_bytes)
    if fds > protocol.MAX_FDS:
        raise ProtocolViolation(f"{fds} descriptors in one frame, at most {protocol.MAX_FDS} are allowed")
    return len(payload).to_bytes(4, "little") + bytes((fds,)) + payload


def values_of(frame: object) -> Iterator[protocol.Value]:
    """The values that a frame carries."""
    if isinstance(frame, protocol.Call):
        yield from frame.args
        yield from frame.kwargs.values()
    elif isinstance(frame, protocol.Ask):
        yield from frame.args
    elif isinstance(frame, protocol.Result | protocol.Answer) and frame.value is not None:
        yield frame.value


def _check_value(value: protocol.Value, fds: int, max_depth: int) -> None:
    if isinstance(value, protocol.Json):
        flaw = find_flaw(value.value, max_depth=max_depth)
    elif isinstance(value, protocol.Display):
        flaw = find_flaw(value.root, max_depth=max_depth)
    elif isinstance(value, protocol.Table):
        if not 0 <= value.fd < fds:
            raise ProtocolViolation(f"a table names descriptor {value.fd} of {fds}")
        if value.size < 0:
            raise ProtocolViolation(f"a table has the size {value.size}")
        return
    else:
        return
    if flaw is not None:
        raise ProtocolViolation(f"a value holds a {flaw.type_name} at {flaw.path or 'its top'}: {flaw.reason}")


def close_all(fds: Iterable[int]) -> None:
    for fd in fds:
        os.close(fd)


class Decoder(Generic[T]):
    """Bytes in, whole frames out. ``feed`` what arrived, then take frames with ``next`` until it returns None."""

    def __init__(self, frames: Any, *, max_bytes: int, max_depth: int) -> None:
        self._decoder: msgspec.msgpack.Decoder[T] = msgspec.msgpack.Decoder(frames)
        self._max_bytes = max_bytes
        self._max_depth = max_depth
        self._buffer = bytearray()
        self._fds: deque[int] = deque()

    def feed(self, data: bytes, fds: Sequence[int] = ()) -> None:
        """:raises ProtocolViolation: more descriptors are waiting than one frame can carry."""
        self._buffer += data
        self._fds.extend(fds)
        if len(self._fds) > protocol.MAX_FDS:
            self._fail(f"{len(self._fds)} descriptors, at most {protocol.MAX_FDS} are allowed")

    def next(self) -> tuple[T, list[int]] | None:
        """The next whole frame with the descriptors that travelled with it; the caller closes those.

        :raises ProtocolViolation: what arrived is not a frame; every descriptor that waited is closed.
        """
        if len(self._buffer) < protocol.HEADER_BYTES:
            return None
        size, count = int.from_bytes(self._buffer[:4], "little"), self._buffer[4]
        if size > self._max_bytes:
            self._fail(f"a frame of {size} bytes, at most {self._max_bytes} are allowed")
        if count > protocol.MAX_FDS:
            self._fail(f"a frame with {count} descriptors, at most {protocol.MAX_FDS} are allowed")
        end = protocol.HEADER_BYTES + size
        if len(self._buffer) < end:
            return None
        if count > len(self._fds):
            self._fail(f"a frame announces {count} descriptors and {len(self._fds)} came")
        frame = self._decode(end, count)
        del self._buffer[:end]
        taken = [self._fds.popleft() for _ in range(count)]
        if self._fds and not self._buffer:
            close_all(taken)
            self._fail(f"{len(self._fds)} descriptors came that no frame announced")
        return frame, taken

    def _decode(self, end: int, count: int) -> T:
        try:
            with memoryview(self._buffer) as view, view[protocol.HEADER_BYTES : end] as payload:
                frame = self._decoder.decode(payload)
            for value in values_of(frame):
                _check_value(value, count, self._max_depth)
        except (msgspec.DecodeError, RecursionError, ValueError, OverflowError) as error:
            self._fail(f"not one of its frames ({type(error).__name__}: {error})", error)
        except ProtocolViolation:
            self.close()
            raise
        return frame

    def _fail(self, reason: str, cause: BaseException | None = None) -> Any:
        self.close()
        raise ProtocolViolation(reason) from cause

    def close(self) -> None:
        """Drop what was buffered and close the descriptors that nobody took."""
        self._buffer.clear()
        close_all(self._fds)
        self._fds.clear()
