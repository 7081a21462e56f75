"""The fork server: a clean process with one thread, which has imported what a worker needs and forks one a request.

It is started by ``launcher`` with an empty environment, serves one host over one socket, and ends with it: when that
socket closes or the host's process ends, it kills its workers, removes their folders and exits.
"""

from __future__ import annotations

import gc
import importlib
import os
import pkgutil
import select
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from automatosx_nb import sdk
from automatosx_nb.sandbox import folders, protocol, worker
from automatosx_nb.sandbox.boot import pidfd
from automatosx_nb.sandbox.channel import Channel, ChannelClosed
from automatosx_nb.sandbox.codec import Decoder
from automatosx_nb.sandbox.confine import Confinement, confine
from automatosx_nb.sandbox.limits import Limits

MAX_BYTES = 1 << 16
MAX_DEPTH = 8
_WORKER_SOCKET = 3
_REMEMBERED = 256  # workers that ended and whose host has not asked how
_WATCH_MS = 250  # how often a worker's files and threads are counted
_LINUX = sys.platform == "linux"

if _LINUX:
    from automatosx_nb.sandbox.confine import linux


@dataclass(slots=True)
class Running:
    """A worker that was not waited for yet. ``over``: the limit for which it was killed, else empty."""

    folder: Path
    limits: Limits
    over: str = ""


class Zygote:
    """``host``: its pidfd, where there are pidfds; ``base``: a folder of this fork server's own, for the workers'."""

    def __init__(
        self,
        control: socket.socket,
        host: int | None,
        base: Path,
        readable: Sequence[str],
        layers: Mapping[str, str],
    ) -> None:
        self._control: Channel[Any] = Channel(control, protocol.ToForkServer, max_bytes=MAX_BYTES, max_depth=MAX_DEPTH)
        self._host = host
        self._base = base
        self._readable = readable
        self._layers = layers
        self._canary = base / "canary"
        self._canary.write_text("a worker cannot read this\n", encoding="utf-8")
        self._running: dict[int, Running] = {}
        self._ended: dict[int, protocol.Reaped] = {}
        self._pidfds: dict[int, int] = {}
        self._watched_at = 0.0

    def serve(self) -> None:
        """Until the host is gone."""
        self._greet()
        while True:
            poller = select.poll()
            for fd in (self._control.fileno(), *self._pidfds, *([] if self._host is None else [self._host])):
                poller.register(fd, select.POLLIN)
            ready = {fd for fd, _ in poller.poll(_WATCH_MS if self._running else None)}
            if self._host in ready:
                return
            self._watch()
            for fd in ready & self._pidfds.keys():
                self._reap(self._pidfds[fd])
            if self._control.fileno() in ready:
                try:
                    frame, _ = self._control.receive()
                    self._answer(frame)
                except ChannelClosed:
                    return

    def _greet(self) -> None:
        own = pidfd(os.getpid())
        self._control.send(protocol.Ready(os.getpid()), [] if own is None else [own])
        if own is not None:
            os.close(own)

    def _watch(self) -> None:
        """Kill the workers that went over a limit which the system does not keep."""
        now = time.monotonic()
        if now - self._watched_at < _WATCH_MS / 1000:
            return
        self._watched_at = now
        for pid, running in self._running.items():
            if not running.over:
                running.over = _over(pid, running)
                if running.over:
                    os.kill(pid, signal.SIGKILL)

    def _answer(self, frame: object) -> None:
        if isinstance(frame, protocol.Spawn):
            self._spawn(frame)
        elif isinstance(frame, protocol.Signal):
            if frame.pid in self._running:
                os.kill(frame.pid, frame.number)
        elif isinstance(frame, protocol.Reap):
            self._reap(frame.pid)
            self._control.send(self._ended.pop(frame.pid, protocol.Reaped(-256, 0.0, 0.0)))

    # --- starting ---------------------------------------------------------------------------------------------

    def _spawn(self, spawn: protocol.Spawn) -> None:
        try:
            folder = Path(tempfile.mkdtemp(prefix="worker-", dir=self._base))
            ours, theirs = socket.socketpair()
        except OSError as error:
            self._control.send(protocol.NotSpawned(str(error)))
            return
        zygote = os.getpid()
        with ours, theirs:
            try:
                pid = os.fork()
            except OSError as error:
                self._control.send(protocol.NotSpawned(str(error)))
                return
            if pid == 0:
                self._become_worker(theirs, spawn, folder, zygote)
            self._running[pid] = Running(folder, spawn.limits)
            handle = pidfd(pid)
            if handle is not None:
                self._pidfds[handle] = pid
            self._control.send(protocol.Spawned(pid), [ours.fileno(), *([] if handle is None else [handle])])

    def _become_worker(self, sock: socket.socket, spawn: protocol.Spawn, folder: Path, zygote: int) -> NoReturn:
        """In the child. Whatever happens here, it never returns into the fork server's loop."""
        try:
            os.setsid()
            if _LINUX:
                linux.die_with(zygote)
            gc.enable()
            end = _only(sock, inherits="process" in spawn.without)
            confinement = Confinement(
                limits=spawn.limits,
                readable=self._readable,
                folder=str(folder),
                canary=str(self._canary),
                namespaces=self._layers,
                without=spawn.without,
            )
            layers = confine(confinement)
            worker.run(end, spawn.limits, layers, spawn.without)
        finally:
            os._exit(71)

    # --- ending -----------------------------------------------------------------------------------------------

    def _reap(self, pid: int) -> None:
        """Wait for a worker that ended, or is about to, and remove its folder."""
        running = self._running.pop(pid, None)
        if running is None:
            return
        _, status, usage = os.wait4(pid, 0)
        for handle in [fd for fd, owner in self._pidfds.items() if owner == pid]:
            del self._pidfds[handle]
            os.close(handle)
        folders.remove(running.folder)
        peak_mb = usage.ru_maxrss / (1024 if _LINUX else 1 << 20)
        while len(self._ended) >= _REMEMBERED:
            del self._ended[next(iter(self._ended))]
        cpu_s = usage.ru_utime + usage.ru_stime
        self._ended[pid] = protocol.Reaped(os.waitstatus_to_exitcode(status), cpu_s, peak_mb, running.over)

    def end(self) -> None:
        """Kill every worker and remove every folder."""
        for pid in self._running:
            os.kill(pid, signal.SIGKILL)
        for pid in list(self._running):
            self._reap(pid)
        folders.remove(self._base)


