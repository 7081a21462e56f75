"""The sans-IO codec of the wire: frames to bytes and back, with every cap checked before anything is believed.

The layout of a frame is in ``protocol``. A decoder that raised is finished: its connection has to be closed.
"""

from __future__ import annotations

import gc
import os
import struct
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

import msgspec

from automatosx_nb.errors import ProtocolViolation
from automatosx_nb.model import escaping
from automatosx_nb.sandbox import protocol

T = TypeVar("T")

MAX_INT, MIN_INT = 2**64 - 1, -(2**63)
MAX_ITEMS, MAX_CONTAINERS = 250_000, 50_000
"""Most values in one frame, and most lists and objects among them: some 25 MiB of memory at worst.

Building them takes some 20 ms in which no other thread of the host runs; a million lists took a second and a half.
"""
WRITTEN = 2
"""How many times the bytes of the largest frame its texts may take as JSON, which can make six bytes of one."""
_SMALL = 1 << 12
"""A frame of so many bytes cannot hold enough values to matter; it is not counted, since most frames are small."""
_SCALARS = frozenset((type(None), bool, float, str, bytes))
_HEADER = struct.Struct("<IB")
_encoder = msgspec.msgpack.Encoder()


class FrameTooLarge(ValueError):
    """What is to be sent is larger than the other end takes. ``size`` and ``limit`` are bytes, of the ``form``."""

    def __init__(self, size: int, limit: int, form: str = "") -> None:
        super().__init__(f"{size} bytes{form}, and at most {limit} cross in one piece")
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

    Its memory is bounded whatever ``value`` is, one that holds itself included: a plugin may have made it.
    """
    kind = type(value)
    if kind in _SCALARS or (kind is int and MIN_INT <= value <= MAX_INT):  # type: ignore[operator]
        return None
    return None if _is_plain(value, max_depth) else _locate(value, max_depth)


def _is_plain(value: object, max_depth: int) -> bool:
    """Level by level, so that depth cannot exhaust the stack, and without a path, which no good value needs."""
    level: list[object] = [value]
    found = held = depth = 0
    while level:
        deeper: list[object] = []
        for node in level:
            kind = type(node)
            if kind in _SCALARS:
                continue
            if kind is int:
                if not MIN_INT <= node <= MAX_INT:  # type: ignore[operator]
                    return False
            elif depth >= max_depth or held == MAX_CONTAINERS:
                return False
            elif kind is dict:
                if not all(type(key) is str for key in node):  # type: ignore[attr-defined]
                    return False
                deeper += node.values()  # type: ignore[attr-defined]
            elif kind is list or kind is tuple:
                deeper += node  # type: ignore[arg-type]
            else:
                return False
            if kind is not int:
                held += 1
            if found + len(deeper) > MAX_ITEMS:
                return False
        found += len(deeper)
        level = deeper
        depth += 1
    return True


def _locate(value: object, max_depth: int) -> Flaw:
    """The first flaw of a value that has one; only the path to where the search stands is kept."""
    seen = held = 0
    labels: list[str] = []
    open_ones: list[Iterator[tuple[str, object]]] = [iter([("", value)])]
    while open_ones:
        label, node = next(open_ones[-1], (None, None))
        if label is None:
            open_ones.pop()
            continue
        labels[len(open_ones) - 1 :] = [label]
        flaw = _flaw_of(node, "".join(labels), depth=len(open_ones) - 1, max_depth=max_depth)
        if flaw is not None:
            return flaw
        seen += 1
        held += isinstance(node, dict | list | tuple)
        if seen > MAX_ITEMS or held > MAX_CONTAINERS:
            break
        if isinstance(node, dict):
            open_ones.append(((f"[{key[:40]!r}]", child) for key, child in node.items()))
        elif isinstance(node, list | tuple):
            open_ones.append(((f"[{index}]", child) for index, child in enumerate(node)))
    many = f"{MAX_CONTAINERS} lists and objects" if held > MAX_CONTAINERS else f"{MAX_ITEMS} values"
    return Flaw("", type(value).__name__, f"it holds more than {many}; hand large data over as a table")


def _flaw_of(node: object, path: str, *, depth: int, max_depth: int) -> Flaw | None:
    kind = type(node)
    if kind in _SCALARS:
        return None
    if kind is int:
        if MIN_INT <= node <= MAX_INT:  # type: ignore[operator]
            return None
        return Flaw(path, "int", "integers beyond 64 bits do not cross; send a float or a string")
    if kind is not dict and kind is not list and kind is not tuple:
        return Flaw(path, kind.__name__, "only None, bool, int, float, str, bytes, list and dict cross")
    if depth >= max_depth:
        return Flaw(path, kind.__name__, f"it is nested deeper than {max_depth} levels")
    if kind is dict:
        for key in node:  # type: ignore[attr-defined]
            if type(key) is not str:
                return Flaw(f"{path}[{key!r:.40}]", type(key).__name__, "the keys of a JSON object are strings")
    return None


def count_items(payload: bytes | memoryview) -> int:
    """Count the values of a msgpack text before anything is built: one byte of it can become eighty of memory.

    Source of the format: https://github.com/msgpack/msgpack/blob/master/spec.md. What is no msgpack is left to the
    decoder, which stops where this does.

    :raises ProtocolViolation: it has more than ``MAX_ITEMS``, or more than ``MAX_CONTAINERS`` that hold others.
    """
    at, end, seen, held = 0, len(payload), 0, 0
    while at < end:
        seen += 1
        if seen > MAX_ITEMS:
            raise ProtocolViolation(f"a frame of more than {MAX_ITEMS} values")
        first = payload[at]
        if first in _CONTAINERS:
            held += 1
            if held > MAX_CONTAINERS:
                raise ProtocolViolation(f"a frame of more than {MAX_CONTAINERS} lists and objects")
        step = _STEPS[first]
        if not step:
            width, more = _LENGTHS[first]
            step = 1 + width + more + int.from_bytes(payload[at + 1 : at + 1 + width], "big")
        at += step
    return seen


def _steps() -> tuple[int, ...]:
    """For each first byte how long its token is, a container's children not counted; 0: a length follows."""
    steps = [1] * 256
    for size in range(32):
        steps[0xA0 + size] = 1 + size
    fixed = {0xCA: 5, 0xCB: 9, 0xCC: 2, 0xCD: 3, 0xCE: 5, 0xCF: 9, 0xD0: 2, 0xD1: 3, 0xD2: 5, 0xD3: 9}
    fixed |= {0xD4: 3, 0xD5: 4, 0xD6: 6, 0xD7: 10, 0xD8: 18, 0xDC: 3, 0xDD: 5, 0xDE: 3, 0xDF: 5}
    for first, step in (fixed | dict.fromkeys(_LENGTHS, 0)).items():
        steps[first] = step
    return tuple(steps)


