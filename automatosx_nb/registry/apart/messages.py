"""What a search process is asked and answers, over two pipes: each message is 4 bytes, big-endian, that say how many
bytes follow, and those in MessagePack."""

from __future__ import annotations

import os
import struct
from typing import Any, TypeVar

import msgspec

from automatosx_nb import errors
from automatosx_nb.errors import AutomatosxError
from automatosx_nb.model.release import SearchQuery

T = TypeVar("T")

_LENGTH = struct.Struct(">I")
_READ = 1 << 18
"""Bytes that are asked of a pipe at once."""
_encode = msgspec.msgpack.Encoder().encode


class Opening(msgspec.Struct, array_like=True):
    """The first message to a process. ``file``: the database is a path, and else a URL."""

    database: str
    file: bool


class Questions(msgspec.Struct, array_like=True):
    """Asked in this order, and so answered. The answers know of all that was written before, where ``wrote`` says that
    something was; ``downloaded`` names plugins that have more downloads than they had."""

    queries: list[SearchQuery]
    wrote: bool = False
    downloaded: list[str] = []


class Found(msgspec.Struct, array_like=True, tag=True):
    """As a :class:`automatosx_nb.registry.search.SearchDocument`."""

    total: int
    next: str | None
    body: bytes


class Failed(msgspec.Struct, array_like=True, tag=True):
    """One of our errors, and what it carries."""

    error: str
    carries: list[Any]

    @classmethod
    def of(cls, error: AutomatosxError) -> Failed:
        """What cannot be said in MessagePack is told by the error's name alone."""
        carries = [getattr(error, name) for name in error.fields()]
        try:
            _encode(carries)
        except (TypeError, ValueError, OverflowError):
            return cls(errors.SearchFailed.__name__, [f"failed with {type(error).__name__}"])
        return cls(type(error).__name__, carries)

    def made(self) -> AutomatosxError:
        """The same error again."""
        error: AutomatosxError = getattr(errors, self.error)(*self.carries)
        return error


Answer = Found | Failed


class Answers(msgspec.Struct, array_like=True):
    """To the first questions that have no answer yet. ``revision`` is the change that they know of."""

    answers: list[Answer]
    revision: int


def packed(message: msgspec.Struct | SearchQuery) -> bytes:
    """With its length.

    :raises ValueError: there is half a character in it.
    """
    said = _encode(message)
    return _LENGTH.pack(len(said)) + said


def send(pipe: int, message: msgspec.Struct) -> None:
    """:raises BrokenPipeError: nobody reads there any more."""
    write(pipe, packed(message))


def write(pipe: int, message: bytes) -> None:
    """All of it. Raises as :func:`send` does."""
    rest = memoryview(message)
    while rest:
        rest = rest[os.write(pipe, rest) :]


class Inbox:
    """The messages that come through a pipe."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._received = bytearray()

    def receive(self, kind: type[T]) -> T:
        """The next one.

        :raises EOFError: there is none, and nobody writes there any more.
        """
        while not self.has_more():
            read = os.read(self._pipe, _READ)
            if not read:
                raise EOFError
            self._received += read
        end = self._end()
        message = msgspec.msgpack.decode(self._received[_LENGTH.size : end], type=kind)
        del self._received[:end]
        return message

    def has_more(self) -> bool:
        """Whether a whole message has been read already."""
        return len(self._received) >= _LENGTH.size and len(self._received) >= self._end()

    def _end(self) -> int:
        return int(_LENGTH.size + _LENGTH.unpack_from(self._received)[0])
