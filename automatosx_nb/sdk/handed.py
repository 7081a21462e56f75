"""What a user hands over by naming it: a file to read, a file to write, a secret. Each is for one call.

A handler gets these in place of the path or the name that was typed. After the call the host answers nothing more
about them. Outside a worker, in tests, each can be made of what it stands for.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PIECE = 1 << 20
"""Most bytes that cross at once."""
_GATHERED = 256 * 1024


class InputFile:
    """A file to read, as often and from wherever one likes. Iterating yields its lines as text, each with its end.

    ``InputFile(name, data)`` makes one of bytes, for tests.
    """

    __slots__ = ("_name", "_read", "_size")

    def __init__(self, name: str, data: bytes) -> None:
        self._name, self._size = name, len(data)
        self._read: Callable[[int, int], bytes] = lambda offset, size: data[offset : offset + size]

    @property
    def name(self) -> str:
        """Its name, without a folder."""
        return self._name

    @property
    def size(self) -> int:
        """In bytes, when it was handed over."""
        return self._size

    def read_bytes(self) -> bytes:
        """All of it."""
        return b"".join(self.chunks())

    def read_text(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """All of it as text, line ends as ``\\n``.

        :raises UnicodeDecodeError: it is not in that encoding.
        """
        return "".join(self.lines(encoding, errors))

    def chunks(self, size: int = PIECE) -> Iterator[bytes]:
        """Its bytes in pieces of ``size``, at most 1 MiB, so that a large file needs little memory."""
        step, at = max(1, min(size, PIECE)), 0
        while piece := self._read(at, step):
            yield piece
            at += len(piece)

    def lines(self, encoding: str = "utf-8", errors: str = "strict", newline: str | None = None) -> Iterator[str]:
        """Its lines as text, read as they are needed. ``newline``: as of ``open``, ``""`` for the csv module."""
        with io.TextIOWrapper(io.BufferedReader(_Raw(self._read), PIECE), encoding, errors, newline) as text:
            yield from text

    def __iter__(self) -> Iterator[str]:
        return self.lines()

    def __repr__(self) -> str:
        return f"<InputFile {self._name!r} of {self._size} bytes>"


class OutputFile:
    """A file to write. The host makes it, whole, after the handler has returned; an error leaves nothing.

    ``OutputFile(name)`` keeps what is written, for tests: :meth:`getvalue`.
    """

    __slots__ = ("_begun", "_name", "_over", "_send", "_waiting")

    def __init__(self, name: str) -> None:
        self._name = name
        self._begun = self._over = False
        self._waiting = bytearray()
        self._send: Callable[[bytes], object] | None = None

    @property
    def name(self) -> str:
        """Its name, without a folder."""
        return self._name

    def write(self, data: str | bytes) -> int:
        """Add ``data``, text as UTF-8, at the end; how many characters or bytes that were, as of any file.

        :raises TypeError: it is neither.
        :raises ValueError: the call that it was handed over for is over.
        """
        if self._over:
            raise ValueError(f"{self._name!r} was handed over for one call, and that is over")
        if not isinstance(data, str | bytes | bytearray):
            raise TypeError(f"a file takes str or bytes, not {type(data).__name__}")
        raw = data.encode() if isinstance(data, str) else data
        if self._send is None:
            self._waiting += raw
            return len(data)
        if not self._begun:
            self._begun = True
            self._send(b"")
        for at in range(0, len(raw), PIECE):
            self._waiting += raw[at : at + PIECE]
            if len(self._waiting) >= _GATHERED:
                self._send_waiting()
        return len(data)

    def getvalue(self) -> bytes:
        """What was written, outside a worker.

        :raises ValueError: in a worker, where that is with the host.
        """
        if self._send is not None:
            raise ValueError("what was written is with the host")
        return bytes(self._waiting)

    def _send_waiting(self) -> None:
        if self._send is not None and self._waiting:
            for at in range(0, len(self._waiting), PIECE):
                self._send(bytes(self._waiting[at : at + PIECE]))
            self._waiting.clear()

    def __repr__(self) -> str:
        return f"<OutputFile {self._name!r}>"


class Secret:
    """A secret of this plugin that the user named. It shows its name; :meth:`reveal` gives its value."""

    __slots__ = ("_name", "_value")

    def __init__(self, name: str, value: str) -> None:
        self._name, self._value = name, value

    @property
    def name(self) -> str:
        """The name that the user typed."""
        return self._name

    def reveal(self) -> str:
        """The secret itself. The host takes it out of whatever the call prints, logs, raises or returns as text."""
        return self._value

    def __repr__(self) -> str:
        return f"<Secret {self._name!r}>"


class _Raw(io.RawIOBase):
    """Reads by position as the raw file that ``io`` wants."""

    def __init__(self, read: Callable[[int, int], bytes]) -> None:
        self._read, self._at = read, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        piece = self._read(self._at, min(len(buffer), PIECE))
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)
