"""After confinement the worker tries what has to fail. A wall is reported as active only if it stopped the try."""

from __future__ import annotations

import os
import socket

_REFUSED = (PermissionError,)


def read(path: str) -> str:
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            file.read(1)
    except _REFUSED:
        return "active"
    except OSError as error:
        return f"its proof was inconclusive: {error.strerror}"
    return "its proof failed: a file outside could be read"


def connect() -> str:
    try:
        socket.socket(socket.AF_INET, socket.SOCK_STREAM).close()
    except _REFUSED:
        return "active"
    except OSError as error:
        return f"its proof was inconclusive: {error.strerror}"
    return "its proof failed: a socket could be made"


def fork() -> str:
    try:
        pid = os.fork()
    except _REFUSED:
        return "active"
    except OSError as error:
        return f"its proof was inconclusive: {error.strerror}"
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return "its proof failed: a process could be started"
