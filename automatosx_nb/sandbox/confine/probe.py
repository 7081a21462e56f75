"""After confinement the worker tries what has to fail. A wall is reported as active only if it stopped the try."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from os import stat
from socket import SocketType

from automatosx_nb.sandbox.confine import ACTIVE

_READ_ONLY = os.O_RDONLY
_INTERNET, _STREAM = int(socket.AF_INET), int(socket.SOCK_STREAM)  # and not socket.socket, which asks enums for these


def read(path: str) -> str:
    return _refused("a file outside could be read", _open, path, _READ_ONLY)


def write(path: str) -> str:
    return _refused("a file outside could be written", _open, path, os.O_WRONLY)


def connect() -> str:
    """Making a socket is what has to fail: where there is none, nothing connects, listens or sends."""
    return _refused("a socket could be made", _socket, _INTERNET)


def unix() -> str:
    """Where other sockets can be made: none of this family, whose addresses are paths."""
    return _refused("a Unix socket could be made", _socket, int(socket.AF_UNIX))


def reach() -> str:
    """Where sockets can be made: nothing may be reached with one. Nobody listens there; only the refusal counts."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        return _refused("an address could be reached", sock.connect, ("127.0.0.1", 9))


def fork() -> str:
    return _refused("a process could be started", _fork)


def single_thread() -> str:
    """What was put on one thread is not on those that ran already."""
    count = threads()
    return ACTIVE if count == 1 else f"its proof failed: {count} threads run already"


def threads() -> int:
    """By the links of the folder that has one folder a thread: to be had without opening anything (proc(5))."""
    return stat("/proc/self/task").st_nlink - 2  # noqa: PTH116


def _refused(otherwise: str, attempt: Callable[..., object], *arguments: object) -> str:
    try:
        attempt(*arguments)
    except PermissionError:
        return ACTIVE
    except OSError as error:
        return f"its proof was inconclusive: {error.strerror}"
    return f"its proof failed: {otherwise}"


def _open(path: str, flags: int) -> None:
    os.close(os.open(path, flags))


def _socket(family: int) -> None:
    SocketType(family, _STREAM).close()


def _fork() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
