"""One running worker, as the host sees it: it is called, metered, interrupted and killed."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from automatosx_nb.errors import (
    AutomatosxError,
    CallInterrupted,
    LimitExceeded,
    ProtocolViolation,
    SandboxUnavailable,
    WorkerLost,
)
from automatosx_nb.sandbox import procfs, protocol, verdicts
from automatosx_nb.sandbox.channel import Channel, ChannelClosed, DeadlineExceeded, Sending
from automatosx_nb.sandbox.codec import FrameTooLarge, close_all
from automatosx_nb.sandbox.conversation import Broker, Conversation, Failed, Silent
from automatosx_nb.sandbox.launcher import ForkServer
from automatosx_nb.sandbox.limits import Limits
from automatosx_nb.sandbox.pacing import Clock
from automatosx_nb.sandbox.values import all_to_wire

INTERRUPT_GRACE_S = 0.5
"""How long an interrupted call may take to end by itself before its worker is killed."""


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU seconds of the whole life; resident memory now, or at its peak once the worker has ended, in MiB."""

    cpu_s: float
    rss_mb: float


class Worker:
    """A confined process with one plugin in it. Calls come from one thread at a time; the rest from any."""

    def __init__(self, server: ForkServer, plugin: str, limits: Limits, without: Collection[str]) -> None:
        """:raises SandboxUnavailable: the process could not be started or confined."""
        self._server = server
        self._plugin = plugin
        self._limits = limits
        self._owner = os.getpid()
        self._lock = threading.RLock()
        self._in_flight = 0
        self._calls = 0
        self._reaped: protocol.Reaped | None = None
        self._alive = False
        spawned = server.spawn(limits, sorted(without))
        self.pid = spawned.pid
        self._pidfd = spawned.pidfd
        self._channel: Channel[protocol.ToHost] = Channel(
            spawned.sock,
            protocol.ToHost,
            max_bytes=limits.frame_mb << 20,
            max_depth=limits.frame_depth,
            max_fds=0,
            death=spawned.pidfd,
        )
        self._conversation = Conversation(self._channel, plugin, limits)
        self._alive = True
        self.layers: Mapping[str, str] = self._greet()

    def _greet(self) -> Mapping[str, str]:
        try:
            frame, fds = self._channel.receive(deadline=time.monotonic() + self._limits.start_s)
            close_all(fds)
        except (ChannelClosed, DeadlineExceeded, ProtocolViolation) as error:
            self._end()
            raise SandboxUnavailable(
                f"a worker could not be confined ({verdicts.how_it_ended(self._reaped)})"
            ) from error
        except BaseException:
            self._end()
            raise
        if not isinstance(frame, protocol.Hello) or frame.protocol != protocol.PROTOCOL:
            self._end()
            raise SandboxUnavailable("a worker that is not of this version answered")
        return frame.layers

    def __del__(self) -> None:
        """Forgotten without ``stop``: kill it all the same. No lock is taken here; the fork server reaps it."""
        if getattr(self, "_alive", False):
            self._channel.close()
            if self._pidfd is not None:
                if self._owner == os.getpid():
                    self._signal(signal.SIGKILL)
                os.close(self._pidfd)

    # --- use --------------------------------------------------------------------------------------------------

    @property
    def alive(self) -> bool:
        return self._alive

    @property
    def ended(self) -> bool:
        """Whether its process has ended, also where no call has noticed yet; without pidfds only what was noticed."""
        with self._lock:
            if not self._alive or self._pidfd is None:
                return not self._alive
            poller = select.poll()
            poller.register(self._pidfd, select.POLLIN)
            return bool(poller.poll(0))

    @property
    def limits(self) -> Limits:
        return self._limits

    def compile(self, sources: Mapping[str, bytes], modules: Sequence[str]) -> protocol.Compiled:
        """The plugin's code, of a worker that does nothing else. Raises as Sandbox.start does before it loads."""
        made = self._prepare(protocol.Compile(self._plugin, dict(sources), list(modules)))
        assert isinstance(made, protocol.Compiled), "that is what a Compile is answered with"
        return made

    def load(
        self,
        version: str,
        sources: Mapping[str, bytes],
        handlers: Sequence[str],
        modules: Sequence[str],
        code: protocol.Compiled | None,
        *,
        whole: bool = False,
    ) -> None:
        """Load the plugin; once, before the first call. A worker whose load failed is stopped. See Sandbox.start."""
        self._prepare(protocol.Load(self._plugin, version, dict(sources), list(handlers), list(modules), code, whole))

    def _prepare(self, frame: protocol.Struct) -> object:
        try:
            return self._exchange(0, frame, [], Silent(), "start_s", self._limits.start_s)
        except BaseException:
            self._end()
            raise

    def call(
        self,
        handler: str,
        args: Sequence[object] = (),
        kwargs: Mapping[str, object] | None = None,
        *,
        broker: Broker,
        wall_s: float | None = None,
    ) -> object:
        """Call a handler; the result is a JSON value, bytes, a ``DisplayTree`` or a ``pyarrow.Table``.

        ``wall_s`` shortens the limit for this call; the time that ``broker`` takes does not count.

        :raises PluginFailed: plugin code raised. The worker goes on.
        :raises PermissionDenied: plugin code needed a permission and did not catch its absence.
        :raises UntransferableValue: an argument or the result cannot cross.
        :raises CallInterrupted: see :meth:`interrupt`.
        :raises LimitExceeded: it was stopped at a limit.
        :raises WorkerLost: it ended by itself, or had ended before.
        :raises ProtocolViolation: it sent what is no frame, and was stopped.
        """
        if not self._alive or self._owner != os.getpid():
            raise WorkerLost(self._plugin, "it was stopped before this call")
        keywords = dict(kwargs or {})
        named = [(f"argument {index + 1} of {handler}", value) for index, value in enumerate(args)]
        named += [(f"the argument {name!r} of {handler}", value) for name, value in keywords.items()]
        values, fds = all_to_wire(named, limits=self._limits)
        self._calls += 1
        if fds:
            self._conversation.handed = [
                value for (_, value), wired in zip(named, values, strict=True) if isinstance(wired, protocol.Table)
            ]
        frame = protocol.Call(
            self._calls, handler, values[: len(args)], dict(zip(keywords, values[len(args) :], strict=True))
        )
        limit = self._limits.wall_s if wall_s is None else min(wall_s, self._limits.wall_s)
        try:
            return self._exchange(self._calls, frame, fds, broker, "wall_s", limit)
        finally:
            self._conversation.handed = ()
            close_all(fds)

    def deliver(
        self,
        handler: str,
        events: Sequence[Any],
        *,
        broker: Broker,
        wall_s: float | None = None,
        sent: Callable[[], None] | None = None,
        sending: Sending | None = None,
    ) -> dict[int, AutomatosxError]:
        """Call a handler with each event; the result is what failed, by index.

        ``sent`` is called when the events are on their way, or could not be sent, and before ``broker`` is asked;
        ``sending``: as :meth:`send_now` left it, for these events.
        Raises as :meth:`call` does where it is no single event that failed; ``wall_s`` is for all of them together.
        """
        if not self._alive or self._owner != os.getpid():
            raise WorkerLost(self._plugin, "it was stopped before this call")
        self._calls += sending is None
        frame = protocol.Deliver(self._calls, handler, list(events))
        limit = self._limits.wall_s if wall_s is None else min(wall_s, self._limits.wall_s)
        faults = self._exchange(self._calls, frame, [], broker, "wall_s", limit, sent, sending)
        assert isinstance(faults, dict), "that is what a Delivered carries"
        if not faults.keys() <= set(range(len(events))):
            self._end()
            raise ProtocolViolation("an event failed that was not delivered")
        return {index: self._failed(fault) for index, fault in faults.items()}

    def send_now(self, handler: str, events: list[Any], sending: Sending) -> None:
        """Begin a :meth:`deliver` on any thread, as far as that takes no waiting: ``sending`` tells whether it did.

        Where it did, ``deliver`` is called next, on the thread that calls.
        """
        with self._lock:
            if not self._alive or self._owner != os.getpid():
                return
            self._calls += 1
            self._in_flight, self._conversation.interrupted = self._calls, False
            try:
                self._channel.send_now(protocol.Deliver(self._calls, handler, events), sending)
            except FrameTooLarge:
                """Whoever sends it again is told."""
            finally:
                if not sending.taken:
                    self._in_flight = 0

    def interrupt(self) -> None:
        """End the call in flight: SIGINT, and after half a second SIGKILL. Nothing if no call is in flight."""
        with self._lock:
            if not self._in_flight or self._conversation.interrupted or not self._alive:
                return
            self._conversation.interrupted = True
            call = self._in_flight
            self._signal(signal.SIGINT)
        timer = threading.Timer(INTERRUPT_GRACE_S, self._kill_call, [call])
        timer.daemon = True
        timer.start()

    def _kill_call(self, call: int) -> None:
        with self._lock:
            if self._in_flight == call and self._conversation.interrupted:
                self._signal(signal.SIGKILL)

    def stop(self) -> None:
        """Kill it. A call in flight in another thread ends with ``WorkerLost``."""
        if self._owner != os.getpid():
            return
        with self._lock:
            if self._in_flight:
                self._signal(signal.SIGKILL)
                return
        self._end()

    def dismiss(self) -> None:
        """Kill it, and have its fork server wait for its end, where that hears of it; else as :meth:`stop`."""
        with self._lock:
            pidfd = self._pidfd
            if pidfd is None:
                self._end()
                return
            self._alive = False
            self._signal(signal.SIGKILL)
            self._channel.close()
            self._server.forget(self.pid)
            os.close(pidfd)
            self._pidfd = None

    def usage(self) -> Usage:
        if self._reaped is not None:
            return Usage(self._reaped.cpu_s, self._reaped.rss_mb)
        found = procfs.read(self.pid)
        return Usage(0.0, 0.0) if found is None else Usage(found.cpu_s, found.resident_mb)

    # --- one exchange -----------------------------------------------------------------------------------------

    def _exchange(
        self,
        call: int,
        frame: protocol.Struct,
        fds: Sequence[int],
        broker: Broker,
        limit: str,
        seconds: float,
        sent: Callable[[], None] | None = None,
        sending: Sending | None = None,
    ) -> object:
        if sending is None:
            with self._lock:
                self._in_flight, self._conversation.interrupted = call or -1, False
        clock = Clock(seconds)
        try:
            return self._conversation.hold(call, frame, fds, broker, clock, sent, sending)
        except Failed as failed:
            raise self._failed(failed.fault) from None
        except DeadlineExceeded:
            self._end()
            raise self._exceeded(limit, clock.spent(), allowed=seconds) from None
        except ChannelClosed:
            self._end()
            raise self._why_it_ended() from None
        except (LimitExceeded, ProtocolViolation):
            self._end()
            raise
        except BaseException:
            if self._conversation.open and self._alive:
                self._settle(call)
            raise
        finally:
            with self._lock:
                self._in_flight = 0

    def _settle(self, call: int) -> None:
        """The calling thread was interrupted in the middle: have the worker idle again, or dead."""
        if call == 0:
            self._end()
            return
        try:
            self._signal(signal.SIGINT)
            self._conversation.settle(call, time.monotonic() + INTERRUPT_GRACE_S)
        except (ChannelClosed, DeadlineExceeded, ProtocolViolation):
            self._end()
        except BaseException:
            self._end()
            raise

    # --- how it ends ------------------------------------------------------------------------------------------

    def _signal(self, number: int) -> None:
        if self._pidfd is None:
            self._server.signal(self.pid, number)
            return
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, number)

    def _end(self) -> None:
        """Kill, wait, and let go of everything. Idempotent."""
        with self._lock:
            if not self._alive:
                return
            self._alive = False
            self._signal(signal.SIGKILL)
            self._channel.close()
            self._reaped = self._server.reap(self.pid)
            if self._pidfd is not None:
                os.close(self._pidfd)
                self._pidfd = None

    def _why_it_ended(self) -> AutomatosxError:
        if self._conversation.interrupted:
            return CallInterrupted(self._plugin)
        return verdicts.ended(self._plugin, self._reaped, self._limits)

    def _exceeded(self, limit: str, used: float, *, allowed: float | None = None) -> LimitExceeded:
        return verdicts.exceeded(self._plugin, limit, self._limits, used=used, allowed=allowed)

    def _failed(self, fault: protocol.Fault) -> AutomatosxError:
        """What a fault means here; out of memory or descriptors, a worker has nothing left that one could trust."""
        limit, used = verdicts.exhausted(fault), None
        if limit:
            found = procfs.read(self.pid)
            used = found.size_mb if found is not None and limit == "memory_mb" else None
            self._end()
        return verdicts.failed(self._plugin, fault, self._limits, used=used)