def _over(pid: int, running: Running) -> str:
    """The limit that a worker is over, or nothing. Threads: field 20 of proc_pid_stat(5)."""
    allowed = running.limits.disk_mb << 20
    if folders.used_bytes(running.folder, enough=allowed) > allowed:
        return "disk_mb"
    if not _LINUX:
        return ""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123
            threads = int(file.read().rpartition(b")")[2].split()[17])
    except OSError:
        return ""
    return "threads" if threads > running.limits.threads else ""


def _only(sock: socket.socket, *, inherits: bool) -> socket.socket:
    """0, 1 and 2 are /dev/null already; the socket becomes 3; everything else is closed, unless it is inherited."""
    if inherits:
        return sock
    fd = os.dup2(sock.detach(), _WORKER_SOCKET, inheritable=False)
    os.closerange(_WORKER_SOCKET + 1, os.sysconf("SC_OPEN_MAX"))
    return socket.socket(fileno=fd)


def _preload() -> None:
    """Import all of the sdk, so that a confined worker needs no file of ours, and do once what each would do."""
    for module in pkgutil.iter_modules(sdk.__path__, f"{sdk.__name__}."):
        importlib.import_module(module.name)
    Decoder(protocol.ToWorker, max_bytes=MAX_BYTES, max_depth=MAX_DEPTH)  # msgspec keeps what it learned of the types
    for encoding in ("utf-8", "ascii", "latin-1", "idna"):
        "".encode(encoding)


def main(control: int, host: int | None, base: str, readable: Sequence[str], layers: Mapping[str, str]) -> NoReturn:
    """``control``: the descriptor of the socket to the host; the rest as in ``Zygote``. Ends the process."""
    _preload()
    if _LINUX:
        linux.hide()
    zygote = Zygote(socket.socket(fileno=control), host, Path(base), readable, layers)
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    os.close(null)
    gc.collect()
    gc.disable()
    gc.freeze()
    try:
        zygote.serve()
    finally:
        zygote.end()
        os._exit(0)
