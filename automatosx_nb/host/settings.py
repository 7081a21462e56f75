"""The settings of one installed plugin, as they are now and as the user changes them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from automatosx_nb.errors import InvalidSetting, SettingLocked, UnknownSetting
from automatosx_nb.model.matching import fault_of
from automatosx_nb.model.settings import (
    ConfiguredSettings,
    Said,
    SettingLock,
    SettingValue,
    layered,
    value_of,
    variable,
)
from automatosx_nb.model.spelling import nearest

if TYPE_CHECKING:
    from automatosx_nb.model.generation import InstalledPlugin
    from automatosx_nb.profile.settings import UserSettings

Words = tuple[tuple[Said, ...], SettingLock | None]
"""What is said of one setting, and what locks it."""


def _nothing(_name: str) -> None:
    """Nobody wants to know."""


class PluginSettings:
    """What the manifest of ``entry`` declares. Every reading sees the files and the environment of that moment.

    ``configured`` is what configuration says now; ``on_change`` is called with the name of each
    setting that was changed through this object.
    """

    def __init__(
        self,
        entry: InstalledPlugin,
        user: UserSettings,
        configured: Callable[[], ConfiguredSettings] = ConfiguredSettings,
        *,
        environment: Mapping[str, str] = os.environ,
        on_change: Callable[[str], object] = _nothing,
    ) -> None:
        self._plugin = entry.id
        self.schemas: dict[str, dict[str, Any]] = {
            each["name"]: each["schema"] for each in entry.contributes.get("settings", ())
        }
        self._user = user
        self._configured = configured
        self._environment = environment
        self._on_change = on_change

    def all(self) -> tuple[SettingValue, ...]:
        """In the manifest's order."""
        return tuple(layered(name, self.schemas[name], *words) for name, words in self.said().items())

    def get(self, name: str) -> SettingValue:
        """:raises UnknownSetting:"""
        schema = self._schema(name)
        return layered(name, schema, *self.said(name)[name])

    def said(self, *names: str) -> dict[str, Words]:
        """Name → what is said of it, of these settings or of all, before any of it is checked."""
        user, configured = self._user.of(self._plugin), self._configured()
        return {name: self._words(name, user, configured) for name in names or self.schemas}

    def put(self, name: str, text: str) -> SettingValue:
        """Set what the user typed; a later layer may still say otherwise.

        :raises UnknownSetting:
        :raises InvalidSetting:
        :raises SettingLocked:
        """
        try:
            value = value_of(text, self._schema(name))
        except ValueError as error:
            raise InvalidSetting(self._plugin, name, f"{text[:60]!r}", str(error)) from error
        return self.put_value(name, value)

    def put_value(self, name: str, value: Any) -> SettingValue:
        """As :meth:`put`, of a JSON value."""
        fault = fault_of(value, self._schema(name))
        if fault is not None:
            raise InvalidSetting(self._plugin, name, f"{str(value)[:60]!r}", fault)
        locked = self.get(name).locked
        if locked:
            raise SettingLocked(self._plugin, name, locked)
        self._user.put(self._plugin, name, value)
        self._on_change(name)
        return self.get(name)

    def unset(self, name: str) -> bool:
        """Whether the user had set it. What an older version declared can be unset, too.

        :raises UnknownSetting:
        """
        if name not in self.undeclared():
            self._schema(name)
        was_set = self._user.remove(self._plugin, name)
        if was_set:
            self._on_change(name)
        return was_set

    def is_set(self, name: str) -> bool:
        """Whether the user set it, whatever counts."""
        return name in self._user.of(self._plugin)

    def undeclared(self) -> tuple[str, ...]:
        """What the user set for another version: it is kept, and nothing reads it."""
        return tuple(name for name in self._user.of(self._plugin) if name not in self.schemas)

    def misnamed(self) -> dict[str, str]:
        """What configuration sets although the manifest declares none of that name → where."""
        return {
            name: place for name, place in self._configured().names(self._plugin).items() if name not in self.schemas
        }

    def _words(self, name: str, user: Mapping[str, Any], configured: ConfiguredSettings) -> Words:
        said, lock = configured.of(self._plugin, name)
        if name in user:
            said.append(Said("profile", "the profile", user[name]))
        own = variable(self._plugin, name)
        if own in self._environment:
            said.append(Said("variable", own, self._environment[own], typed=True))
        return tuple(said), lock

    def _schema(self, name: str) -> dict[str, Any]:
        if name not in self.schemas:
            raise UnknownSetting(self._plugin, name[:60], nearest(name[:60], self.schemas))
        return self.schemas[name]
