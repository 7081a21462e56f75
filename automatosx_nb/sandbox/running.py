"""One running worker, as the host sees it: calls go in, results and questions come out, deadlines are kept."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from automatosx_nb.errors import (
    AutomatosxError,
    CallInterrupted,
    LimitExceeded,
    PermissionDenied,
    ProtocolViolation,
    SandboxUnavailable,
    UntransferableValue,
    WorkerLost,
)
from automatosx_nb.sandbox import compiled, procfs, protocol, verdicts
from automatosx_nb.sandbox.channel import Channel, ChannelClosed, DeadlineExceeded
from automatosx_nb.sandbox.codec import FrameTooLarge, close_all
from automatosx_nb.sandbox.compiled import CompiledPlugins
from automatosx_nb.sandbox.faults import fault_of
from automatosx_nb.sandbox.launcher import ForkServer
from automatosx_nb.sandbox.limits import Limits
from automatosx_nb.sandbox.streams import ReceivedTables
from automatosx_nb.sandbox.values import all_to_wire, from_wire

INTERRUPT_GRACE_S = 0.5
"""How long an interrupted call may take to end by itself before its worker is killed."""
_LONGEST_WAIT_S, _WAITED_FOR = 0.05, 20
_VALUES_OF_A_MESSAGE = 64
"""A message with more values than this counts as several: building them is what it costs the host."""
_IN_BETWEEN = (protocol.Output, protocol.Ask, protocol.Part)
"""Frames after which the worker goes on with the call."""
_PATIENCE = 10
"""How many times its own limit a call may take of the host's time; from then on that counts as the call's."""


class Broker(Protocol):
    """What the host does for one call: it answers capability calls and takes what the plugin prints."""

    def ask(self, capability: str, method: str, args: Sequence[object]) -> object:
        """May raise an ``AutomatosxError``, which plugin code sees as a failed capability."""

    def output(self, stream: str, text: str) -> None: ...


class Silent:
    """The broker of a load: nothing can be asked for yet, and nothing printed is shown."""

    def ask(self, capability: str, method: str, args: Sequence[object]) -> object:
        raise PermissionDenied("a module that is being imported", capability)

    def output(self, stream: str, text: str) -> None:
        """Dropped."""


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
        self._interrupted = False
        self._calls = 0
        self._unanswered = 0
        self._pace = Pace(limits.messages_per_s)
        self._conversing = False
        self._reaped: protocol.Reaped | None = None
        self._alive = False
        self._language = "language" not in without
        self._keep: Callable[[protocol.Compiled], None] | None = None
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

    def load(
        self,
        version: str,
        sources: Mapping[str, bytes],
        handlers: Sequence[str],
        modules: Sequence[str],
        code: CompiledPlugins,
    ) -> None:
        """Load the plugin; once, before the first call. A worker whose load failed is stopped. See Sandbox.start."""
        key = compiled.key(self._plugin, sources, modules, self._limits.source_kb)
        known = code.get(key) if self._language else None
        frame = protocol.Load(self._plugin, version, dict(sources), list(handlers), list(modules), known)
        if self._language and known is None:
            self._keep = lambda made: code.put(key, made)
        try:
            self._exchange(0, frame, [], Silent(), "start_s", self._limits.start_s)
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
        event: bool = False,
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
        frame = protocol.Call(
            self._calls, handler, values[: len(args)], dict(zip(keywords, values[len(args) :], strict=True)), event
        )
        limit = self._limits.wall_s if wall_s is None else min(wall_s, self._limits.wall_s)
        try:
            return self._exchange(self._calls, frame, fds, broker, "wall_s", limit)
        finally:
            close_all(fds)

    def interrupt(self) -> None:
        """End the call in flight: SIGINT, and after half a second SIGKILL. Nothing if no call is in flight."""
        with self._lock:
            if not self._in_flight or self._interrupted or not self._alive:
                return
            self._interrupted = True
            call = self._in_flight
            self._signal(signal.SIGINT)
        timer = threading.Timer(INTERRUPT_GRACE_S, self._kill_call, [call])
        timer.daemon = True
        timer.start()

    def _kill_call(self, call: int) -> None:
        with self._lock:
            if self._in_flight == call and self._interrupted:
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

    def usage(self) -> Usage:
        if self._reaped is not None:
            return Usage(self._reaped.cpu_s, self._reaped.rss_mb)
        found = procfs.read(self.pid)
        return Usage(0.0, 0.0) if found is None else Usage(found.cpu_s, found.resident_mb)

    # --- one exchange -----------------------------------------------------------------------------------------

    def _exchange(
        self, call: int, frame: protocol.Struct, fds: Sequence[int], broker: Broker, limit: str, seconds: float
    ) -> object:
        with self._lock:
            self._in_flight, self._interrupted = call or -1, False
        clock = _Clock(seconds)
        try:
            return self._converse(call, frame, fds, broker, clock)
        except DeadlineExceeded:
            self._end()
            raise self._exceeded(limit, clock.spent(), allowed=seconds) from None
        except ChannelClosed:
            self._end()
            raise self._why_it_ended() from None
        except ProtocolViolation:
            self._end()
            raise
        except BaseException:
            if self._conversing and self._alive:
                self._settle(call)
            raise
        finally:
            with self._lock:
                self._in_flight = 0

    def _converse(self, call: int, frame: protocol.Struct, fds: Sequence[int], broker: Broker, clock: _Clock) -> object:
        self._conversing = True
        try:
            self._channel.send(frame, fds, deadline=clock.deadline)
        except FrameTooLarge as error:
            self._conversing = False
            raise UntransferableValue("a value", "frame", f"{error}; hand large data over as a table") from error
        tables = ReceivedTables(self._limits.table_mb)
        try:
            return self._listen(call, broker, clock, tables)
        finally:
            tables.clear()

    def _listen(self, call: int, broker: Broker, clock: _Clock, tables: ReceivedTables) -> object:
        printed = messages = 0
        keep, self._keep = self._keep, None
        while True:
            clock.check()
            reply, received = self._channel.receive(deadline=clock.deadline)
            self._conversing = isinstance(reply, _IN_BETWEEN)
            try:
                if isinstance(reply, protocol.Part):
                    tables.add(reply)
                    continue
                if isinstance(reply, protocol.Compiled) and not messages and keep is not None:
                    keep(reply)
                    keep, self._conversing = None, True
                    continue
                if self._conversing:
                    messages += 1
                    if messages > self._limits.messages:
                        self._end()
                        raise self._exceeded("messages", messages)
                    self._keep_pace(1 + self._channel.items // _VALUES_OF_A_MESSAGE, clock)
                if isinstance(reply, protocol.Output):
                    printed += len(reply.text)
                    if printed > self._limits.output_kb * 1024 + 4096:
                        self._end()
                        raise self._exceeded("output_kb", printed / 1024)
                    broker.output(reply.stream, reply.text)
                elif isinstance(reply, protocol.Ask):
                    self._unanswered = reply.id
                    self._answer(reply, received, tables, broker, clock)
                    self._unanswered = 0
                elif isinstance(reply, protocol.Loaded) and call == 0:
                    return None
                elif isinstance(reply, protocol.Result) and reply.id == call and call:
                    return from_wire(reply.value, received, streamed=tables.files, limits=self._limits)
                elif isinstance(reply, protocol.Failure) and reply.id == call:
                    raise self._failed(reply.fault)
                else:
                    raise ProtocolViolation(f"{type(reply).__name__} does not belong to this call")
            finally:
                close_all(received)
            if isinstance(reply, protocol.Ask):
                tables.clear()

    def _keep_pace(self, messages: int, clock: _Clock) -> None:
        """Wait, on the call's own time, until there is room for so many messages."""
        self._pace.take(messages)
        while (wait_s := self._pace.wait_s()) > 0 and not self._interrupted:
            time.sleep(min(wait_s, _LONGEST_WAIT_S))
            clock.check()

    def _answer(
        self, ask: protocol.Ask, received: Sequence[int], tables: ReceivedTables, broker: Broker, clock: _Clock
    ) -> None:
        answer, sent = self._ask(ask, received, tables.files, broker, clock)
        try:
            self._channel.send(answer, sent, deadline=clock.deadline)
        except FrameTooLarge as error:
            fault = protocol.Fault("invalid", "FrameTooLarge", f"{error}; ask for less at a time")
            self._channel.send(protocol.Answer(ask.id, fault=fault), deadline=clock.deadline)
        finally:
            close_all(sent)

    def _ask(
        self, ask: protocol.Ask, received: Sequence[int], streamed: Sequence[int], broker: Broker, clock: _Clock
    ) -> tuple[protocol.Answer, list[int]]:
        try:
            args = [from_wire(value, received, streamed=streamed, limits=self._limits) for value in ask.args]
            with clock.paused():
                result = broker.ask(ask.capability, ask.method, args)
            values, sent = all_to_wire([(f"the answer of {ask.capability}.{ask.method}", result)], limits=self._limits)
        except ProtocolViolation:
            raise
        except PermissionDenied as error:
            return protocol.Answer(ask.id, fault=protocol.Fault("denied", "PermissionDenied", str(error),
                                                                detail=error.permission)), []  # fmt: skip
        except AutomatosxError as error:
            return protocol.Answer(ask.id, fault=fault_of(error)), []
        return protocol.Answer(ask.id, values[0]), sent

    def _settle(self, call: int) -> None:
        """The calling thread was interrupted in the middle: have the worker idle again, or dead."""
        if call == 0:
            self._end()
            return
        try:
            self._signal(signal.SIGINT)
            deadline = time.monotonic() + INTERRUPT_GRACE_S
            while True:
                if self._unanswered:
                    fault = protocol.Fault("invalid", "CallInterrupted", "the call was interrupted")
                    self._channel.send(protocol.Answer(self._unanswered, fault=fault), deadline=deadline)
                    self._unanswered = 0
                reply, received = self._channel.receive(deadline=deadline)
                close_all(received)
                if isinstance(reply, protocol.Result | protocol.Failure) and reply.id == call:
                    return
                if isinstance(reply, protocol.Ask):
                    self._unanswered = reply.id
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
        if self._interrupted:
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


class Pace:
    """Room for ``per_s`` messages a second, and for as many at once."""

    def __init__(self, per_s: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_s
        self._clock = clock
        self._room = float(per_s)
        self._at = clock()

    def take(self, messages: int) -> None:
        self._refill()
        self._room -= messages

    def wait_s(self) -> float:
        """How long until there is room; after a wait there is some for the next few messages, too."""
        self._refill()
        return 0.0 if self._room >= 0 else (_WAITED_FOR - self._room) / self._per_s

    def _refill(self) -> None:
        now = self._clock()
        self._room = min(self._per_s, self._room + (now - self._at) * self._per_s)
        self._at = now


class _Clock:
    """A deadline that stands still while the host itself works."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.deadline = time.monotonic() + seconds
        self._patience_s = _PATIENCE * seconds

    def check(self) -> None:
        """:raises DeadlineExceeded: it has passed, however busy the other end keeps us with frames."""
        if time.monotonic() >= self.deadline:
            raise DeadlineExceeded

    def spent(self) -> float:
        return self._seconds + time.monotonic() - self.deadline

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        begun = time.monotonic()
        try:
            yield
        finally:
            spent = min(time.monotonic() - begun, self._patience_s)
            self._patience_s -= spent
            self.deadline += spent
