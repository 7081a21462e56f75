"""The template: the process that every worker is a copy of, and that does nothing but fork them and wait for their end.

A page that two processes share becomes a second one as soon as one of them writes to it, and to count a reference is
to write. So whatever a worker's parent does between two forks is memory of that worker's own, and whatever the worker
does itself. The fork server, with its sockets, folders and looks at its workers, is therefore another process; and what
is the same for each worker is made here, once.

The template ends with the fork server, however that ended; before it does, it ends all that its workers have started
(PR_SET_CHILD_SUBREAPER, prctl(2)).
"""

from __future__ import annotations

import gc
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from gc import enable
from os import closerange, dup2, setsid
from typing import Any, NoReturn

from automatosx_nb.sandbox import preloading, protocol, worker
from automatosx_nb.sandbox.channel import Channel, ChannelClosed
from automatosx_nb.sandbox.children import end_orphans, kill_group, wait_for
from automatosx_nb.sandbox.codec import close_all
from automatosx_nb.sandbox.confine import Confinement, rlimits
from automatosx_nb.sandbox.worker import run

_MAX_BYTES, _MAX_DEPTH, _MAX_FDS = 1 << 16, 8, 2
_SOCKET, _RULES = 3, 4
_UNIX, _STREAM = int(socket.AF_UNIX), int(socket.SOCK_STREAM)  # and not socket.socket, which asks enums for these
_LINUX = sys.platform == "linux"

_DESCRIPTORS = os.sysconf("SC_OPEN_MAX")

if _LINUX:
    from automatosx_nb.sandbox.confine.linux import adopt, confine, die_with
else:
    from automatosx_nb.sandbox.confine import confine


@dataclass(frozen=True, slots=True)
class Place:
    """Where a worker will live: its folder, and Landlock's rules for it, where they can be made ahead.

    They are made before a worker is asked for, and not in it, for what a worker does itself is memory of its own.
    """

    folder: str
    rules: int | str | None

    def let_go(self) -> None:
        if isinstance(self.rules, int):
            os.close(self.rules)


@dataclass(frozen=True, slots=True)
class Common:
    """What is the same for each worker of a fork server; the fields are those of ``Confinement``."""

    readable: Sequence[str]
    canary: str
    namespaces: Mapping[str, str]


class Template:
    """The fork server's end. It is forked at once, from a process that has loaded all that a worker needs.

    After any ``ChannelClosed`` the template is gone, and its workers with it.
    """

    def __init__(self, common: Common) -> None:
        ours, theirs = socket.socketpair()
        self._pid = os.fork()
        if self._pid == 0:
            _become_template(theirs, common)
        theirs.close()
        self._channel: Channel[Any] = Channel(ours, protocol.FromTemplate, max_bytes=_MAX_BYTES, max_depth=_MAX_DEPTH)
        self._prepared: protocol.Spawn | None = None

    def fileno(self) -> int:
        """Readable while nothing was asked: it is gone."""
        return self._channel.fileno()

    def fork(self, spawn: protocol.Spawn, place: Place, theirs: socket.socket) -> int:
        """The pid of a new worker with ``theirs`` as its socket. The caller closes that, and lets go of ``place``.

        :raises OSError: it could not be forked.
        """
        if spawn != self._prepared:
            self._channel.send(protocol.Prepare(spawn))
            self._prepared = spawn
        rules = place.rules
        fds = [theirs.fileno(), rules] if isinstance(rules, int) else [theirs.fileno()]
        answer = self._ask(protocol.Fork(place.folder, None if isinstance(rules, int) else rules), fds)
        if isinstance(answer, protocol.NotSpawned):
            raise OSError(answer.reason)
        return int(answer.pid)

    def reap(self, pid: int) -> protocol.Reaped:
        """Wait for a worker that ended, or is about to; kill what it left."""
        answer: protocol.Reaped = self._ask(protocol.Reap(pid))
        return answer

    def _ask(self, frame: protocol.Struct, fds: Sequence[int] = ()) -> Any:
        self._channel.send(frame, fds)
        answer, _ = self._channel.receive()
        return answer

    def close(self) -> None:
        """End it, its workers and whatever they started, and wait for that."""
        self._channel.close()
        os.waitpid(self._pid, 0)


