"""The host's side of workers: start, call, meter, interrupt, kill. Deadlines are kept here, never in the worker."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from automatosx_nb.errors import SandboxUnavailable
from automatosx_nb.sandbox import compiled, protocol
from automatosx_nb.sandbox.compiled import CompiledPlugins
from automatosx_nb.sandbox.confine import ACTIVE
from automatosx_nb.sandbox.conversation import Broker
from automatosx_nb.sandbox.launcher import PRELOADED, ForkServer
from automatosx_nb.sandbox.limits import Limits
from automatosx_nb.sandbox.running import Usage, Worker
from automatosx_nb.sandbox.tiers import of_another_system

__all__ = ["Broker", "Limits", "Program", "Sandbox", "Usage", "Worker"]


@dataclass(frozen=True, slots=True)
class Program:
    """One version of a plugin, as it is started: ``sources`` maps ``pkg/mod.py`` (relative to ``src/``) to bytes.

    ``handlers`` (``module:function``) have to exist; ``modules`` are the granted libraries. ``whole``: every module has
    to pass the language policy, also those that nothing imports yet.
    """

    plugin: str
    version: str
    sources: Mapping[str, bytes]
    handlers: tuple[str, ...]
    modules: tuple[str, ...] = ()
    whole: bool = False


@contextmanager
def _start_errors() -> Iterator[None]:
    """:raises SandboxUnavailable: in place of what the system says, as of a full temporary folder."""
    try:
        yield
    except OSError as error:
        raise SandboxUnavailable(f"the system let no worker start ({error})") from error


class Sandbox:
    """Starts workers. Nothing runs before the first use; close it, or use it as a context manager.

    ``required``: layers (as in :meth:`layers`) without which no worker starts; ``namespaces``: use them where they
    are allowed. Thread-safe. After a fork of this process the copy starts a fork server of its own; the original's
    goes on undisturbed.
    """

    def __init__(self, *, required: Collection[str] = (), namespaces: bool = True) -> None:
        self._required = frozenset(required)
        self._state = _State(namespaces)
        self._code = CompiledPlugins()
        self._finalizer = weakref.finalize(self, _close, self._state)

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self, program: Program, limits: Limits | None = None, *, without: Collection[str] = ()) -> Worker:
        """Start a confined worker and load the plugin's modules in it.

        :raises PluginRefused: the language policy refused a source.
        :raises PluginFailed: a module raised when it was imported.
        :raises LimitExceeded: loading took too long, or too much.
        :raises SandboxUnavailable: no worker can be started, or a required layer is missing.
        :raises WorkerLost: the worker ended while it loaded.
        """
        limits = limits or Limits()
        code = None if "language" in without else self._compiled(program, limits, without)
        worker = self.spawn(program, limits, without=without)
        worker.load(program.version, program.sources, program.handlers, program.modules, code, whole=program.whole)
        return worker

    def _compiled(self, program: Program, limits: Limits, without: Collection[str]) -> protocol.Compiled:
        """What is kept of it; else what a worker makes that runs none of it (ADR 19)."""
        key = compiled.key(program.plugin, program.sources, program.modules, limits.source_kb)
        code = self._code.get(key)
        if code is None:
            compiler = self.spawn(program, limits, without=without)
            try:
                code = compiler.compile(program.sources, program.modules)
            finally:
                compiler.dismiss()
            self._code.put(key, code)
        return code

    def layers(self) -> Mapping[str, str]:
        """Each layer and ``active``, or why it is not: found by starting an empty worker, required ones or not.

        :raises SandboxUnavailable: no worker can be started.
        """
        worker = Worker(self._state.fork_server(()), "automatosx.probe", Limits(), ())
        try:
            return dict(worker.layers)
        finally:
            worker.stop()

    def spawn(self, program: Program, limits: Limits, *, without: Collection[str] = ()) -> Worker:
        """Start a confined worker that has loaded nothing yet. Raises as :meth:`start` does before it loads."""
        server = self._state.fork_server(_preloadable(program.modules))
        with _start_errors():
            worker = Worker(server, program.plugin, limits, without)
        states = {name: worker.layers.get(name) or of_another_system(name) for name in sorted(self._required)}
        missing = [f"{name}: {state}" for name, state in states.items() if state != ACTIVE]
        if missing:
            worker.stop()
            raise SandboxUnavailable(f"the policy requires layers that are missing here ({'; '.join(missing)})")
        self._state.workers.add(worker)
        return worker

    def warm(self, modules: Collection[str]) -> None:
        """Have the fork server for programs with these ``modules`` run, so that the next start does not wait for it.

        :raises SandboxUnavailable: none can be started.
        """
        self._state.fork_server(_preloadable(modules))

    def close(self) -> None:
        """Kill every worker and end the fork servers. It can be used again afterwards, and starts afresh."""
        _close(self._state)


Preload = tuple[str, ...]


def _preloadable(modules: Collection[str]) -> Preload:
    """Which fork server a program comes from: one that has loaded the libraries that it was granted, and no other."""
    return tuple(name for name in PRELOADED if name in modules)


@dataclass
class _Slot:
    """The place of one fork server. ``lock`` is held while it starts, so that others wait for it and not for all."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    server: ForkServer | None = None
    unusable: bool = False

    def close(self) -> None:
        with self.lock:
            if self.server is not None:
                self.server.close()
                self.server = None


@dataclass
class _State:
    """What a sandbox has running, apart from it so that it can be closed when the sandbox is collected."""

    namespaces: bool
    owner: int = field(default_factory=os.getpid)
    lock: threading.Lock = field(default_factory=threading.Lock)
    slots: dict[Preload, _Slot] = field(default_factory=dict)
    workers: weakref.WeakSet[Worker] = field(default_factory=weakref.WeakSet)

    @property
    def server(self) -> ForkServer | None:
        """The one that has loaded no library."""
        slot = self.slots.get(())
        return None if slot is None else slot.server

    def fork_server(self, preload: Preload) -> ForkServer:
        """The one for ``preload``, or, where those libraries cannot be loaded ahead, the one without any."""
        if self.owner != os.getpid():
            self._leave_to_the_original()
        with self.lock:
            slot = self.slots.setdefault(preload, _Slot())
        with slot.lock:
            if slot.server is not None and slot.server.alive:
                return slot.server
            if not slot.unusable:
                if slot.server is not None:
                    slot.server.close()
                    slot.server = None
                try:
                    with _start_errors():
                        slot.server = ForkServer(preload, namespaces=self.namespaces)
                except SandboxUnavailable:
                    if not preload:
                        raise
                    slot.unusable = True
                else:
                    return slot.server
        return self.fork_server(())

    def _leave_to_the_original(self) -> None:
        """In a forked copy of the host: a lock may be held by a thread that is not here, and nothing is ours."""
        left = [slot.server for slot in self.slots.values() if slot.server is not None]
        self.owner, self.lock, self.workers, self.slots = os.getpid(), threading.Lock(), weakref.WeakSet(), {}
        for server in left:
            server.close()


def _close(state: _State) -> None:
    if state.owner != os.getpid():
        return
    for worker in list(state.workers):
        worker.stop()
    with state.lock:
        slots = list(state.slots.values())
    for slot in slots:
        slot.close()
