"""The fork server: a clean process with one thread, which has its template fork a worker a request.

It is started by ``launcher`` with an empty environment, serves one host over one socket, and ends with it: when that
socket closes or the host's process ends, it kills its workers, removes their folders and exits.
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from automatosx_nb import __version__
from automatosx_nb.sandbox import folders, preloading, protocol
from automatosx_nb.sandbox.boot import pidfd
from automatosx_nb.sandbox.channel import Channel, ChannelClosed
from automatosx_nb.sandbox.children import Running, Watch, end_orphans, kill_group
from automatosx_nb.sandbox.template import Common, Place, Template

MAX_BYTES = 1 << 16
MAX_DEPTH = 8
_REMEMBERED = 256  # workers that ended and whose host has not asked how
_LINUX = sys.platform == "linux"

if _LINUX:
    from automatosx_nb.sandbox.confine import landlock, linux


@dataclass(frozen=True, slots=True)
class Spare:
    """A confined worker that nobody has asked for yet: how it was asked to be, and the host's end of its socket."""

    spawn: protocol.Spawn
    pid: int
    sock: socket.socket


class Zygote:
    """``host``: its pidfd, where there are pidfds; ``base``: a folder of this fork server's own, for the workers'."""

    def __init__(
        self, control: socket.socket, host: int | None, base: Path, readable: Sequence[str], template: Template
    ) -> None:
        self._control: Channel[Any] = Channel(control, protocol.ToForkServer, max_bytes=MAX_BYTES, max_depth=MAX_DEPTH)
        self._host = host
        self._base = base
        self._readable = readable
        self._template = template
        self._running: dict[int, Running] = {}
        self._ended: dict[int, protocol.Reaped] = {}
        self._pidfds: dict[int, int] = {}
        self._watch = Watch()
        self._places = 0
        self._next: Place | None = self._new_place()
        self._spare: Spare | None = None
        self._wanted: protocol.Spawn | None = None

    def serve(self) -> None:
        """Until the host or the template is gone."""
        self._greet()
        while True:
            poller = select.poll()
            ends = {self._template.fileno(), *([] if self._host is None else [self._host])}
            for fd in (self._control.fileno(), *self._pidfds, *ends):
                poller.register(fd, select.POLLIN)
            ready = {fd for fd, _ in poller.poll(self._patience_ms())}
            if ends & ready:
                return
            if not ready:
                self._prepare_spare()
            for fd in ready & self._pidfds.keys():
                self._reap(self._pidfds[fd])
            if self._control.fileno() in ready:
                try:
                    frame, _ = self._control.receive()
                    self._answer(frame)
                except ChannelClosed:
                    return
            self._watch.look(self._running)

    def _greet(self) -> None:
        own = pidfd(os.getpid())
        ready = protocol.Ready(os.getpid(), protocol.PROTOCOL, __version__)
        self._control.send(ready, [] if own is None else [own])
        if own is not None:
            os.close(own)

    def _patience_ms(self) -> int | None:
        """How long to wait for a request: not at all while there is a spare to make, for ever without workers."""
        if self._wanted is not None:
            return 0
        return self._watch.every_ms if len(self._running) > (self._spare is not None) else None

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
            pid, ours = self._take_spare(spawn) or self._fork(spawn)
        except OSError as error:
            self._control.send(protocol.NotSpawned(str(error)))
            return
        with ours:
            handles = [fd for fd, owner in self._pidfds.items() if owner == pid]
            self._control.send(protocol.Spawned(pid), [ours.fileno(), *handles])
        self._wanted = spawn

    def _take_spare(self, spawn: protocol.Spawn) -> tuple[int, socket.socket] | None:
        """The worker that waits, if it is confined as this one has to be."""
        spare = self._spare
        if spare is None or spare.spawn != spawn or _hung_up(spare.sock):
            return None
        self._spare = None
        return spare.pid, spare.sock

    def _new_place(self) -> Place:
        """:raises OSError: there is no room for a folder."""
        self._places += 1
        folder = f"{self._base}/worker-{self._places}"
        os.mkdir(folder, 0o700)  # noqa: PTH102 - what it runs between two forks, a worker has to copy
        return Place(folder, landlock.rules(self._readable, folder) if _LINUX else None)

    def _prepare_spare(self) -> None:
        """Have a worker wait for the next request, which is most often like the last one. No plugin ran in it."""
        spawn, self._wanted = self._wanted, None
        if spawn is None or (self._spare is not None and self._spare.spawn == spawn):
            return
        if self._spare is not None:
            kill_group(self._spare.pid)
            self._reap(self._spare.pid)
        with contextlib.suppress(OSError):
            self._spare = Spare(spawn, *self._fork(spawn))
            self._next = self._new_place()

    def _fork(self, spawn: protocol.Spawn) -> tuple[int, socket.socket]:
        """:raises OSError: it could not be forked."""
        self._next = place = self._next or self._new_place()  # which it stays where there is no socket for it now
        ours, theirs = socket.socketpair()
        self._next = None
        with theirs:
            try:
                pid = self._template.fork(spawn, place, theirs)
            except OSError:
                ours.close()
                folders.remove(Path(place.folder))
                raise
            finally:
                place.let_go()
        self._running[pid] = Running(Path(place.folder), spawn.limits)
        handle = pidfd(pid)
        if handle is not None:
            self._pidfds[handle] = pid
        return pid, ours

    # --- ending -----------------------------------------------------------------------------------------------

    def _reap(self, pid: int) -> None:
        """Wait for a worker that ended, or is about to, and remove its folder."""
        running = self._running.pop(pid, None)
        if running is None:
            return
        if self._spare is not None and self._spare.pid == pid:
            self._spare.sock.close()
            self._spare = None
        ended = self._template.reap(pid)
        for handle in [fd for fd, owner in self._pidfds.items() if owner == pid]:
            del self._pidfds[handle]
            os.close(handle)
        folders.remove(running.folder)
        while len(self._ended) >= _REMEMBERED:
            del self._ended[next(iter(self._ended))]
        self._ended[pid] = protocol.Reaped(ended.status, ended.cpu_s, ended.rss_mb, running.over, running.used)

    def end(self) -> None:
        """Kill every worker and remove every folder."""
        self._template.close()
        end_orphans()  # of a template that was killed
        folders.remove(self._base)


