"""Linux namespaces of the fork server: no network, no System V objects, no processes but its own workers'.

They are an extra: containers rarely allow them, and no layer before them counts on them (namespaces(7)).
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import socket
from collections.abc import Mapping
from typing import NoReturn

from automatosx_nb.sandbox.confine import ACTIVE
from automatosx_nb.sandbox.confine.libc import call

_PR_SET_PDEATHSIG = 1
_USER, _NETWORK, _IPC, _PIDS, _MOUNTS = 0x10000000, 0x40000000, 0x08000000, 0x20000000, 0x20000
_NOSUID, _NODEV, _NOEXEC = 2, 4, 8


def enter() -> Mapping[str, str]:
    """Move the calling process, which has one thread, into namespaces of its own; what it forks is in them, too.

    The caller goes on as a child: a process cannot change its own pid namespace, so the original stays outside,
    waits, and ends as the child does. As the first in its namespace the child takes every worker along when it ends.
    """
    pids = _pids_can_be_left()
    try:
        _leave_user()
    except OSError as error:
        return dict.fromkeys(("network", "pids"), f"user namespaces are not allowed here ({error.strerror})")
    return {"network": _leave_network(), "pids": _leave_pids() if pids == ACTIVE else pids}


def _leave_user() -> None:
    """As itself: the same user and group, with the privileges that count inside only."""
    user, group = os.geteuid(), os.getegid()
    call("unshare", _USER)
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{user} {user} 1")
    _write("/proc/self/gid_map", f"{group} {group} 1")


def _leave_network() -> str:
    try:
        call("unshare", _NETWORK | _IPC)
    except OSError as error:
        return f"network namespaces are not allowed here ({error.strerror})"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as proof:
        try:
            proof.connect(("127.0.0.1", 9))
        except OSError:
            return ACTIVE
    return "its proof failed: there is a way to an address"


def _pids_can_be_left() -> str:
    """Whether a pid namespace and its own /proc are to be had. A process that has entered one cannot come back, so
    another one tries."""
    if not hasattr(os, "pidfd_open"):
        return "this Python has no pidfds, by which the host knows a worker of another pid namespace"
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            _leave_user()
            call("unshare", _PIDS)
            status = _status(os.fork() or _try_proc())
        finally:
            os._exit(status)
    return ACTIVE if _status(pid) == 0 else "pid namespaces, or a /proc of their own, are not allowed here"


def _try_proc() -> NoReturn:
    status = 1
    try:
        _mount_proc()
        status = 0
    finally:
        os._exit(status)


def _leave_pids() -> str:
    """:raises OSError: it went well a moment ago, when it was tried."""
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
    return ACTIVE if os.listdir("/proc/self/task") == ["1"] else "its proof failed"  # noqa: PTH208


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
