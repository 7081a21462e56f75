"""What a plugin's setting is now: its default, what the user set over it, what the environment says over both."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from automatosx_nb.model.schemas import Schema, first_fault

Origin = Literal["default", "user", "environment"]


@dataclass(frozen=True, slots=True)
class SettingValue:
    """``passed_over``: what was set and does not fit the schema, each with its origin and how it does not fit."""

    name: str
    value: Any
    origin: Origin
    schema: Schema
    passed_over: tuple[tuple[Origin, str], ...] = ()


def layered(name: str, schema: Schema, user: Mapping[str, Any], typed: str | None) -> SettingValue:
    """The setting by its layers: ``user`` are all values that the user set, ``typed`` is what the environment says."""
    value: Any = schema["default"]
    origin: Origin = "default"
    passed_over: list[tuple[Origin, str]] = []
    if name in user:
        fault = first_fault(user[name], schema)
        if fault is None:
            value, origin = user[name], "user"
        else:
            passed_over.append(("user", fault))
    if typed is not None:
        try:
            value, origin = value_of(typed, schema), "environment"
        except ValueError as error:
            passed_over.append(("environment", str(error)))
    return SettingValue(name, value, origin, schema, tuple(passed_over))


def variable(plugin: str, name: str) -> str:
    """The environment's variable: ``AUTOMATOSX_SETTING_ACME_CSV_DOCTOR__MAX_ROWS``."""
    plain, tail = (re.sub(r"[^A-Z0-9]+", "_", text.upper()) for text in (plugin, name))
    return f"AUTOMATOSX_SETTING_{plain}__{tail}"


def value_of(text: str, schema: Schema) -> Any:
    """A typed text as a value of the setting: text as it stands, anything else as JSON.

    :raises ValueError: with the reason; it is no such value.
    """
    value: Any = text
    if schema["type"] != "string":
        try:
            value = json.loads(text)
        except ValueError as error:
            example = json.dumps(schema["default"], ensure_ascii=False)
            raise ValueError(f"{text[:60]!r} is not JSON, as {example} is") from error
    fault = first_fault(value, schema)
    if fault is not None:
        raise ValueError(fault)
    return value
