"""What somebody filled into a form, as the arguments of its command: checked here, whatever the front end did.

As in a typed line, designation is authorization: what a field of type ``variable``, ``file:read``, ``file:write`` or
``secret`` names is handed over for this one call.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from automatosx_nb.errors import AutomatosxError, FieldRefused
from automatosx_nb.host.arguments import Arguments, destination
from automatosx_nb.host.display.forms import MAX_VALUE
from automatosx_nb.model.contributions.arguments import DESIGNATED

if TYPE_CHECKING:
    from automatosx_nb.host.handover import Handover

OVERWRITE = "--overwrite"


def filled(command: Mapping[str, Any], values: Mapping[str, Any], handover: Handover) -> Arguments:
    """:raises FieldRefused: with the field that is wrong."""
    found = Arguments()
    rest = dict(values)
    overwrite = rest.pop(OVERWRITE, False) is True
    for argument in command["args"]:
        key = destination(argument["name"])
        value = _value(key, argument, rest.pop(key, None), handover, overwrite)
        if argument["name"].startswith("-"):
            found.kwargs[key] = value
        else:
            found.args.append(value)
    for key in rest:
        raise FieldRefused(key[:40], "the command takes nothing of this name")
    return found


def _value(key: str, argument: Mapping[str, Any], value: Any, handover: Handover, overwrite: bool) -> Any:
    kind = argument["type"]
    if value is None or (value == "" and kind != "string"):
        if argument.get("required"):
            raise FieldRefused(key, "it is required")
        return False if kind == "flag" else argument.get("default")
    if kind in DESIGNATED:
        return _handed(key, kind, _text(key, value), handover, overwrite)
    if kind == "choice" and value not in argument["choices"]:
        raise FieldRefused(key, f"it is one of {', '.join(argument['choices'])}")
    if kind in ("string", "choice"):
        return _text(key, value)
    return _flag(key, value) if kind == "flag" else _number(key, kind, value)


def _handed(key: str, kind: str, text: str, handover: Handover, overwrite: bool) -> object:
    try:
        return handover.hand(kind, text.strip(), name=key, overwrite=overwrite)
    except AutomatosxError as error:
        raise FieldRefused(key, error.problem().rstrip("."), error.next_step()) from error


def _text(key: str, value: object) -> str:
    if not isinstance(value, str):
        raise FieldRefused(key, "it is a text")
    if len(value) > MAX_VALUE:
        raise FieldRefused(key, f"it has more than {MAX_VALUE:,} characters")
    return value


def _flag(key: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise FieldRefused(key, "it is yes or no")
    return value


def _number(key: str, kind: str, value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise FieldRefused(key, "it is a number")
    if kind == "number":
        return value
    if value != int(value):
        raise FieldRefused(key, "it is a whole number")
    return int(value)
