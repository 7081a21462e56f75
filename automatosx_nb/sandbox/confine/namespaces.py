"""Linux namespaces of the fork server: no network, no System V objects, no processes but its own workers'.

They are an extra: containers rarely allow them, and no layer before them counts on them (namespaces(7)).
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
from collections.abc import Mapping

from automatosx_nb.sandbox.confine import ACTIVE
from automatosx_nb.sandbox.confine.libc import call

_PR_SET_PDEATHSIG = 1
_USER, _NETWORK, _IPC, _PIDS = 0x10000000, 0x40000000, 0x08000000, 0x20000000


def enter() -> Mapping[str, str]:
    """Move the calling process, which has one thread, into namespaces of its own; what it forks is in them, too.

    The caller goes on as a child: a process cannot change its own pid namespace, so the original stays outside,
    waits, and ends as the child does. As the first in its namespace the child takes every worker along when it ends.
    """
    user, group = os.geteuid(), os.getegid()
    try:
        call("unshare", _USER)
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{user} {user} 1")
        _write("/proc/self/gid_map", f"{group} {group} 1")
    except OSError as error:
        return dict.fromkeys(("network", "pids"), f"user namespaces are not allowed here ({error.strerror})")
    return {"network": _leave_network(), "pids": _leave_pids()}


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


def _leave_pids() -> str:
    if not hasattr(os, "pidfd_open"):
        return "this Python has no pidfds, by which the host knows a worker of another pid namespace"
    try:
        outside = os.pidfd_open(os.getpid())
        call("unshare", _PIDS)
        pid = os.fork()
    except OSError as error:
        return f"pid namespaces are not allowed here ({error.strerror})"
    if pid:
        _stay_outside(pid)
    call("prctl", _PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if select.select([outside], [], [], 0)[0]:
        os._exit(0)
    os.close(outside)
    return ACTIVE if os.getpid() == 1 else "its proof failed: there are processes before it"


def _stay_outside(pid: int) -> None:
    """Hold nothing, wait for ``pid`` and end as it does."""
    os.closerange(0, os.sysconf("SC_OPEN_MAX"))
    _, status = os.waitpid(pid, 0)
    os._exit(status >> 8 or status & 0xFF)


def pid_outside(pidfd: int | None = None) -> int:
    """The pid of a process, the calling one by default, in the namespace of ``/proc``, which is the host's."""
    if pidfd is None:
        with contextlib.suppress(OSError):
            return int(os.readlink("/proc/self"))  # noqa: PTH115
        return os.getpid()
    with open(f"/proc/self/fdinfo/{pidfd}") as file:  # noqa: PTH123
        return int(next(line for line in file if line.startswith("Pid:")).split()[1])


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:  # noqa: PTH123
        file.write(text)
