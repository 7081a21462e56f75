"""System calls that Python has no function for, through libc."""

from __future__ import annotations

import ctypes
import os
from functools import cache
from typing import Any

_libc = ctypes.CDLL(None, use_errno=True)


@cache
def declared(function: str, arguments: int) -> Any:
    """A libc function of so many integers. Made once, before a fork: to make it costs a worker a third of a MiB."""
    found = _libc[function]
    found.argtypes = (ctypes.c_long,) * arguments
    return found


def call(function: str, *arguments: int) -> int:
    """Call a libc function with integers (addresses included).

    :raises OSError: it returned -1.
    """
    return checked(declared(function, len(arguments)), *arguments)


def checked(function: Any, *arguments: int) -> int:
    """Call what :func:`declared` returned, with as many integers.

    :raises OSError: it returned -1.
    """
    result: int = function(*arguments)
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), function.__name__)
    return result


def syscall(number: int, *arguments: int) -> int:
    """:raises OSError: the kernel refused."""
    return call("syscall", number, *arguments)
