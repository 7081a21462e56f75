"""Linux: own session and folder, rlimits, no_new_privs, Landlock, seccomp; an empty network namespace as an extra.

The order matters. Landlock opens paths and needs no_new_privs; seccomp comes last, because it forbids what the
layers before it do. Everything happens in a freshly forked process with one thread: filters put on later would not
reach threads that run already.
"""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Mapping

from automatosx_nb.sandbox.confine import ACTIVE, Confinement, landlock, probe, rlimits, seccomp
from automatosx_nb.sandbox.confine.libc import call

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 4, 36, 38
_CAPABILITY_VERSION_3 = 0x20080522
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000


def confine(confinement: Confinement) -> Mapping[str, str]:
    """Confine the calling process. ``process`` is not active if it has more than one thread."""
    without = confinement.without
    left_out = "left out"
    layers = {"process": _process(confinement.folder)}
    layers["rlimits"] = left_out if "rlimits" in without else rlimits.apply(confinement.limits)
    call("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _drop_capabilities()
    layers["landlock"] = (
        left_out if "landlock" in without else landlock.restrict(confinement.readable, confinement.folder)
    )
    call("prctl", _PR_SET_DUMPABLE, 0, 0, 0, 0)
    layers["seccomp"] = left_out if "seccomp" in without else seccomp.install(os.getpid())
    layers["network"] = confinement.network
    return _prove(layers, confinement)


def _process(folder: str) -> str:
    os.chdir(folder)
    os.umask(0o077)
    threads = len(os.listdir("/proc/self/task"))  # noqa: PTH208
    return ACTIVE if threads == 1 else f"{threads} threads run already"


def _prove(layers: dict[str, str], confinement: Confinement) -> dict[str, str]:
    if layers["landlock"] == ACTIVE:
        layers["landlock"] = probe.read(confinement.canary)
    if layers["seccomp"] == ACTIVE:
        layers["seccomp"] = probe.connect()
    if layers["seccomp"] == ACTIVE:
        layers["seccomp"] = probe.fork()
    return layers


def die_with(parent: int) -> None:
    """Have the kernel kill this process when ``parent``, its single-threaded parent, ends; at once if it has ended.

    To be called after any change of user namespace, which resets it.
    """
    call("prctl", _PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)


def hide() -> None:
    """Keep other processes of the same user from reading this one's memory and environment."""
    call("prctl", _PR_SET_DUMPABLE, 0, 0, 0, 0)


def adopt() -> None:
    """Become the parent of what the children of this process leave behind (PR_SET_CHILD_SUBREAPER, prctl(2))."""
    call("prctl", _PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children() -> set[int]:
    """The pids of the children of this process, which has one thread. Empty where the kernel does not tell."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children", "rb") as file:  # noqa: PTH123
            return set(map(int, file.read().split()))
    except OSError:
        return set()


def leave_network() -> str:
    """Move the calling process, and what it forks, into an empty network namespace of a user namespace of its own."""
    user, group = os.geteuid(), os.getegid()
    try:
        call("unshare", _CLONE_NEWUSER | _CLONE_NEWNET)
    except OSError as error:
        return f"namespaces are not allowed here ({error.strerror})"
    try:
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{user} {user} 1")
        _write("/proc/self/gid_map", f"{group} {group} 1")
    except OSError as error:
        return f"the user namespace could not be mapped ({error.strerror})"
    return ACTIVE


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:  # noqa: PTH123
        file.write(text)


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


def _drop_capabilities() -> None:
    """None are left, root's included; with no_new_privs none comes back."""
    header = _CapabilityHeader(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    call("capset", ctypes.addressof(header), ctypes.addressof(nothing))
