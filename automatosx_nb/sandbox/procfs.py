"""What a process uses, as Linux shows it to everybody (proc_pid_status(5), proc_pid_stat(5))."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Usage:
    """In MiB: ``resident_mb`` is all of it, ``own_mb`` without the pages of files, which cost nothing; ``size_mb`` is
    the address space."""

    cpu_s: float
    threads: int
    resident_mb: float
    own_mb: float
    size_mb: float


def read(pid: int) -> Usage | None:
    """None where there is no /proc, the process or its main thread is gone, or what it says cannot be read."""
    try:
        return _usage(pid)
    except (OSError, ValueError, IndexError):
        return None


def lost_its_main_thread(pid: int) -> bool:
    """Whether the main thread ended: what the others use, Linux tells nobody then."""
    try:
        return b"VmRSS" not in _status(pid)
    except OSError:
        return False


def _usage(pid: int) -> Usage | None:
    status = _status(pid)
    if b"VmRSS" not in status:  # a zombie has no memory
        return None
    with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123
        ticks = file.read().rpartition(b")")[2].split()[11:13]
    own_kb = sum(_number(status, name) for name in (b"RssAnon", b"RssShmem", b"VmSwap"))
    return Usage(
        cpu_s=sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK"),
        threads=_number(status, b"Threads"),
        resident_mb=_number(status, b"VmRSS") / 1024,
        own_mb=own_kb / 1024,
        size_mb=_number(status, b"VmSize") / 1024,
    )


def _status(pid: int) -> Mapping[bytes, bytes]:
    """Without the first line: the name is the process's own to choose, returns and colons included."""
    with open(f"/proc/{pid}/status", "rb") as file:  # noqa: PTH123
        return dict(line.partition(b":")[::2] for line in file.read().split(b"\n")[1:])


def _number(status: Mapping[bytes, bytes], name: bytes) -> int:
    return int(status.get(name, b"0").split()[0])