_LENGTHS = {
    0xC4: (1, 0), 0xC5: (2, 0), 0xC6: (4, 0), 0xC7: (1, 1), 0xC8: (2, 1), 0xC9: (4, 1),
    0xD9: (1, 0), 0xDA: (2, 0), 0xDB: (4, 0),
}  # fmt: skip
"""First byte → bytes of the length that follows it, and bytes between that and the data (an extension's type)."""
_STEPS = _steps()
_CONTAINERS = frozenset((*range(0x80, 0xA0), 0xDC, 0xDD, 0xDE, 0xDF))
"""First bytes of maps and arrays."""


def encode(frame: msgspec.Struct, *, fds: int = 0, max_bytes: int) -> bytes:
    """One frame with its header.

    :raises FrameTooLarge: it is longer than ``max_bytes``.
    :raises ProtocolViolation: it announces more descriptors than one frame can carry.
    """
    payload = _encoder.encode(frame)
    if len(payload) > max_bytes:
        raise FrameTooLarge(len(payload), max_bytes)
    most = WRITTEN * max_bytes
    if len(payload) * escaping.MOST > most and (written := _written(frame)) > most:
        raise FrameTooLarge(written, most, " as JSON text")
    if fds > protocol.MAX_FDS:
        raise ProtocolViolation(f"{fds} descriptors in one frame, at most {protocol.MAX_FDS} are allowed")
    return _HEADER.pack(len(payload), fds) + payload


def _written(frame: object) -> int:
    """How many bytes the texts of a frame's values take as JSON: at most ``escaping.MOST`` times what they do here."""
    texts = (
        value.root if isinstance(value, protocol.Display) else value.value
        for value in values_of(frame)
        if isinstance(value, protocol.Json | protocol.Display)
    )
    return sum(map(escaping.json_size, texts))


