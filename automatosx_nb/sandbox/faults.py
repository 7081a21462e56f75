"""Errors that cross with what they carry, so that plugin code catches the very type that the host raised."""

from __future__ import annotations

import json
from collections.abc import Callable

from automatosx_nb.errors import AutomatosxError, ProtocolViolation, ServiceError
from automatosx_nb.errors.services import BY_NAME
from automatosx_nb.sandbox import protocol

TYPED = "typed"
"""The kind of a fault whose ``detail`` is the fields of the error, as JSON."""


def fault_of(error: AutomatosxError) -> protocol.Fault:
    """What the host could not do, as an answer."""
    name = type(error).__name__
    if isinstance(error, ServiceError) and name in BY_NAME:
        fields = {field: getattr(error, field) for field in error.fields()}
        return protocol.Fault(TYPED, name, str(error), detail=json.dumps(fields))
    return protocol.Fault("invalid", name, str(error))


def error_of(fault: protocol.Fault) -> AutomatosxError:
    """The error that :func:`fault_of` made a ``TYPED`` fault of.

    :raises ProtocolViolation: there is none of this name.
    """
    kind: Callable[..., ServiceError] | None = BY_NAME.get(fault.type_name)
    if kind is None:
        raise ProtocolViolation(f"there is no error {fault.type_name}")
    fields = json.loads(fault.detail)
    return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()})
