"""The worker's side of the wire: it loads one plugin, then answers calls, one at a time, until its host is gone.

It runs in a process that is confined already. What it knows of the host is one socket.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from automatosx_nb.errors import (
    AutomatosxError,
    CapabilityFailed,
    PermissionDenied,
    ProtocolViolation,
)
from automatosx_nb.sandbox import faults, protocol
from automatosx_nb.sandbox.channel import Channel, ChannelClosed
from automatosx_nb.sandbox.codec import FrameTooLarge, close_all
from automatosx_nb.sandbox.interruption import INTERRUPTION
from automatosx_nb.sandbox.limits import Limits
from automatosx_nb.sandbox.modules import PluginModules
from automatosx_nb.sandbox.printed import Printed
from automatosx_nb.sandbox.raised import fault_of_raised
from automatosx_nb.sandbox.values import DisplayTree, all_to_wire, from_wire, to_wire
from automatosx_nb.sdk import _handing, _wire, handed, tables, ui

_FRAMES = 40
_EAGER_BYTES = 256 << 10  # most source that is compiled ahead of need and kept; what is over waits for its import


class Session:
    """One plugin behind one channel. It can be made before its worker, for a ``sock`` that the worker will have."""

    def __init__(self, sock: socket.SocketType, limits: Limits, *, language: bool) -> None:
        self._channel: Channel[protocol.ToWorker] = Channel(
            sock, protocol.ToWorker, max_bytes=limits.frame_mb << 20, max_depth=limits.frame_depth, counts=False
        )
        self._limits = limits
        self._language = language
        self._interruption = INTERRUPTION
        self._printed = Printed(self._send_output, limits)
        self._asked = 0
        self._plugin = ""
        self._modules: PluginModules | None = None
        self._handlers: dict[str, Callable[..., Any]] = {}
        self._tables: list[tuple[object, int]] = []
        """Those that the call was handed, with the numbers of their descriptors."""
        _wire.connect(self._ask)

    def run(self, layers: Mapping[str, str]) -> None:
        """Until the host closes the channel or says stop.

        :raises ChannelClosed: the host is gone.
        """
        language = "active" if self._language else "left out"
        self._channel.send(protocol.Hello(protocol.PROTOCOL, {**layers, "language": language}))
        while True:
            frame, fds = self._channel.receive()
            try:
                if isinstance(frame, protocol.Call):
                    self._call(frame, fds)
                elif isinstance(frame, protocol.Load):
                    self._load(frame)
                elif isinstance(frame, protocol.Compile):
                    self._compile(frame)
                    return
                elif isinstance(frame, protocol.Deliver):
                    self._deliver(frame)
                elif isinstance(frame, protocol.Stop):
                    return
                else:
                    raise ProtocolViolation(f"{type(frame).__name__} came without a question")
            finally:
                close_all(fds)

    # --- loading and calling ----------------------------------------------------------------------------------

    def _compile(self, compile: protocol.Compile) -> None:
        """The last thing that this process does, and no line of the plugin ran in it."""
        try:
            made = self._modules_of(compile).compile_ahead(_EAGER_BYTES)
        except BaseException as error:  # noqa: BLE001 - of sources that may be anything: whatever came is the answer
            self._channel.send(protocol.Failure(0, self._fault(error)))
            return
        try:
            self._channel.send(made)
        except FrameTooLarge:  # it is compiled where it runs, then
            self._channel.send(protocol.Compiled(made.policy, {}))

    def _modules_of(
        self, given: protocol.Compile | protocol.Load, code: protocol.Compiled | None = None
    ) -> PluginModules:
        return PluginModules(
            given.plugin,
            given.sources,
            granted=given.modules,
            write=self._write,
            source_kb=self._limits.source_kb,
            language=self._language,
            compiled=code,
        )

    def _load(self, load: protocol.Load) -> None:
        self._plugin = load.plugin
        self._modules = self._modules_of(load, load.compiled)
        try:
            self._interruption.begin()
            if load.whole:
                self._modules.check()
            for reference in load.handlers:
                self._handler(reference)
            reply: protocol.Loaded | protocol.Failure = protocol.Loaded()
        except BaseException as error:  # noqa: BLE001 - plugin code ran: whatever it raised is the answer
            self._interruption.shelter()
            reply = protocol.Failure(0, self._fault(error))
        self._finish(reply)

    def _handler(self, reference: str) -> Callable[..., Any]:
        if self._modules is None:
            raise ProtocolViolation("a call came before the plugin was loaded")
        handler = self._handlers.get(reference)
        if handler is None:
            handler = self._handlers[reference] = self._modules.handler(reference)
        return handler

    def _call(self, call: protocol.Call, fds: Sequence[int]) -> None:
        sent: list[int] = []
        try:
            self._printed.restart()
            args = [self._received(value, fds) for value in call.args]
            kwargs = {name: self._received(value, fds) for name, value in call.kwargs.items()}
            if fds:
                arrived = zip((*call.args, *call.kwargs.values()), (*args, *kwargs.values()), strict=True)
                self._tables = [(thing, value.fd) for value, thing in arrived if isinstance(value, protocol.Table)]
            self._interruption.begin()
            handler = self._handler(call.handler)
            result = handler(*args, **kwargs)
            _handing.end_all((*args, *kwargs.values()))
            self._interruption.shelter()
            value, sent = self._returned(result, call.handler)
            reply: protocol.Result | protocol.Failure = protocol.Result(call.id, value)
        except BaseException as error:  # noqa: BLE001 - plugin code ran: whatever it raised is the answer
            self._interruption.shelter()
            reply = protocol.Failure(call.id, self._fault(error))
        self._tables = []
        try:
            self._finish(reply, sent)
        finally:
            close_all(sent)

    def _deliver(self, deliver: protocol.Deliver) -> None:
        self._printed.restart()
        faults: dict[int, protocol.Fault] = {}
        reply: protocol.Delivered | protocol.Failure = protocol.Delivered(deliver.id, faults)
        try:
            self._interruption.begin()
            handler = self._handler(deliver.handler)
            for index, event in enumerate(deliver.events):
                _wire.handling(event.id)
                try:
                    handler(event)
                except Exception as error:  # noqa: BLE001 - plugin code ran: the next event is handled all the same
                    self._interruption.shelter()
                    faults[index] = self._fault(error)
                    self._interruption.expose()
            self._interruption.shelter()
        except BaseException as error:  # noqa: BLE001 - it was interrupted, or there is no such handler
            self._interruption.shelter()
            reply = protocol.Failure(deliver.id, self._fault(error))
        _wire.handling(None)
        self._finish(reply)

    def _finish(self, reply: protocol.Struct, fds: Sequence[int] = ()) -> None:
        self._interruption.end()
        self._printed.flush()
        try:
            self._channel.send(reply, fds)
        except FrameTooLarge as error:
            fault = protocol.Fault("invalid", "FrameTooLarge", f"{error}; the limit is frame-mb", detail="frame_mb")
            self._channel.send(protocol.Failure(getattr(reply, "id", 0), fault))

    # --- values -----------------------------------------------------------------------------------------------

    def _received(self, value: protocol.Value, fds: Sequence[int]) -> object:
        if isinstance(value, protocol.Json):
            return value.value
        if isinstance(value, protocol.HandedFile):
            make = _handing.file_to_write if value.writable else _handing.file_to_read
            return make(value.number, value.name, value.size)
        if isinstance(value, protocol.HandedSecret):
            return handed.Secret(value.name, value.value)
        thing = from_wire(value, fds, limits=self._limits)
        return tables.Table(thing) if isinstance(value, protocol.Table) else thing

    def _returned(self, result: object, handler: str) -> tuple[protocol.Value, list[int]]:
        return to_wire(_plain(result), what=f"the result of {handler}", limits=self._limits, stream=self._stream)

    def _stream(self, size: int, pieces: Sequence[memoryview | bytearray]) -> None:
        self._channel.send(protocol.Stream(size))
        for piece in pieces:
            self._channel.send_bytes(piece)

    # --- capabilities and output ------------------------------------------------------------------------------

    def _ask(self, capability: str, method: str, args: tuple[object, ...]) -> object:
        """One question to the host.

        :raises PermissionDenied: the grant is missing.
        :raises CapabilityFailed: the host could not do it.
        """
        self._interruption.shelter()
        try:
            named = [(f"argument {i + 1} of {capability}.{method}", self._again(arg)) for i, arg in enumerate(args)]
            values, sent = all_to_wire(named, limits=self._limits, stream=self._stream)
            self._asked += 1
            try:
                self._printed.flush()
                self._channel.send(protocol.Ask(self._asked, capability, method, values), sent)
            finally:
                close_all(sent)
            result = self._answer(capability)
        finally:
            self._interruption.expose()
        return result

    def _again(self, value: object) -> object:
        """A table that the call was handed goes back by its number, for the host has it; else as :func:`_plain`."""
        return next((protocol.Again(fd) for table, fd in self._tables if table is value), _plain(value))

    def _answer(self, capability: str) -> object:
        frame, fds = self._channel.receive()
        try:
            if not isinstance(frame, protocol.Answer) or frame.id != self._asked:
                raise ProtocolViolation(f"{type(frame).__name__} came in place of the answer {self._asked}")
            if frame.fault is not None:
                raise self._answered_fault(capability, frame.fault)
            return None if frame.value is None else self._received(frame.value, fds)
        finally:
            close_all(fds)

    def _answered_fault(self, capability: str, fault: protocol.Fault) -> AutomatosxError:
        if fault.kind == "denied":
            return PermissionDenied(self._plugin, fault.detail)
        if fault.kind == faults.TYPED:
            return faults.error_of(fault)
        return CapabilityFailed(capability, fault.type_name, fault.message)

    def _write(self, text: str) -> None:
        self._interruption.shelter()
        try:
            self._printed.write(text)
        finally:
            self._interruption.expose()

    def _send_output(self, text: str) -> None:
        safe = text.encode("utf-8", "replace").decode("utf-8")
        self._channel.send(protocol.Output("stdout", safe))

    # --- faults -----------------------------------------------------------------------------------------------

    def _fault(self, error: BaseException) -> protocol.Fault:
        return fault_of_raised(error, self._frames)

    def _frames(self, error: BaseException) -> list[protocol.Frame]:
        if self._modules is None:
            return []
        try:
            return self._modules.frames(error)[-_FRAMES:]
        except Exception:  # noqa: BLE001 - a traceback that cannot be read must not hide the error
            return []


def _plain(value: object) -> object:
    if isinstance(value, ui.Node):
        return DisplayTree(value.tree())
    return value


def run(session: Session, layers: Mapping[str, str]) -> NoReturn:
    """The child's main, after confinement. Ends the process: 0 when the host is gone, 70 on an error of ours."""
    status = 70
    try:
        session.run(layers)
        status = 0
    except ChannelClosed:
        status = 0
    finally:
        os._exit(status)