def values_of(frame: object) -> Sequence[protocol.Value]:
    """The values that a frame carries."""
    carried = _CARRIED.get(type(frame))
    return () if carried is None else carried(frame)


_CARRIED: dict[type, Callable[[Any], Sequence[protocol.Value]]] = {
    protocol.Result: lambda result: (result.value,),
    protocol.Call: lambda call: [*call.args, *call.kwargs.values()],
    protocol.Ask: lambda ask: ask.args,
    protocol.Answer: lambda answer: () if answer.value is None else (answer.value,),
}
"""A look-up, since most frames carry none."""


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


@cache
def _decoder_of(frames: Any) -> Any:
    """It keeps nothing of what it decodes, and making one takes longer than reading a hundred frames."""
    return msgspec.msgpack.Decoder(frames)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without garbage collection, which runs again and again over the host's whole heap while many lists are built.

    Decoding is one call into C, so no other thread runs meanwhile, and none of them notices.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class Decoder(Generic[T]):
    """Bytes in, whole frames out. ``feed`` what arrived, then take frames with ``next`` until it returns None.

    ``counts``: whether a frame may come from a plugin, so that its values are counted before any is made.
    """

    def __init__(self, frames: Any, *, max_bytes: int, max_depth: int, counts: bool = True) -> None:
        self._decoder: msgspec.msgpack.Decoder[T] = _decoder_of(frames)
        self._max_bytes = max_bytes
        self._max_depth = max_depth
        self._counts = counts
        self._buffer = bytearray()
        self.items = 0
        """How many values the last frame had; 0 if it was small."""
        self._fds: deque[int] = deque()

    def feed(self, data: bytes, fds: Sequence[int] = ()) -> None:
        """:raises ProtocolViolation: more descriptors are waiting than one frame can carry."""
        self._buffer += data
        if fds:
            self._fds.extend(fds)
            if len(self._fds) > protocol.MAX_FDS:
                self._fail(f"{len(self._fds)} descriptors, at most {protocol.MAX_FDS} are allowed")

    def next(self) -> tuple[T, list[int]] | None:
        """The next whole frame with the descriptors that travelled with it; the caller closes those.

        :raises ProtocolViolation: what arrived is not a frame; every descriptor that waited is closed.
        """
        if len(self._buffer) < protocol.HEADER_BYTES:
            return None
        size, count = _HEADER.unpack_from(self._buffer)
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
        if len(self._buffer) == end:
            self._buffer.clear()
        else:
            del self._buffer[:end]
        taken = [self._fds.popleft() for _ in range(count)] if count else []
        if self._fds and not self._buffer:
            close_all(taken)
            self._fail(f"{len(self._fds)} descriptors came that no frame announced")
        return frame, taken

    def take(self, room: memoryview) -> int:
        """Move what was fed behind the last frame, and is none, into ``room``. The result is how many bytes."""
        count = min(len(self._buffer), len(room))
        room[:count] = self._buffer[:count]
        del self._buffer[:count]
        return count

    def _decode(self, end: int, count: int) -> T:
        try:
            if end <= _SMALL:
                self.items = 0
                frame = self._decoder.decode(self._buffer[protocol.HEADER_BYTES : end])
            else:
                frame = self._decode_large(end)
            for value in values_of(frame):
                _check_value(value, count, self._max_depth)
            most = WRITTEN * self._max_bytes
            if end * escaping.MOST > most and _written(frame) > most:
                raise ProtocolViolation(f"texts of more than {most} bytes as JSON")
        except (msgspec.DecodeError, RecursionError, ValueError, OverflowError) as error:
            self._fail(f"not one of its frames ({type(error).__name__}: {error})", error)
        except ProtocolViolation:
            self.close()
            raise
        return frame

    def _decode_large(self, end: int) -> T:
        with memoryview(self._buffer) as view, view[protocol.HEADER_BYTES : end] as payload:
            self.items = count_items(payload) if self._counts else 0
            if not self.items:
                return self._decoder.decode(payload)
            with _uncollected():
                return self._decoder.decode(payload)

    def _fail(self, reason: str, cause: BaseException | None = None) -> Any:
        self.close()
        raise ProtocolViolation(reason) from cause

    def close(self) -> None:
        """Drop what was buffered and close the descriptors that nobody took."""
        self._buffer.clear()
        close_all(self._fds)
        self._fds.clear()
