"""The workers of a fork server as its children: watched for what no limit of the system keeps, killed, awaited."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

from automatosx_nb.sandbox import folders, procfs, protocol
from automatosx_nb.sandbox.limits import Limits

_WATCH_MS = 250  # how often a worker's files, threads and memory are counted
_CLOSE_WATCH_MS = 25  # the same while one of them has half of its memory
_LINUX = sys.platform == "linux"

if _LINUX:
    from automatosx_nb.sandbox.confine import linux


@dataclass(slots=True)
class Running:
    """A worker that was not waited for yet.

    ``over``: the limit for which it was killed, else empty; ``used``: what it had of that, in the limit's unit.
    """

    folder: Path
    limits: Limits
    over: str = ""
    used: float = 0.0


class Watch:
    """Looks at workers every so often. ``every_ms``: how long until the next look is due."""

    def __init__(self) -> None:
        self.every_ms = _WATCH_MS
        self._looked_at = 0.0

    def look(self, workers: Mapping[int, Running]) -> None:
        """Kill the workers, by pid, that went over a limit which the system does not keep, or that cannot be watched.

        Whatever is wrong with one of them, the others keep their fork server.
        """
        now = time.monotonic()
        if now - self._looked_at < self.every_ms / 1000:
            return
        self._looked_at, self.every_ms = now, _WATCH_MS
        for pid, running in workers.items():
            if running.over:
                continue
            try:
                self._look_at(pid, running)
            except Exception:  # noqa: BLE001 - of one worker: the others must not pay for it
                kill_group(pid)

    def _look_at(self, pid: int, running: Running) -> None:
        found = procfs.read(pid)
        running.over, running.used = _over(running, found)
        if running.over or (found is None and procfs.lost_its_main_thread(pid)):
            kill_group(pid)
        elif found is not None and found.own_mb > running.limits.resident_mb / 2:
            self.every_ms = _CLOSE_WATCH_MS


def _over(running: Running, found: procfs.Usage | None) -> tuple[str, float]:
    """The limit that a worker is over, and what it has of that; the name is empty if there is none."""
    limits = running.limits
    written = folders.used_bytes(running.folder, enough=limits.disk_mb << 20)
    if written > limits.disk_mb << 20:
        return "disk_mb", written / (1 << 20)
    if found is not None and found.threads > limits.threads:
        return "threads", found.threads
    if found is not None and found.own_mb > limits.resident_mb:
        return "resident_mb", found.own_mb
    return "", 0.0


def wait_for(pid: int) -> protocol.Reaped:
    """How a worker, a child of this process, ended. It is its group's leader, and takes that with it."""
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)  # its pid is no one else's before it is waited for
    kill_group(pid)
    _, status, usage = os.wait4(pid, 0)
    peak_mb = usage.ru_maxrss / (1024 if _LINUX else 1 << 20)
    return protocol.Reaped(os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, peak_mb)


def end_orphans(workers: AbstractSet[int] = frozenset()) -> None:
    """Kill the children of this process other than ``workers``: what one of these started and that left its group.

    There are any only where no layer keeps a worker from starting processes.
    """
    if not _LINUX:
        return
    while orphans := linux.children() - workers:
        for pid in orphans:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def kill_group(pid: int) -> None:
    """A worker leads a session and a group of its own; before it does, there is only itself to kill."""
    os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
