"""Linux: own session and folder, rlimits, no_new_privs, Landlock, seccomp; namespaces as an extra.

The order matters. Landlock opens paths and needs no_new_privs; seccomp comes last, because it forbids what the
layers before it do. Everything happens in a freshly forked process with one thread; whether it has one is proven.

What a worker runs here it runs once, and each object that it touches may be 4 KiB of its own memory: so what is called
has a name in this module, for to look it up in another touches that, its namespace, the name and a cache.
"""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Mapping
from os import chdir, getpid, getppid, stat, umask

from automatosx_nb.sandbox.confine import ACTIVE, LEFT_OUT, Confinement, landlock, rlimits, seccomp
from automatosx_nb.sandbox.confine.landlock import restrict
from automatosx_nb.sandbox.confine.libc import call, checked, declared
from automatosx_nb.sandbox.confine.probe import connect, fork, read, single_thread, threads
from automatosx_nb.sandbox.confine.rlimits import apply
from automatosx_nb.sandbox.confine.seccomp import install

_PR_SET_PDEATHSIG, _PR_GET_DUMPABLE, _PR_SET_DUMPABLE = 1, 3, 4
_PR_CAPBSET_DROP, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 24, 36, 38
_CAPABILITY_VERSION_3 = 0x20080522
_OWN_DESCRIPTORS = 4  # 0 to 2, which are /dev/null, and the socket to the host
_KILL = int(signal.SIGKILL)  # and not an enum, of which ctypes would ask what it is
_prctl, _capset = declared("prctl", 5), declared("capset", 2)


def prepare() -> None:
    """Do before a fork what is the same for every worker: whatever a worker does itself is memory of its own."""
    seccomp.prepare()
    for arguments in (3, 5):
        declared("syscall", arguments)


def confine(confinement: Confinement, folder: str, ruleset: landlock.Rules | None = None) -> Mapping[str, str]:
    without = confinement.without
    layers = {"process": LEFT_OUT if "process" in without else _process(ruleset)}
    chdir(folder)
    umask(0o077)
    resources = confinement.resources or rlimits.wanted(confinement.limits)
    layers["rlimits"] = LEFT_OUT if "rlimits" in without else apply(resources)
    checked(_prctl, _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if ruleset is None:
        ruleset = landlock.rules(confinement.readable, folder)
    layers["landlock"] = LEFT_OUT if "landlock" in without else restrict(ruleset, threads=threads())
    if "process" in without:
        checked(_prctl, _PR_SET_DUMPABLE, 1, 0, 0, 0)  # its fork server is hidden, which a fork inherits
    else:
        hide()
    layers["seccomp"] = LEFT_OUT if "seccomp" in without else install(getpid())
    return {**_prove(layers, confinement), **confinement.namespaces}


def _process(ruleset: landlock.Rules | None) -> str:
    """Drop what a worker inherits. With no_new_privs no capability comes back, root's included."""
    _drop_capabilities()
    own = _OWN_DESCRIPTORS + isinstance(ruleset, int)
    if (held := descriptors()) > own:
        return f"{held - own} descriptors are inherited"
    return ACTIVE


def descriptors() -> int:
    """How many this process has: since Linux 6.2 the size of the folder that lists them, which before has none."""
    size = stat("/proc/self/fd").st_size  # noqa: PTH116
    return size or len(os.listdir("/proc/self/fd")) - 1  # noqa: PTH208 - less the one that lists them


def _prove(layers: dict[str, str], confinement: Confinement) -> dict[str, str]:
    if layers["process"] == ACTIVE:
        layers["process"] = single_thread()
    if layers["process"] == ACTIVE and checked(_prctl, _PR_GET_DUMPABLE, 0, 0, 0, 0) != 0:
        layers["process"] = "its proof failed: others can read its memory"
    if layers["landlock"] == ACTIVE:
        layers["landlock"] = read(confinement.canary)
    if layers["seccomp"] == ACTIVE:
        layers["seccomp"] = connect()
    if layers["seccomp"] == ACTIVE:
        layers["seccomp"] = fork()
    return layers


def die_with(parent: int) -> None:
    """Have the kernel kill this process when ``parent``, its single-threaded parent, ends; at once if it has ended.

    To be called after any change of user namespace, which resets it.
    """
    checked(_prctl, _PR_SET_PDEATHSIG, _KILL, 0, 0, 0)
    if getppid() != parent:
        os._exit(0)


def hide() -> None:
    """Keep other processes of the same user from reading this one's memory and environment."""
    checked(_prctl, _PR_SET_DUMPABLE, 0, 0, 0, 0)


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


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


_CAPABILITIES_OF_SELF = _CapabilityHeader(_CAPABILITY_VERSION_3, 0)
_NO_CAPABILITIES = (ctypes.c_uint32 * 6)()
_CAPABILITIES_AT, _NONE_AT = ctypes.addressof(_CAPABILITIES_OF_SELF), ctypes.addressof(_NO_CAPABILITIES)


def drop_all_capabilities() -> None:
    """Also those that a program could be given when it is executed: the bounding set (capabilities(7)).

    :raises OSError: the process may not.
    """
    with open("/proc/sys/kernel/cap_last_cap") as file:  # noqa: PTH123
        last = int(file.read())
    for capability in range(last + 1):
        call("prctl", _PR_CAPBSET_DROP, capability, 0, 0, 0)
    _drop_capabilities()


def _drop_capabilities() -> None:
    checked(_capset, _CAPABILITIES_AT, _NONE_AT)
