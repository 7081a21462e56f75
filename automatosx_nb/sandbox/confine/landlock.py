"""Landlock: what the worker may read and write (landlock(7), ``linux/landlock.h``). Numbers are the same everywhere."""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Sequence

from automatosx_nb.sandbox.confine.libc import syscall

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_GET_ABI = 1
_RULE_PATH_BENEATH = 1

_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
_MAKE_REGULAR = 1 << 8
_TRUNCATE = 1 << 14
_ALL_OF_ABI_1 = (1 << 13) - 1
_REFER = 1 << 13
_IOCTL_DEVICE = 1 << 15
_TCP_BIND_AND_CONNECT = 1 | 2
_SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS = 1 | 2

_OF_FILES = _WRITE_FILE | _READ_FILE | _TRUNCATE
_READ = _READ_FILE | _READ_DIR
_OWN_FOLDER = _READ | _WRITE_FILE | _MAKE_REGULAR | _TRUNCATE


class _Ruleset(ctypes.Structure):
    _fields_ = (("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def abi() -> int:
    """The kernel's Landlock ABI; 0: there is none, or it is switched off."""
    try:
        return syscall(_CREATE_RULESET, 0, 0, _GET_ABI)
    except OSError:
        return 0


def _handled(version: int) -> int:
    rights = _ALL_OF_ABI_1
    if version >= 2:
        rights |= _REFER
    if version >= 3:
        rights |= _TRUNCATE
    if version >= 5:
        rights |= _IOCTL_DEVICE
    return rights


def _create(version: int) -> int:
    rules = _Ruleset(
        _handled(version),
        _TCP_BIND_AND_CONNECT if version >= 4 else 0,
        _SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS if version >= 6 else 0,
    )
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    return syscall(_CREATE_RULESET, ctypes.addressof(rules), size, 0)


def _allow(ruleset: int, path: str, rights: int) -> None:
    """Missing paths are passed over: what is not there cannot be read."""
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(fd).st_mode):
            rights &= _OF_FILES
        rule = _PathBeneath(rights, fd)
        syscall(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, ctypes.addressof(rule), 0)
    finally:
        os.close(fd)


def restrict(readable: Sequence[str], folder: str) -> str:
    """Restrict the calling thread, which has to be the only one and to have no_new_privs. ``active``, or why not."""
    version = abi()
    if version == 0:
        return "this kernel has no Landlock (Linux 5.13 and later, with 'landlock' in its lsm= list)"
    handled = _handled(version)
    try:
        ruleset = _create(version)
        try:
            for path in readable:
                _allow(ruleset, path, _READ & handled)
            _allow(ruleset, "/dev/null", (_READ_FILE | _WRITE_FILE) & handled)
            _allow(ruleset, folder, _OWN_FOLDER & handled)
            syscall(_RESTRICT_SELF, ruleset, 0)
        finally:
            os.close(ruleset)
    except OSError as error:
        return f"the kernel refused the rules ({error.strerror})"
    return "active"
