"""What passes between the host and a worker: one exchange after the other, each a frame and all up to its reply."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from automatosx_nb.errors import (
    AutomatosxError,
    PermissionDenied,
    ProtocolViolation,
    UntransferableValue,
)
from automatosx_nb.sandbox import protocol, verdicts
from automatosx_nb.sandbox.channel import Channel, Sending
from automatosx_nb.sandbox.codec import FrameTooLarge, close_all
from automatosx_nb.sandbox.faults import fault_of
from automatosx_nb.sandbox.limits import Limits
from automatosx_nb.sandbox.pacing import Clock, Pace
from automatosx_nb.sandbox.streams import ReceivedTables
from automatosx_nb.sandbox.values import all_to_wire, from_wire

_LONGEST_WAIT_S = 0.05
_VALUES_OF_A_MESSAGE = 64
"""A message with more values than this counts as several: building them is what it costs the host."""
_SAID_OF_A_CUT_KB = 4
_IN_BETWEEN = (protocol.Output, protocol.Ask, protocol.Stream)
"""Frames after which the worker goes on with the call."""


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


class Failed(Exception):
    """The worker's reply is a ``fault``."""

    def __init__(self, fault: protocol.Fault) -> None:
        super().__init__(fault.type_name)
        self.fault = fault


class Conversation:
    """With one worker, over its ``channel``.

    ``open``: an exchange was left in the middle, and the worker is still at it. ``interrupted``: whoever waits has
    given up, which any thread may say.
    """

    def __init__(self, channel: Channel[protocol.ToHost], plugin: str, limits: Limits) -> None:
        self._channel = channel
        self._plugin = plugin
        self._limits = limits
        self._unanswered = 0
        self._tables = ReceivedTables(limits.table_mb)
        self._pace = Pace(limits.messages_per_s)
        self._awaits_events = self._awaits_code = False
        self.open = self.interrupted = False
        self.handed: Sequence[object] = ()
        """The tables that the call in flight was handed, in the order of their descriptors."""

    def hold(
        self,
        call: int,
        frame: protocol.Struct,
        fds: Sequence[int],
        broker: Broker,
        clock: Clock,
        sent: Callable[[], None] | None = None,
        sending: Sending | None = None,
    ) -> object:
        """Send ``frame``, serve what the worker asks and prints, and return the value of its reply.

        Of a load it is None, of a ``Compile`` the code, of a ``Deliver`` the faults by their index.

        ``call``: the number of the call, 0 for a load and a ``Compile``; ``sent`` is called, and must not raise, when
        ``frame`` is on its way or could not be sent; ``sending``: what of it :meth:`send_now` began.

        :raises Failed: the reply is a fault.
        :raises LimitExceeded: it asked or printed too much; it is still at it.
        :raises UntransferableValue: ``frame`` is too large, and was not sent.
        :raises ProtocolViolation: what came does not belong here.
        :raises ChannelClosed: the worker ended.
        :raises DeadlineExceeded: by ``clock``.
        """
        self.open = True
        try:
            if sending is None:
                self._channel.send(frame, fds, deadline=clock.deadline)
            else:
                self._channel.send_rest(sending, deadline=clock.deadline)
        except FrameTooLarge as error:
            self.open = False
            raise UntransferableValue("a value", "frame", f"{error}; hand large data over as a table") from error
        finally:
            if sent is not None:
                sent()
        try:
            self._awaits_events = isinstance(frame, protocol.Deliver)
            self._awaits_code = isinstance(frame, protocol.Compile)
            return self._listen(call, broker, clock)
        finally:
            self._tables.clear()

    def _listen(self, call: int, broker: Broker, clock: Clock) -> object:
        messages = printed = 0
        while True:
            clock.check()
            reply, received = self._channel.receive(deadline=clock.deadline)
            self.open = isinstance(reply, _IN_BETWEEN)
            try:
                if isinstance(reply, protocol.Stream):
                    self._channel.receive_bytes(self._tables.room_for(reply.size), deadline=clock.deadline)
                    continue
                if not self.open:
                    return self._value_of(reply, call, received)
                messages += 1
                self._check("messages", messages, self._limits.messages)
                self._keep_pace(1 + self._channel.items // _VALUES_OF_A_MESSAGE, clock)
                if isinstance(reply, protocol.Output):
                    printed += len(reply.text)
                    self._check("output_kb", printed / 1024, self._limits.output_kb + _SAID_OF_A_CUT_KB)
                    broker.output(reply.stream, reply.text)
                elif isinstance(reply, protocol.Ask):
                    self._unanswered = reply.id
                    self._answer(reply, received, broker, clock)
                    self._unanswered = 0
                    self._tables.clear()
            finally:
                close_all(received)

    def _value_of(self, reply: object, call: int, received: Sequence[int]) -> object:
        if isinstance(reply, protocol.Loaded) and call == 0 and not self._awaits_code:
            return None
        if isinstance(reply, protocol.Compiled) and self._awaits_code:
            return reply
        if isinstance(reply, protocol.Delivered) and reply.id == call and self._awaits_events:
            return reply.faults
        if isinstance(reply, protocol.Result) and reply.id == call and call and not self._awaits_events:
            return from_wire(reply.value, received, streamed=self._tables.whole, limits=self._limits)
        if isinstance(reply, protocol.Failure) and reply.id == call:
            raise Failed(reply.fault)
        raise ProtocolViolation(f"{type(reply).__name__} does not belong to this call")

    def _check(self, limit: str, used: float, most: float) -> None:
        if used > most:
            raise verdicts.exceeded(self._plugin, limit, self._limits, used=used)

    def _keep_pace(self, messages: int, clock: Clock) -> None:
        """Wait, on the call's own time, until there is room for so many messages."""
        self._pace.take(messages)
        while (wait_s := self._pace.wait_s()) > 0 and not self.interrupted:
            time.sleep(min(wait_s, _LONGEST_WAIT_S))
            clock.check()

    def _answer(self, ask: protocol.Ask, received: Sequence[int], broker: Broker, clock: Clock) -> None:
        answer, sent = self._ask(ask, received, self._tables.whole, broker, clock)
        try:
            self._channel.send(answer, sent, deadline=clock.deadline)
        except FrameTooLarge as error:
            fault = protocol.Fault("invalid", "FrameTooLarge", f"{error}; ask for less at a time")
            self._channel.send(protocol.Answer(ask.id, fault=fault), deadline=clock.deadline)
        finally:
            close_all(sent)

    def _ask(
        self, ask: protocol.Ask, received: Sequence[int], streamed: Sequence[memoryview], broker: Broker, clock: Clock
    ) -> tuple[protocol.Answer, list[int]]:
        try:
            args = [
                from_wire(value, received, streamed=streamed, handed=self.handed, limits=self._limits)
                for value in ask.args
            ]
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

    def settle(self, call: int, deadline: float) -> None:
        """Of a call that was interrupted: refuse what the worker asks until its reply, which nobody waits for, is here.

        :raises ChannelClosed: the worker ended.
        :raises DeadlineExceeded: it went on.
        :raises ProtocolViolation: it sent what is no frame, or a table of a size that none may have.
        """
        try:
            self._settle(call, deadline)
        finally:
            self._tables.clear()

    def _settle(self, call: int, deadline: float) -> None:
        while True:
            if self._unanswered:
                fault = protocol.Fault("invalid", "CallInterrupted", "the call was interrupted")
                self._channel.send(protocol.Answer(self._unanswered, fault=fault), deadline=deadline)
                self._unanswered = 0
            reply, received = self._channel.receive(deadline=deadline)
            close_all(received)
            if isinstance(reply, protocol.Result | protocol.Delivered | protocol.Failure) and reply.id == call:
                return
            if isinstance(reply, protocol.Stream):
                self._tables.charge(reply.size)
                self._channel.pass_over(reply.size, deadline=deadline)
            elif isinstance(reply, protocol.Ask):
                self._unanswered = reply.id
                self._tables.clear()
