"""A framed connection over one Unix stream socket, for both ends of the wire, with deadlines by ``poll``."""

from __future__ import annotations

import array
import select
import socket
import time
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import msgspec

from automatosx_nb.errors import ProtocolViolation
from automatosx_nb.sandbox import protocol
from automatosx_nb.sandbox.codec import Decoder, close_all, encode

T = TypeVar("T")

_SMALL_CHUNK, _CHUNK = 16 * 1024, 256 * 1024
_CLOSE_ON_EXEC, _NO_SIGNAL = int(getattr(socket, "MSG_CMSG_CLOEXEC", 0)), int(getattr(socket, "MSG_NOSIGNAL", 0))
_TRUNCATED = int(getattr(socket, "MSG_CTRUNC", 0))  # plain numbers: to "and" two flags of an enum takes microseconds
_FD_BYTES = array.array("i").itemsize


class ChannelClosed(Exception):
    """The other end is gone."""


class DeadlineExceeded(Exception):
    """Nothing whole arrived, or nothing more could be sent, before the deadline."""


class Channel(Generic[T]):
    """Sends frames and receives frames of one union ``T``. One thread at a time uses it.

    ``death``: a pidfd of the process at the other end. When that process ends, what it had sent is still
    received; then the channel is closed, even if something else holds the other end open. ``max_fds``: the most
    descriptors that the other end may send in one message. ``counts``: whether a plugin may be at the other end.
    """

    def __init__(
        self,
        sock: socket.socket,
        frames: Any,
        *,
        max_bytes: int,
        max_depth: int,
        max_fds: int = protocol.MAX_FDS,
        death: int | None = None,
        counts: bool = True,
    ) -> None:
        self._sock = sock
        self._max_bytes = max_bytes
        self._decoder: Decoder[T] = Decoder(frames, max_bytes=max_bytes, max_depth=max_depth, counts=counts)
        self._death = death
        self._pollers: dict[int, select.poll] = {}
        self._chunk = _SMALL_CHUNK
        self._drained = True
        self._ancillary_bytes = socket.CMSG_SPACE(max_fds * _FD_BYTES) if max_fds else 0
        sock.setblocking(False)

    @property
    def items(self) -> int:
        """How many values the last frame had that was received; 0 if it was small."""
        return self._decoder.items

    def fileno(self) -> int:
        return self._sock.fileno()

    def close(self) -> None:
        self._decoder.close()
        self._sock.close()

    def send(
        self,
        frame: msgspec.Struct,
        fds: Sequence[int] = (),
        *,
        deadline: float | None = None,
    ) -> None:
        """Send one frame. The caller keeps, and closes, ``fds``. ``deadline`` is on ``time.monotonic``.

        :raises codec.FrameTooLarge: nothing was sent.
        :raises ChannelClosed: the other end is gone.
        :raises DeadlineExceeded: the other end does not read; part of the frame may be sent, so close the channel.
        """
        data = memoryview(encode(frame, fds=len(fds), max_bytes=self._max_bytes))
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        while data:
            try:
                if rights:
                    sent = self._sock.sendmsg([data[:_CHUNK]], rights, _NO_SIGNAL)
                else:  # a worker may not call sendmsg at all: it could give descriptors away with it
                    sent = self._sock.send(data[:_CHUNK], _NO_SIGNAL)
            except (BlockingIOError, InterruptedError):
                self._wait(select.POLLOUT, deadline)
                continue
            except OSError as error:
                raise ChannelClosed(str(error)) from error
            rights = []
            data = data[sent:]

    def receive(self, *, deadline: float | None = None) -> tuple[T, list[int]]:
        """The next frame and its descriptors, which the caller closes.

        :raises ChannelClosed: the other end is gone and no whole frame is left.
        :raises DeadlineExceeded: the deadline (``time.monotonic``) passed first; receiving can go on later.
        :raises ProtocolViolation: what came is not a frame.
        """
        while (ready := self._decoder.next()) is None:
            self._read(deadline)
        return ready

    def _read(self, deadline: float | None) -> None:
        if self._drained:  # the last read took all that there was: asking again at once would be one call too many
            self._wait(select.POLLIN, deadline)
        self._drained = True
        try:
            data, ancillary, flags, _ = self._sock.recvmsg(self._chunk, self._ancillary_bytes, _CLOSE_ON_EXEC)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            raise ChannelClosed(str(error)) from error
        self._drained = len(data) < self._chunk
        self._chunk = _SMALL_CHUNK if self._drained else _CHUNK
        fds = _descriptors(ancillary)
        if flags & _TRUNCATED:
            close_all(fds)
            raise ProtocolViolation("more descriptors in one message than may come")
        if not data:
            close_all(fds)
            raise ChannelClosed("end of stream")
        self._decoder.feed(data, fds)

    def _wait(self, event: int, deadline: float | None) -> None:
        poller = self._pollers.get(event) or self._poller(event)
        timeout = None if deadline is None else (deadline - time.monotonic()) * 1000
        if timeout is not None and timeout <= 0:
            raise DeadlineExceeded
        events = dict(poller.poll(timeout))
        if not events:
            raise DeadlineExceeded
        if self._sock.fileno() not in events:
            raise ChannelClosed("its process ended")

    def _poller(self, event: int) -> select.poll:
        poller = self._pollers[event] = select.poll()
        poller.register(self._sock, event)
        if self._death is not None:
            poller.register(self._death, select.POLLIN)
        return poller


def _descriptors(ancillary: Sequence[tuple[int, int, bytes]]) -> list[int]:
    fds = array.array("i")
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds.frombytes(data[: len(data) - len(data) % _FD_BYTES])
    return list(fds)
