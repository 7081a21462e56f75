"""What was raised while plugin code ran, as the fault that the host is told."""

from __future__ import annotations

import errno
from collections.abc import Callable

from automatosx_nb.errors import PermissionDenied, PluginRefused, ProtocolViolation, UnknownHandler, UntransferableValue
from automatosx_nb.sandbox import protocol
from automatosx_nb.sandbox.channel import ChannelClosed

_MESSAGE_CHARACTERS = 10_000


def fault_of_raised(error: BaseException, frames: Callable[[BaseException], list[protocol.Frame]]) -> protocol.Fault:
    """The error as data; ``frames`` finds those of it. Never raises for what plugin code made of an error or its text.

    Errors of the wire are raised again: they are nobody's answer.
    """
    name = type.__getattribute__(type(error), "__name__")
    if isinstance(error, ChannelClosed | ProtocolViolation):
        raise error
    if isinstance(error, KeyboardInterrupt):
        return protocol.Fault("interrupted", name, "")
    if isinstance(error, MemoryError):
        return protocol.Fault("raised", "MemoryError", "out of memory")
    if isinstance(error, PluginRefused):
        return protocol.Fault("refused", name, error.refused, file=error.file, line=error.line, detail=error.instead)
    if isinstance(error, PermissionDenied):
        return protocol.Fault("denied", name, error.problem(), frames(error), detail=error.permission)
    if isinstance(error, UnknownHandler):
        return protocol.Fault("invalid", "UnknownHandler", error.handler, detail=error.reason)
    if isinstance(error, UntransferableValue):
        return protocol.Fault("invalid", error.type_name, error.what, detail=error.reason)
    limit = "open_files" if isinstance(error, OSError) and _number_of(error) == errno.EMFILE else ""
    return protocol.Fault("raised", str(name)[:200], _text_of(error), frames(error), detail=limit)


def _number_of(error: OSError) -> object:
    """``errno`` past what a class of the plugin may have under that name."""
    return vars(OSError)["errno"].__get__(error)


def _text_of(error: BaseException) -> str:
    try:
        text = str(error)[:_MESSAGE_CHARACTERS]
        return text.encode("utf-8", "replace").decode("utf-8")
    except BaseException as second:  # noqa: BLE001 - __str__ is plugin code
        return f"<its text could not be made: {type(second).__name__}>"
