"""The notebook's variables, without being handed them. Needs ``variables:read`` or ``variables:write``.

Few plugins do: what a user names as an argument arrives without any permission. Names that begin with an underscore,
functions, classes and modules are not there, whatever was granted.
"""

from __future__ import annotations

from typing import Any, cast

from automatosx_nb.sdk import _wire


def names() -> list[str]:
    """The names of the variables that may be read, sorted.

    :raises PermissionDenied: without any permission to read variables.
    """
    return cast("list[str]", _wire.ask("variables", "names"))


def get(name: str) -> Any:
    """A copy of the variable's value: what a ``variable`` argument would be.

    :raises PermissionDenied: without the permission ``variables:read:<name>``.
    :raises CapabilityFailed: there is no such variable, or it cannot cross.
    """
    return _wire.ask("variables", "get", name)


def set(name: str, value: Any) -> None:
    """Put ``value``, which is a table, bytes or a JSON value, in place of the variable, or make a new one.

    A table becomes the kind of frame that the variable was, else a ``pyarrow.Table``.

    :raises PermissionDenied: without the permission ``variables:write:<name>``.
    :raises CapabilityFailed: the name is none that a plugin may use.
    """
    _wire.ask("variables", "set", name, value)
