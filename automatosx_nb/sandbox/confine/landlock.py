"""Landlock: what the worker may read and write (landlock(7), ``linux/landlock.h``). Numbers are the same everywhere."""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Sequence
from os import close

from automatosx_nb.sandbox.confine.libc import checked, declared, syscall

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_GET_ABI = 1
_RULE_PATH_BENEATH = 1

_EXECUTE = 1 << 0
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


_system_call = declared("syscall", 3)


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


def handled(version: int) -> tuple[int, int, int]:
    """What an ABI can refuse, of files, of TCP and of what lies outside its scope: all of it, up to ABI 7."""
    files = _ALL_OF_ABI_1
    if version >= 2:
        files |= _REFER
    if version >= 3:
        files |= _TRUNCATE
    if version >= 5:
        files |= _IOCTL_DEVICE
    tcp = _TCP_BIND_AND_CONNECT if version >= 4 else 0
    scoped = _SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS if version >= 6 else 0
    return files, tcp, scoped


def create(version: int) -> int:
    """A descriptor of an empty set of rules: everything that this ABI can refuse is refused.

    :raises OSError: the kernel does not know that ABI.
    """
    rules = _Ruleset(*handled(version))
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    return syscall(_CREATE_RULESET, ctypes.addressof(rules), size, 0)


def _allow(ruleset: int, path: str, rights: int, *, of_file: int = _OF_FILES) -> None:
    """Missing paths are passed over: what is not there cannot be read."""
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(fd).st_mode):
            rights &= of_file
        rule = _PathBeneath(rights, fd)
        syscall(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, ctypes.addressof(rule), 0)
    finally:
        os.close(fd)


Rules = int | str
"""A descriptor of rules, or why there are none."""


def rules(readable: Sequence[str], folder: str) -> Rules:
    """A worker's rules, for any process to restrict itself with; whoever has the descriptor closes it."""
    version = abi()
    if version == 0:
        return "this kernel has no Landlock (Linux 5.13 and later, with 'landlock' in its lsm= list)"
    files = handled(version)[0]
    try:
        ruleset = create(version)
        try:
            for path in readable:
                _allow(ruleset, path, _READ & files)
            _allow(ruleset, "/dev/null", (_READ_FILE | _WRITE_FILE) & files)
            _allow(ruleset, folder, _OWN_FOLDER & files)
        except BaseException:
            os.close(ruleset)
            raise
    except OSError as error:
        return f"the kernel refused the rules ({error.strerror})"
    return ruleset


def restrict(ruleset: Rules, *, threads: int = 1) -> str:
    """Restrict the calling thread, which needs no_new_privs, and close ``ruleset``. ``active``, or why not.

    ``threads``: how many its process has. The others are not reached, so more than one is a failure.
    """
    if isinstance(ruleset, str):
        return ruleset
    try:
        checked(_system_call, _RESTRICT_SELF, ruleset, 0)
    except OSError as error:
        return f"the kernel refused the rules ({error.strerror})"
    finally:
        close(ruleset)
    return "active" if threads == 1 else f"{threads} threads run already, and it reaches one of them"


def fence(readable: Sequence[str], folder: str) -> str:
    """Restrict a process that starts others, and all of these: they read and run what is in ``readable``, and do with
    files in ``folder`` what they like. Sockets are left to a network namespace. Raises and returns as :func:`restrict`.
    """
    version = abi()
    if version == 0:
        return "this kernel has no Landlock (Linux 5.13 and later, with 'landlock' in its lsm= list)"
    files, _, scoped = handled(version)
    try:
        rules = _Ruleset(files, 0, scoped)
        size = 24 if version >= 6 else 16 if version >= 4 else 8
        ruleset = syscall(_CREATE_RULESET, ctypes.addressof(rules), size, 0)
        try:
            for path in readable:
                _allow(ruleset, path, (_READ | _EXECUTE) & files, of_file=_OF_FILES | _EXECUTE)
            for device in ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random"):
                _allow(ruleset, device, (_READ_FILE | _WRITE_FILE) & files)
            _allow(ruleset, folder, files)
            syscall(_RESTRICT_SELF, ruleset, 0)
        finally:
            os.close(ruleset)
    except OSError as error:
        return f"the kernel refused the rules ({error.strerror})"
    return "active"
