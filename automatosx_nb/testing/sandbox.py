"""Run a piece of plugin code in a real worker, with every layer, and look at what became of it."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from automatosx_nb.errors import (
    AutomatosxError,
    CallInterrupted,
    HandedBack,
    LimitExceeded,
    PermissionDenied,
    PluginFailed,
    PluginRefused,
    ProtocolViolation,
    UnknownHandler,
    WorkerLost,
)
from automatosx_nb.host.capabilities.storage import StorageCapability
from automatosx_nb.host.grants import Grants
from automatosx_nb.host.metering import Meter
from automatosx_nb.profile.keyvalue import KeyValueState
from automatosx_nb.sandbox.limits import Limits
from automatosx_nb.sandbox.protocol import HandedFile, HandedSecret
from automatosx_nb.sandbox.scratch import Scratch
from automatosx_nb.sandbox.supervisor import Program, Sandbox, Usage, Worker
from automatosx_nb.sandbox.tiers import Tier, tier
from automatosx_nb.sdk.handed import InputFile, OutputFile, Secret

Status = Literal["refused", "raised", "killed", "returned"]

_MODULE = "subject"
_RESULT = b"from subject import RESULT\n\n\ndef value():\n    return RESULT\n"
_UNUSED = Usage(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of it.

    ``refused``: the language policy did not let it run. ``raised``: it raised, or its result cannot cross.
    ``killed``: it was stopped, or its process ended; ``limit`` names the field of ``Limits`` that it went over.
    ``layers``: each layer and ``active``, or why not, and ``tier``: what they come to. ``output``: what it printed.
    """

    status: Status
    value: object = None
    error: AutomatosxError | None = None
    limit: str | None = None
    usage: Usage = _UNUSED
    layers: Mapping[str, str] = field(default_factory=dict)
    output: str = ""

    @property
    def tier(self) -> Tier:
        return tier(self.layers)


@dataclass
class _Host:
    """A host in miniature: storage for as long as it is there, and only with its permission, and a log in a list."""

    plugin: str
    permissions: Collection[str]
    storage: StorageCapability
    handed: list[InputFile | OutputFile] = field(default_factory=list)
    logged: list[str] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)

    def ask(self, capability: str, method: str, args: Sequence[object]) -> object:
        if capability == "handed":
            return self._handed(method, *args)
        if capability == "log" and len(args) == 1:
            self.logged.append(f"{method}: {args[0]}")
            return None
        if capability != "storage" or "storage" not in self.permissions:
            raise PermissionDenied(self.plugin, capability)
        return self.storage.ask(method, args)

    def output(self, stream: str, text: str) -> None:
        self.printed.append(text)

    def hand(self, value: object) -> object:
        """A file or a secret as the host hands it over; anything else as it is."""
        if isinstance(value, Secret):
            return HandedSecret(value.name, value.reveal())
        if not isinstance(value, InputFile | OutputFile):
            return value
        self.handed.append(value)
        size = value.size if isinstance(value, InputFile) else 0
        return HandedFile(len(self.handed) - 1, value.name, size, isinstance(value, OutputFile))

    def _handed(self, method: str, number: Any, *args: Any) -> object:
        match method, self.handed[number]:
            case "read", InputFile() as file:
                return file.read_bytes()[args[0] : args[0] + args[1]]
            case "write", OutputFile() as file:
                file.write(args[0])
                return None
        raise HandedBack(method)


@functools.cache
def _sandbox() -> Sandbox:
    return Sandbox()


def run_in_sandbox(
    source: str | bytes,
    *,
    entry: str = "attack",
    args: Sequence[object] = (),
    permissions: Collection[str] = (),
    modules: Collection[str] = (),
    limits: Limits | None = None,
    timeout: float = 10,
    without: Collection[str] = (),
    sandbox: Sandbox | None = None,
) -> Outcome:
    """Run ``source`` as a plugin's only module and call ``entry`` in it; without one, the value is its ``RESULT``.

    ``args`` may hold an ``InputFile``, an ``OutputFile`` (its ``getvalue()`` is what was written) and a ``Secret``.
    ``modules`` are granted libraries, as are ``modules:…`` among ``permissions``. ``timeout`` is in seconds, for
    loading and for the call each. ``without`` leaves out layers, to test the others by themselves.

    :raises SandboxUnavailable: no worker can be started here.
    """
    granted = {*modules, *(name.removeprefix("modules:") for name in permissions if name.startswith("modules:"))}
    text = source.encode() if isinstance(source, str) else source
    program = Program("automatosx.subject", "0", {f"{_MODULE}.py": text, "axnb_result.py": _RESULT}, (), tuple(granted))
    wished = limits or Limits()
    capped = replace(wished, wall_s=min(timeout, wished.wall_s), start_s=min(timeout, wished.start_s))
    with Scratch() as folder:
        grants = Grants(program.plugin, [name for name in permissions if name == "storage"])
        storage = StorageCapability(grants, Meter(), lambda: KeyValueState(folder / "state.sqlite3"))
        broker = _Host(program.plugin, permissions, storage)
        worker = (sandbox or _sandbox()).start(program, capped, without=without)
        try:
            outcome = _call(worker, entry, args, broker)
        finally:
            worker.stop()
            storage.close()
    return replace(outcome, usage=worker.usage(), layers=worker.layers, output="".join(broker.printed))


def _call(worker: Worker, entry: str, args: Sequence[object], broker: _Host) -> Outcome:
    try:
        return Outcome("returned", _value(worker, entry, [*map(broker.hand, args)], broker))
    except PluginRefused as error:
        return Outcome("refused", error=error)
    except LimitExceeded as error:
        return Outcome("killed", error=error, limit=error.limit)
    except (WorkerLost, ProtocolViolation, CallInterrupted) as error:
        return Outcome("killed", error=error)
    except AutomatosxError as error:
        return Outcome("raised", error=error)


def _value(worker: Worker, entry: str, args: Sequence[object], broker: _Host) -> object:
    try:
        return worker.call(f"{_MODULE}:{entry}", args, broker=broker)
    except UnknownHandler:
        try:
            return worker.call("axnb_result:value", broker=broker)
        except PluginFailed as error:
            if error.type_name in ("ImportError", "AttributeError"):
                return None
            raise
