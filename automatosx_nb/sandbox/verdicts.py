"""What went wrong in a worker, as the error that its user reads. Values in, errors out."""

from __future__ import annotations

import math
import signal

import msgspec

from automatosx_nb.errors import (
    AutomatosxError,
    CallInterrupted,
    LimitExceeded,
    PermissionDenied,
    PluginFailed,
    PluginFrame,
    PluginRefused,
    UnknownHandler,
    UntransferableValue,
    WorkerLost,
)
from automatosx_nb.model.printable import printable
from automatosx_nb.sandbox import protocol
from automatosx_nb.sandbox.limits import Limits

NOT_OURS = -256
"""The status of a process that the fork server does not know."""
_UNITS = {"s": "s", "kb": "KiB", "mb": "MiB"}
_HOSTS_OWN = frozenset(("messages", "threads"))
"""No manifest can wish for more of these."""
_SHOWN, _SHOWN_FRAMES = 10_000, 40


def exceeded(
    plugin: str, limit: str, limits: Limits, *, used: float | None = None, allowed: float | None = None
) -> LimitExceeded:
    """``limit`` is a field of ``limits``, and ``used`` in its unit.

    ``allowed`` differs from the field where a call had a limit of its own.
    """
    value = getattr(limits, limit) if allowed is None else allowed
    return LimitExceeded(
        plugin,
        limit,
        _amount(limit, value),
        _remedy(limit, math.ceil(2 * max(value, used or 0))),
        "" if used is None else _amount(limit, used),
    )


def _amount(limit: str, value: float) -> str:
    shown = f"{value:.0f}" if value >= 1000 else f"{value:.3g}"
    return f"{shown} {_UNITS.get(limit.rpartition('_')[2], '')}".strip()


def _remedy(limit: str, more: int) -> str:
    wish = (
        ""
        if limit in _HOSTS_OWN
        else f" If its own plugin.toml asks for less, its publisher has to raise {limit.replace('_', '-')} = {more} "
        "under [limits], too."
    )
    return (
        "Your kernel and its variables are untouched. Give it less to do, or let it have more: "
        f"c.SandboxLimits.{limit} = {more} in automatosx_config.py (docs/configuration.md), and restart the kernel."
        f"{wish}"
    )


def ended(plugin: str, reaped: protocol.Reaped | None, limits: Limits) -> AutomatosxError:
    """Why a worker that nobody asked to end did; ``reaped`` is None where its fork server ended, too."""
    if reaped is not None and reaped.limit:
        return exceeded(plugin, reaped.limit, limits, used=reaped.used)
    if reaped is not None and _used_up_its_cpu(reaped, limits):
        return exceeded(plugin, "cpu_s", limits, used=reaped.cpu_s)
    return WorkerLost(plugin, how_it_ended(reaped))


def exhausted(fault: protocol.Fault) -> str:
    """The limit that a worker itself ran into, as its system told it; empty if there is none."""
    if fault.kind != "raised":
        return ""
    return "memory_mb" if fault.type_name == "MemoryError" else fault.detail if fault.detail == "open_files" else ""


def failed(plugin: str, fault: protocol.Fault, limits: Limits, *, used: float | None = None) -> AutomatosxError:
    """The error of a load or a call that a worker reported; ``used``: what it had of a limit that it ran into."""
    shown = _shown(fault)
    limit = exhausted(fault)
    if limit:
        return exceeded(plugin, limit, limits, used=used)
    match shown.kind:
        case "interrupted":
            return CallInterrupted(plugin)
        case "refused":
            return PluginRefused(shown.file, shown.line, shown.message, shown.detail)
        case "denied":
            return PermissionDenied(plugin, shown.detail)
        case "invalid":
            return _invalid(plugin, shown)
    frames = tuple(PluginFrame(f.file, f.line, f.function, f.text) for f in shown.frames)
    return PluginFailed(plugin, shown.type_name, shown.message, frames)


def _invalid(plugin: str, fault: protocol.Fault) -> AutomatosxError:
    if fault.type_name == "UnknownHandler":
        return UnknownHandler(plugin, fault.message, fault.detail)
    if fault.detail == "frame_mb":
        return UntransferableValue("the result", "value", fault.message)
    return UntransferableValue(fault.message, fault.type_name, fault.detail)


def _used_up_its_cpu(reaped: protocol.Reaped, limits: Limits) -> bool:
    killed = reaped.status == -signal.SIGKILL and reaped.cpu_s >= limits.cpu_s
    return killed or reaped.status == -signal.SIGXCPU


def how_it_ended(reaped: protocol.Reaped | None) -> str:
    """As in ``signal SIGSEGV`` or ``exit status 3``."""
    if reaped is None or reaped.status == NOT_OURS:
        return WorkerLost.FORK_SERVER_ENDED
    if reaped.status >= 0:
        return f"exit status {reaped.status}"
    try:
        return f"signal {signal.Signals(-reaped.status).name}"
    except ValueError:
        return f"signal {-reaped.status}"


def _shown(fault: protocol.Fault) -> protocol.Fault:
    """As it may be shown: every text in it can be a plugin's, and as long as a frame."""
    frames = [
        protocol.Frame(printable(f.file[:200]), f.line, printable(f.function[:200]), printable(f.text[:500]))
        for f in fault.frames[:_SHOWN_FRAMES]
    ]
    texts = {name: printable(getattr(fault, name)[:_SHOWN]) for name in ("type_name", "message", "file", "detail")}
    return msgspec.structs.replace(fault, frames=frames, **texts)