def _hung_up(sock: socket.socket) -> bool:
    """Whether the worker at the other end has ended."""
    poller = select.poll()
    poller.register(sock, 0)
    return bool(poller.poll(0))


def _lowest(fd: int) -> int:
    """``fd`` under the lowest number that is free: the host's may lie above the limit of a worker that inherits it."""
    low = os.dup(fd)
    os.close(fd)
    return low


def main(
    control: int,
    host: int | None,
    base: str,
    readable: Sequence[str],
    layers: Mapping[str, str],
    preload: Sequence[str] = (),
) -> NoReturn:
    """``control``: the descriptor of the socket to the host; ``preload``: libraries; the rest as in ``Zygote``.

    Ends the process.
    """
    try:
        preloading.preload(preload)
    except Exception as error:  # noqa: BLE001 - libraries run at import: whatever goes wrong, the host has to hear of it
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        sys.stderr.flush()
        os._exit(1)  # not "raise": a thread that they started could keep this process
    if _LINUX:
        linux.hide()
        linux.adopt()
    sock = socket.socket(fileno=_lowest(control))
    canary = Path(base, "canary")
    canary.write_text("a worker cannot read this\n", encoding="utf-8")
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    os.close(null)
    gc.collect()
    gc.disable()
    gc.freeze()
    template = Template(Common(readable, str(canary), layers))
    zygote = Zygote(sock, host, Path(base), readable, template)
    try:
        zygote.serve()
    finally:
        zygote.end()
        os._exit(0)
