"""A framed connection over one Unix stream socket, for both ends of the wire, with deadlines by ``poll``."""

from __future__ import annotations

import array
import select
import socket
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import msgspec

from automatosx_nb.errors import ProtocolViolation
from automatosx_nb.sandbox import protocol
from automatosx_nb.sandbox.codec import Decoder, close_all, encode

T = TypeVar("T")

_SMALL_CHUNK, _CHUNK, _LARGE_CHUNK = 16 * 1024, 256 * 1024, 1024 * 1024
_CLOSE_ON_EXEC, _AT_ONCE = int(getattr(socket, "MSG_CMSG_CLOEXEC", 0)), int(getattr(socket, "MSG_DONTWAIT", 0))
_NO_SIGNAL, _WHOLE = int(getattr(socket, "MSG_NOSIGNAL", 0)), int(getattr(socket, "MSG_WAITALL", 0))
_SENDING = _AT_ONCE | _NO_SIGNAL
_TRUNCATED = int(getattr(socket, "MSG_CTRUNC", 0))  # plain numbers: to "and" two flags of an enum takes microseconds
_FD_BYTES = array.array("i").itemsize
_PROMPT_S = 0.02
"""So long an answer is waited for in the call that reads it; ``poll``, which hears of deadlines and deaths as well, is
a call more, and most answers come sooner."""
_PROMPTLY = struct.pack("ll", 0, int(_PROMPT_S * 1e6))
"""A timeval, as SO_RCVTIMEO of socket(7) takes it."""


class ChannelClosed(Exception):
    """The other end is gone."""


class DeadlineExceeded(Exception):
    """Nothing whole arrived, or nothing more could be sent, before the deadline."""


@dataclass(slots=True)
class Sending:
    """A frame that one thread begins to send, and that another one may have to go on with."""

    data: bytes = b""
    taken: list[int] = field(default_factory=list)
    """How many bytes of it the system took; empty where it took none."""


