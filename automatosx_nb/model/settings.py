"""What a plugin's setting is now: its default, and what each layer says over it, until one of them locks it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from automatosx_nb.model.matching import fault_of
from automatosx_nb.model.names import fold, parse_plugin_id
from automatosx_nb.model.schemas import Schema
from automatosx_nb.model.strict_json import read_json

Origin = Literal["default", "admin", "user", "project", "application", "environment"]
SOURCES: Mapping[str, Origin] = {
    "system": "admin",
    "prefix": "admin",
    "user": "user",
    "profile": "user",
    "project": "project",
    "application": "application",
    "environment": "environment",
    "variable": "environment",
}
"""Where a setting can be said, weakest first → what people call that. ``profile`` is what ``settings`` sets,
``variable`` the setting's own environment variable; the others are the layers of configuration."""
_ORDER = {source: number for number, source in enumerate(SOURCES)}


@dataclass(frozen=True, slots=True)
class Said:
    """What one source says of one setting; ``place`` is where exactly. A ``typed`` value is still to be read."""

    source: str
    place: str
    value: Any
    typed: bool = False

    @property
    def origin(self) -> Origin:
        return SOURCES[self.source]


@dataclass(frozen=True, slots=True)
class Preset:
    """What a layer of configuration says of one setting of one plugin."""

    plugin: str
    name: str
    said: Said


@dataclass(frozen=True, slots=True)
class SettingLock:
    """``pattern`` is ``*``, a plugin's id, or one and a setting's name, joined by a dot."""

    pattern: str
    source: str
    place: str

    def holds(self, plugin: str, name: str) -> bool:
        return fold(self.pattern) in ("*", fold(plugin), f"{fold(plugin)}.{fold(name)}")

    def over(self, said: Said) -> bool:
        """Whether it keeps ``said`` from counting: what comes later does not."""
        return _ORDER[said.source] > _ORDER[self.source]


@dataclass(frozen=True, slots=True)
class ConfiguredSettings:
    """What configuration says of plugins' settings: presets in the order of their layers, and locks."""

    presets: tuple[Preset, ...] = ()
    locks: tuple[SettingLock, ...] = ()

    def of(self, plugin: str, name: str) -> tuple[list[Said], SettingLock | None]:
        """What is said of a setting, and the first lock that holds for it."""
        said = [each.said for each in self.presets if (fold(each.plugin), each.name) == (fold(plugin), name)]
        locks = sorted((each for each in self.locks if each.holds(plugin, name)), key=lambda each: _ORDER[each.source])
        return said, locks[0] if locks else None

    def names(self, plugin: str) -> dict[str, str]:
        """Every name that is preset for a plugin, declared or not → where."""
        return {each.name: each.said.place for each in self.presets if fold(each.plugin) == fold(plugin)}


@dataclass(frozen=True, slots=True)
class SettingValue:
    """``place`` is where the value was written, ``locked`` where it was locked; '' for neither.

    ``passed_over``: what was set and does not count, each with its origin and the reason.
    """

    name: str
    value: Any
    origin: Origin
    schema: Schema
    passed_over: tuple[tuple[Origin, str], ...] = ()
    place: str = ""
    locked: str = ""


def lock_pattern(text: str) -> str:
    """``text`` itself, where it says what a lock can hold.

    :raises InvalidPluginId:
    """
    if text != "*":
        parse_plugin_id(".".join(text.split(".", 2)[:2]))
    return text


def layered(name: str, schema: Schema, said: Iterable[Said], lock: SettingLock | None = None) -> SettingValue:
    """The setting by what is said of it: the last that fits its schema and is not locked out decides."""
    value, place = schema["default"], ""
    origin: Origin = "default"
    passed_over: list[tuple[Origin, str]] = []
    for each in in_order(said):
        if lock is not None and lock.over(each):
            passed_over.append((each.origin, f"{lock.place} locks it"))
            continue
        try:
            value, origin, place = _fitting(each, schema), each.origin, each.place
        except ValueError as error:
            passed_over.append((each.origin, str(error)))
    return SettingValue(name, value, origin, schema, tuple(passed_over), place, lock.place if lock else "")


def in_order(said: Iterable[Said]) -> Sequence[Said]:
    """Weakest first."""
    return sorted(said, key=lambda each: _ORDER[each.source])


def _fitting(said: Said, schema: Schema) -> Any:
    if said.typed:
        return value_of(said.value, schema)
    fault = fault_of(said.value, schema)
    if fault is not None:
        raise ValueError(fault)
    return said.value


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
            value = read_json(text)
        except ValueError as error:
            example = json.dumps(schema["default"], ensure_ascii=False)
            raise ValueError(f"{text[:60]!r} is not JSON, as {example} is") from error
    fault = fault_of(value, schema)
    if fault is not None:
        raise ValueError(fault)
    return value
