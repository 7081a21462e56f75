"""Seccomp filters (seccomp(2), ``linux/filter.h``, ``linux/seccomp.h``): a worker's, from the table of what it may
call, and that of a process which starts others, from the table of what these may not.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
import sys
from dataclasses import dataclass
from functools import cache

from automatosx_nb.sandbox.confine.libc import checked, declared
from automatosx_nb.sandbox.confine.syscalls import (
    ARCHITECTURES,
    BY_ARGUMENT,
    FENCED,
    FENCES,
    MASKED,
    NEW_NAMESPACES,
    NOT_IMPLEMENTED,
    OPENING,
    SOCKET_FAMILIES,
    SOCKET_PAIR_TYPES,
    SOCKET_TYPE_MASK,
    WITHOUT_BITS,
    Architecture,
)

_LOAD, _AND, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_IF_ANY, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x45, 0x06
_O_TRUNC, _O_ACCMODE, _O_TMPFILE = 0o1000, 0o3, 0o20000000
_ALLOW, _ERRNO, _KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
_OFFSET_NUMBER, _OFFSET_ARCHITECTURE, _OFFSET_ARGUMENTS = 0, 4, 16
_X32_BIT = 0x40000000
_ALL_BITS = 0xFFFFFFFF
_SET_MODE_FILTER, _ALL_THREADS = 1, 1
_MACHINE, _BYTE_ORDER = platform.machine(), sys.byteorder
_system_call = declared("syscall", 4)

Instruction = tuple[int, int, int, int]


def program(architecture: Architecture, pid: int) -> list[Instruction]:
    """The filter: a foreign architecture kills, what is listed passes, the rest fails with EPERM."""
    code = _own_architecture(architecture)
    for name, number in architecture.numbers.items():
        code += _rule(name, number, pid)
    code.append((_RETURN, 0, 0, _ERRNO | errno.EPERM))
    return code


def _own_architecture(architecture: Architecture) -> list[Instruction]:
    return [
        (_LOAD, 0, 0, _OFFSET_ARCHITECTURE),
        (_JUMP_EQUAL, 1, 0, architecture.audit),
        (_RETURN, 0, 0, _KILL_PROCESS),
        (_LOAD, 0, 0, _OFFSET_NUMBER),
        (_JUMP_AT_LEAST, 0, 1, _X32_BIT),
        (_RETURN, 0, 0, _KILL_PROCESS),
    ]


def _rule(name: str, number: int, pid: int) -> list[Instruction]:
    body: list[Instruction]
    if name in NOT_IMPLEMENTED:
        body = [(_RETURN, 0, 0, _ERRNO | errno.ENOSYS)]
    elif name in BY_ARGUMENT:
        kind, index, allowed = BY_ARGUMENT[name]
        body = _by_argument(index, _ALL_BITS, (pid,) if kind == "self" else allowed)
    elif name in MASKED:
        body = _by_argument(*MASKED[name])
    elif name in WITHOUT_BITS:
        body = _without_bits(*WITHOUT_BITS[name])
    elif name in OPENING:
        body = _opening(OPENING[name])
    else:
        body = [(_RETURN, 0, 0, _ALLOW)]
    return [(_JUMP_EQUAL, 0, len(body), number), *body]


def _by_argument(index: int, mask: int, allowed: tuple[int, ...]) -> list[Instruction]:
    body: list[Instruction] = [(_LOAD, 0, 0, _OFFSET_ARGUMENTS + 8 * index), (_AND, 0, 0, mask)]
    for value in allowed:
        body += [(_JUMP_EQUAL, 0, 1, value), (_RETURN, 0, 0, _ALLOW)]
    return [*body, (_RETURN, 0, 0, _ERRNO | errno.EPERM)]


def _without_bits(index: int, bits: int) -> list[Instruction]:
    return [
        (_LOAD, 0, 0, _OFFSET_ARGUMENTS + 8 * index),
        (_JUMP_IF_ANY, 0, 1, bits),
        (_RETURN, 0, 0, _ERRNO | errno.EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]


def _opening(flags: int) -> list[Instruction]:
    """No file without a name, which nobody could count, and none that is cut without being written to."""
    return [
        (_LOAD, 0, 0, _OFFSET_ARGUMENTS + 8 * flags),
        (_JUMP_IF_ANY, 2, 0, _O_TMPFILE),
        (_JUMP_IF_ANY, 0, 2, _O_TRUNC),
        (_JUMP_IF_ANY, 1, 0, _O_ACCMODE),
        (_RETURN, 0, 0, _ERRNO | errno.EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]


def fence_program(machine: str) -> list[Instruction]:
    """The filter of a process that starts others: what is listed fails, the rest passes."""
    numbers = FENCES[machine]
    bodies = {
        "socket": _by_argument(0, _ALL_BITS, SOCKET_FAMILIES),
        "socketpair": _by_argument(1, SOCKET_TYPE_MASK, SOCKET_PAIR_TYPES),
        "clone": _without_bits(0, NEW_NAMESPACES),
    }
    code = _own_architecture(ARCHITECTURES[machine])
    for name, number in numbers.items():
        body = bodies.get(name) or [(_RETURN, 0, 0, _ERRNO | FENCED.get(name, errno.EPERM))]
        code += [(_JUMP_EQUAL, 0, len(body), number), *body]
    return [*code, (_RETURN, 0, 0, _ALLOW)]


def _raw(code: list[Instruction]) -> bytes:
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in code)


@cache
def _assembled(machine: str) -> tuple[bytes, tuple[int, ...]]:
    """The filter of a machine as the kernel reads it, and where in it the pid belongs.

    It is assembled once, in the fork server: all but the pid is the same for each worker.
    """
    one, other = (program(ARCHITECTURES[machine], pid) for pid in (1, 2))
    return _raw(one), tuple(8 * index + 4 for index in range(len(one)) if one[index] != other[index])


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


@dataclass(frozen=True, slots=True)
class _Ready:
    """A machine's filter in memory: where the kernel finds ``header``, the code that this points to, and where in that
    the pid belongs; ``number``: of the system call that takes it."""

    number: int
    at: int
    header: _Program
    code: memoryview
    places: tuple[int, ...]


@cache
def _ready(machine: str) -> _Ready | None:
    """None where no table tells what a worker may call."""
    architecture = ARCHITECTURES.get(machine)
    if architecture is None:
        return None
    raw, places = _assembled(machine)
    header, code = _loadable(raw)
    return _Ready(architecture.seccomp, ctypes.addressof(header), header, memoryview(code).cast("B"), places)


def _loadable(raw: bytes) -> tuple[_Program, ctypes.Array[ctypes.c_char]]:
    buffer = ctypes.create_string_buffer(raw, len(raw))
    return _Program(len(raw) // 8, ctypes.addressof(buffer)), buffer


def prepare() -> None:
    """Do before a fork what every worker would do after it."""
    _ready(_MACHINE)


def install(pid: int) -> str:
    """Put the filter on every thread of the calling process, whose id is ``pid``. ``active``, or why not."""
    ready = _ready(_MACHINE)
    if ready is None:
        return f"no table of system calls for {_MACHINE}"
    for place in ready.places:
        ready.code[place : place + 4] = pid.to_bytes(4, _BYTE_ORDER)
    return _put_on(ready.number, ready.at)


def fence() -> str:
    """Have the calling process and all that it starts reach nothing outside by a call that neither a network namespace
    nor Landlock sees: no Unix socket that has a path. It needs no_new_privs. ``active``, or why not.
    """
    architecture = ARCHITECTURES.get(_MACHINE)
    if architecture is None:
        return f"no table of system calls for {_MACHINE}"
    header, _buffer = _loadable(_raw(fence_program(_MACHINE)))
    return _put_on(architecture.seccomp, ctypes.addressof(header))


def _put_on(number: int, header: int) -> str:
    try:
        stray = checked(_system_call, number, _SET_MODE_FILTER, _ALL_THREADS, header)
    except OSError as error:
        return f"the kernel refused the filter ({error.strerror})"
    return "active" if stray == 0 else f"thread {stray} cannot be filtered"
