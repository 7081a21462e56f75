"""System calls that Python has no function for, through libc."""

from __future__ import annotations

import ctypes
import os

_libc = ctypes.CDLL(None, use_errno=True)


def call(function: str, *arguments: int) -> int:
    """Call a libc function with integers (addresses included).

    :raises OSError: it returned -1.
    """
    ctypes.set_errno(0)
    result = getattr(_libc, function)(*(ctypes.c_long(argument) for argument in arguments))
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), function)
    return int(result)


def syscall(number: int, *arguments: int) -> int:
    """:raises OSError: the kernel refused."""
    return call("syscall", number, *arguments)
