"""Linux namespaces of the fork server: no network, no System V objects, no processes but its own workers'.

They are an extra: containers rarely allow them, and no layer before them counts on them (namespaces(7)).
"""

from __future__ import annotations

import ctypes
import errno
import os
import select
import signal
import socket
from collections.abc import Callable, Mapping
from typing import NoReturn

from automatosx_nb.sandbox.confine import ACTIVE
from automatosx_nb.sandbox.confine.libc import call

_PR_SET_PDEATHSIG = 1
_USER, _NETWORK, _IPC, _PIDS, _MOUNTS = 0x10000000, 0x40000000, 0x08000000, 0x20000000, 0x20000
_NO_ANSWER = "the process that tried gave no answer"
_NOSUID, _NODEV, _NOEXEC = 2, 4, 8


def enter() -> Mapping[str, str]:
    """Move the calling process, which has one thread, into namespaces of its own; what it forks is in them, too.

    The caller goes on as a child: a process cannot change its own pid namespace, so the original stays outside,
    waits, and ends as the child does. As the first in its namespace the child takes every worker along when it ends.

    :raises OSError: what was tried a moment ago does not go any more.
    """
    network, pids = _tried()
    if ACTIVE in (network, pids):
        _leave_user()
    if network == ACTIVE:
        _leave_network()
    if pids == ACTIVE:
        _leave_pids()
    return {"network": network, "pids": pids}


def _tried() -> tuple[str, str]:
    """What is to be had here, by a process that tries: there is no way back from a namespace."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(writer, "\n".join(_try()).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        states = pipe.read().split("\n")
    os.waitpid(pid, 0)
    return (states[0], states[1]) if len(states) == 2 else (_NO_ANSWER, _NO_ANSWER)


def _try() -> tuple[str, str]:
    try:
        _leave_user()
    except OSError as error:
        state = f"user namespaces are not allowed here ({error.strerror})"
        return state, state
    return _state(_leave_network), _state(_try_pids)


def _state(leave: Callable[[], None]) -> str:
    try:
        leave()
    except OSError as error:
        return f"not allowed here ({error.strerror})"
    return ACTIVE


def _leave_user() -> None:
    """As itself: the same user and group, with the privileges that count inside only."""
    user, group = os.geteuid(), os.getegid()
    call("unshare", _USER)
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{user} {user} 1")
    _write("/proc/self/gid_map", f"{group} {group} 1")


def _leave_network() -> None:
    call("unshare", _NETWORK | _IPC)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as proof:
        try:
            proof.connect(("127.0.0.1", 9))
        except OSError:
            return
    raise OSError(errno.EISCONN, "its proof failed: there is a way to an address")


def _try_pids() -> None:
    if not hasattr(os, "pidfd_open"):
        raise OSError(errno.ENOSYS, "by no pidfd could the host know a worker")
    call("unshare", _PIDS)
    pid = os.fork()
    if pid == 0:
        status = errno.EIO
        try:
            _mount_proc()
            status = 0 if os.listdir("/proc/self/task") == ["1"] else errno.ESRCH  # noqa: PTH208
        except OSError as error:
            status = error.errno or status
        finally:
            os._exit(status)
    status = _status(pid)
    if status:
        raise OSError(status, os.strerror(status))


def _leave_pids() -> None:
    outside = os.pidfd_open(os.getpid())
    call("unshare", _PIDS)
    pid = os.fork()
    if pid:
        _stay_outside(pid)
    call("prctl", _PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if select.select([outside], [], [], 0)[0]:
        os._exit(0)
    os.close(outside)
    _mount_proc()


def _mount_proc() -> None:
    """A /proc of the calling process' own namespace, in a mount namespace of its own."""
    call("unshare", _MOUNTS)
    kind, where = ctypes.create_string_buffer(b"proc"), ctypes.create_string_buffer(b"/proc")
    kind_at, where_at = ctypes.addressof(kind), ctypes.addressof(where)
    call("mount", kind_at, where_at, kind_at, _NOSUID | _NODEV | _NOEXEC, 0)


def _stay_outside(pid: int) -> NoReturn:
    """Hold nothing, wait for ``pid`` and end as it does."""
    os.closerange(0, os.sysconf("SC_OPEN_MAX"))
    os._exit(_status(pid))


def _status(pid: int) -> int:
    """How a child ended, as an exit status."""
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return code if code >= 0 else 128 - code


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:  # noqa: PTH123
        file.write(text)
