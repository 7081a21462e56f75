"""What the layers come to: a tier, and for each layer what it stops, what it does not, and how to get it.

For the host and its surfaces; a worker reports states only.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from automatosx_nb.sandbox.confine import ACTIVE, LAYERS_OF

TierName = Literal["strict", "partial", "language-only"]

CORE = ("process", "rlimits", "landlock", "seccomp", "language")
"""The layers of the tier ``strict``. None of them needs privileges or namespaces."""
EXTRAS = ("network", "pids")
"""Layers that are there where namespaces are allowed, and that no tier counts on."""
_BOUNDARIES = frozenset(("landlock", "seccomp", "sandbox-exec", "low-integrity"))


@dataclass(frozen=True, slots=True)
class Tier:
    """``strict``: every layer of ``CORE`` is active. ``language-only``: no boundary of the system's is.

    ``missing``: the layers of ``CORE`` that are not active.
    """

    name: TierName
    missing: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name} (without {', '.join(self.missing)})" if self.missing else self.name


def tier(layers: Mapping[str, str]) -> Tier:
    """The tier of a worker that reported ``layers``. What a worker did not report is missing."""
    active = {name for name, state in layers.items() if state == ACTIVE}
    missing = tuple(name for name in CORE if name not in active)
    if not missing:
        return Tier("strict")
    return Tier("partial" if active & _BOUNDARIES else "language-only", missing)


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer, in words for a person."""

    stops: str
    not_: str
    get: str
    tried: bool = True
    """Whether such a system has run it. Where none has, what it hands to the system is tested and nothing else."""


LAYERS: Mapping[str, Layer] = {
    "process": Layer(
        "reaching into the kernel's memory, threads, descriptors and environment; taking it along in a crash",
        "anything by itself: the process runs as you",
        "always there on Linux and macOS",
    ),
    "rlimits": Layer(
        "memory above memory-mb, CPU above cpu-s, too many or too large files, core dumps",
        "what no single limit counts",
        "always there on Linux and macOS",
    ),
    "landlock": Layer(
        "reading anything but Python's own files, writing anything but plain files in its own folder",
        "finding out that a path exists, its size and its times",
        "Linux 5.13 or later, with 'landlock' in /sys/kernel/security/lsm: add it to the kernel's lsm= parameter",
    ),
    "seccomp": Layer(
        "programs, sockets, signals to others, ptrace, namespaces, io_uring, bpf: every call that is not listed",
        "the system calls that are listed, and errors of the kernel in them",
        "a kernel with seccomp filters, on x86-64 or AArch64",
    ),
    "network": Layer(
        "the network, abstract sockets and System V objects, once more; an extra",
        "anything that seccomp does not stop already",
        "user.max_user_namespaces above 0; on Debian kernel.unprivileged_userns_clone=1, on Ubuntu 24.04 "
        "kernel.apparmor_restrict_unprivileged_userns=0; rarely in containers",
    ),
    "pids": Layer(
        "seeing or naming a process of yours at all, and outliving its fork server; an extra",
        "anything that landlock and seccomp do not stop already, but for the names of processes",
        "as for network, a Python with os.pidfd_open, and a /proc with nothing mounted over it",
    ),
    "sandbox-exec": Layer(
        "reading and writing files outside, sockets, programs, processes, services of the system",
        "finding out that a path exists; errors of the kernel.",
        "macOS; it counts only where the worker's own proof succeeded",
        tried=False,
    ),
    "job-object": Layer(
        "more than one process, memory above memory-mb, CPU above cpu-s, the clipboard and other windows",
        "reading files, and the network",
        "Windows 10 or later; no worker starts there yet: use WSL 2",
        tried=False,
    ),
    "low-integrity": Layer(
        "writing your files and registry",
        "reading them, and the network",
        "Windows 10 or later; no worker starts there yet: use WSL 2",
        tried=False,
    ),
    "language": Layer(
        "names with a leading underscore, unlisted modules and builtins: easy attacks, and an author's mistakes",
        "somebody who finds a way around it: it is no security boundary",
        "always there",
    ),
}


def of_another_system(name: str) -> str:
    """Why a layer that no worker reported here is missing, for whoever requires it."""
    systems = [system for system, names in LAYERS_OF.items() if name in names and system != sys.platform]
    if systems:
        return f"it exists on {', '.join(systems)} only"
    return f"there is no such layer: there are {', '.join(LAYERS)}"