def _become_template(sock: socket.socket, common: Common) -> NoReturn:
    try:
        _inherit([sock.detach()])
        if _LINUX:
            adopt()
        copies = _Copies(socket.SocketType(_UNIX, _STREAM, 0, _SOCKET), common)
        try:
            copies.serve()
        finally:
            copies.end()
    finally:
        os._exit(0)


class _Copies:
    """The template's own side. A worker's socket gets the number of its own, so that it can make ready for that."""

    def __init__(self, sock: socket.SocketType, common: Common) -> None:
        self._sock = sock
        self._channel: Channel[Any] = Channel(
            sock, protocol.ToTemplate, max_bytes=_MAX_BYTES, max_depth=_MAX_DEPTH, max_fds=_MAX_FDS, counts=False
        )
        self._common = common
        self._workers: set[int] = set()
        self._confinement: Confinement | None = None
        self._session: worker.Session | None = None

    def serve(self) -> None:
        """Until the fork server is gone."""
        while True:
            try:
                frame, fds = self._channel.receive()
                if isinstance(frame, protocol.Fork):
                    self._channel.send(self._fork(frame, fds))
                elif isinstance(frame, protocol.Reap):
                    self._channel.send(self._reap(frame.pid))
                else:
                    self._prepare(frame.spawn)
            except ChannelClosed:
                return

    def _prepare(self, spawn: protocol.Spawn) -> None:
        common = self._common
        self._confinement = Confinement(
            spawn.limits,
            common.readable,
            common.canary,
            common.namespaces,
            frozenset(spawn.without),
            rlimits.wanted(spawn.limits),
        )
        self._session = worker.Session(self._sock, spawn.limits, language="language" not in spawn.without)
        gc.freeze()

    def _fork(self, fork: protocol.Fork, fds: Sequence[int]) -> protocol.Struct:
        template = os.getpid()
        try:
            if (threads := preloading.threads()) > 1:  # a fork would copy one of them, and no wall reaches the others
                return protocol.NotSpawned(f"it has {threads} threads")
            pid = os.fork()
            if pid == 0:
                self._become_worker(fork, fds, template)
        except OSError as error:
            return protocol.NotSpawned(str(error))
        finally:
            close_all(fds)
        self._workers.add(pid)
        return protocol.Spawned(pid)

    def _become_worker(self, fork: protocol.Fork, fds: Sequence[int], template: int) -> NoReturn:
        """In the child. Whatever happens here, it never returns into the template's loop."""
        try:
            setsid()
            if _LINUX:
                die_with(template)
            enable()
            confinement, session = self._confinement, self._session
            if confinement is None or session is None:
                os._exit(71)
            _inherit(fds, closes="process" not in confinement.without)
            rules = _RULES if len(fds) > 1 else fork.rules
            run(session, confine(confinement, fork.folder, rules))
        finally:
            os._exit(71)

    def _reap(self, pid: int) -> protocol.Reaped:
        ended = wait_for(pid)
        self._workers.discard(pid)
        end_orphans(self._workers)
        return ended

    def end(self) -> None:
        """Kill every worker, and whatever they started."""
        for pid in self._workers:
            kill_group(pid)
        for pid in list(self._workers):
            self._reap(pid)


def _inherit(fds: Sequence[int], *, closes: bool = True) -> None:
    """0, 1 and 2 are /dev/null already; a socket becomes 3, Landlock's rules 4; what else there is, is closed."""
    for number, fd in enumerate(fds, _SOCKET):
        dup2(fd, number, inheritable=False)
    if closes:
        closerange(_SOCKET + len(fds), _DESCRIPTORS)