class Channel(Generic[T]):
    """Sends frames and receives frames of one union ``T``. One thread at a time uses it.

    ``death``: a pidfd of the process at the other end. When that process ends, what it had sent is still
    received; then the channel is closed, even if something else holds the other end open. ``max_fds``: the most
    descriptors that the other end may send in one message. ``counts``: whether a plugin may be at the other end.
    """

    def __init__(
        self,
        sock: socket.SocketType,
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
        self._late = False
        self._following = 0
        self._ancillary_bytes = socket.CMSG_SPACE(max_fds * _FD_BYTES) if max_fds else 0
        sock.setblocking(True)
        if death is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _PROMPTLY)

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
        self._send_all(encode(frame, fds=len(fds), max_bytes=self._max_bytes), fds, deadline)

    def send_now(self, frame: msgspec.Struct, sending: Sending) -> None:
        """Send one frame as far as that takes no waiting, which ``sending`` then tells, also of an interrupted thread.

        :raises codec.FrameTooLarge: nothing was sent.
        """
        sending.data = encode(frame, max_bytes=self._max_bytes)
        try:
            sending.taken.extend(map(self._sock.send, (sending.data,), (_SENDING,)))  # one call: no signal in between
        except OSError:
            """No room, or nobody there, which is for the one to find out who sends it again."""

    def send_rest(self, sending: Sending, *, deadline: float | None = None) -> None:
        """What :meth:`send_now` left of a frame that it began. Raises as :meth:`send`."""
        self._send_all(memoryview(sending.data)[sending.taken[0] :], (), deadline)

    def _send_all(self, data: bytes | memoryview, fds: Sequence[int], deadline: float | None) -> None:
        while data and (sent := self._send(data, fds)) < len(data):
            if sent == 0:
                self._wait(select.POLLOUT, deadline)
            else:
                data, fds = memoryview(data)[sent:], ()

    def send_bytes(self, data: bytes | bytearray | memoryview) -> None:
        """Send what follows a frame and is none, however long it takes.

        :raises ChannelClosed: the other end is gone.
        """
        try:
            self._sock.sendall(data, _NO_SIGNAL)
        except OSError as error:
            raise ChannelClosed(str(error)) from error

    def _send(self, data: bytes | memoryview, fds: Sequence[int]) -> int:
        """How many bytes were taken at once; the descriptors go with the first of them."""
        try:
            if fds:
                rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))
                return self._sock.sendmsg([data[:_CHUNK]], [rights], _SENDING)
            # a worker may not call sendmsg at all: it could give descriptors away with it
            return self._sock.send(data if len(data) <= _CHUNK else data[:_CHUNK], _SENDING)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError as error:
            raise ChannelClosed(str(error)) from error

    def receive(self, *, deadline: float | None = None) -> tuple[T, list[int]]:
        """The next frame and its descriptors, which the caller closes.

        :raises ChannelClosed: the other end is gone and no whole frame is left.
        :raises DeadlineExceeded: the deadline (``time.monotonic``) passed first; receiving can go on later.
        :raises ProtocolViolation: what came is not a frame.
        """
        if self._following:
            self.pass_over(self._following, deadline=deadline)
        while (ready := self._decoder.next()) is None:
            self._read(deadline)
        return ready

    def receive_bytes(self, room: memoryview, *, deadline: float | None = None) -> None:
        """Fill ``room`` with what follows the last frame and is none. What is missing after an error, the next
        :meth:`receive` passes over. Raises as it does; descriptors that come along are dropped.
        """
        at, self._following = 0, len(room)
        while self._following:
            count = self._decoder.take(room[at:]) or self._read_into(room[at : at + _LARGE_CHUNK], deadline)
            at, self._following = at + count, self._following - count

    def pass_over(self, size: int, *, deadline: float | None = None) -> None:
        """Read ``size`` bytes that follow the last frame, and forget them. Raises as :meth:`receive_bytes` does."""
        nowhere = memoryview(bytearray(min(size, _CHUNK)))
        self._following = size
        while self._following > 0:
            room = nowhere[: self._following]
            self._following -= self._decoder.take(room) or self._read_into(room, deadline)

    def _read(self, deadline: float | None) -> None:
        flags = self._flags(deadline)
        try:
            data, ancillary, flags, _ = self._sock.recvmsg(self._chunk, self._ancillary_bytes, flags)
        except (BlockingIOError, InterruptedError):
            self._late, self._drained = self._drained, True
            return
        except OSError as error:
            raise ChannelClosed(str(error)) from error
        self._late = False
        self._drained = len(data) < self._chunk
        self._chunk = _SMALL_CHUNK if self._drained else _CHUNK
        fds = _descriptors(ancillary) if ancillary else []
        if flags & _TRUNCATED:
            close_all(fds)
            raise ProtocolViolation("more descriptors in one message than may come")
        if not data:
            close_all(fds)
            raise ChannelClosed("end of stream")
        self._decoder.feed(data, fds)

    def _read_into(self, room: memoryview, deadline: float | None) -> int:
        flags = self._flags(deadline) | _WHOLE
        try:
            count = self._sock.recv_into(room, 0, flags)
        except (BlockingIOError, InterruptedError):
            self._late, self._drained = self._drained, True
            return 0
        except OSError as error:
            raise ChannelClosed(str(error)) from error
        if not count:
            raise ChannelClosed("end of stream")
        self._late, self._drained = False, count < len(room)
        return count

    def _flags(self, deadline: float | None) -> int:
        """How to read now, after having waited where that may take long."""
        if not self._drained:
            return _CLOSE_ON_EXEC | _AT_ONCE
        # the last read took all that there was: asking again at once would be one call too many
        if self._late or self._may_be_late(deadline):
            self._wait(select.POLLIN, deadline)
            return _CLOSE_ON_EXEC | _AT_ONCE
        return _CLOSE_ON_EXEC

    def _may_be_late(self, deadline: float | None) -> bool:
        """Whether something may have to end the wait for bytes before they come, and nothing but ``poll`` would."""
        if deadline is None:
            return False
        return self._death is None or deadline - time.monotonic() <= _PROMPT_S

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
