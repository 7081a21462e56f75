"""The settings of one installed plugin, as they are now and as the user changes them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from automatosx_nb.errors import InvalidSetting, UnknownSetting
from automatosx_nb.model.settings import SettingValue, layered, value_of, variable
from automatosx_nb.model.spelling import nearest

if TYPE_CHECKING:
    from automatosx_nb.model.generation import InstalledPlugin
    from automatosx_nb.profile.settings import UserSettings


class PluginSettings:
    """What the manifest of ``entry`` declares. Every reading sees the files and the environment of that moment."""

    def __init__(self, entry: InstalledPlugin, user: UserSettings, environment: Mapping[str, str] = os.environ) -> None:
        self._plugin = entry.id
        self._schemas: dict[str, dict[str, Any]] = {
            each["name"]: each["schema"] for each in entry.contributes.get("settings", ())
        }
        self._user = user
        self._environment = environment

    def all(self) -> tuple[SettingValue, ...]:
        """In the manifest's order."""
        user = self._user.of(self._plugin)
        return tuple(self._layered(name, user) for name in self._schemas)

    def get(self, name: str) -> SettingValue:
        """:raises UnknownSetting:"""
        self._schema(name)
        return self._layered(name, self._user.of(self._plugin))

    def put(self, name: str, text: str) -> SettingValue:
        """Set what the user typed; the environment may still say otherwise.

        :raises UnknownSetting:
        :raises InvalidSetting:
        """
        try:
            value = value_of(text, self._schema(name))
        except ValueError as error:
            raise InvalidSetting(self._plugin, name, f"{text[:60]!r}", str(error).rstrip(".")) from error
        self._user.put(self._plugin, name, value)
        return self.get(name)

    def unset(self, name: str) -> bool:
        """Whether the user had set it. What an older version declared can be unset, too.

        :raises UnknownSetting:
        """
        if name not in self.undeclared():
            self._schema(name)
        return self._user.remove(self._plugin, name)

    def undeclared(self) -> tuple[str, ...]:
        """What the user set for another version: it is kept, and nothing reads it."""
        return tuple(name for name in self._user.of(self._plugin) if name not in self._schemas)

    def _layered(self, name: str, user: Mapping[str, Any]) -> SettingValue:
        return layered(name, self._schemas[name], user, self._environment.get(variable(self._plugin, name)))

    def _schema(self, name: str) -> dict[str, Any]:
        if name not in self._schemas:
            raise UnknownSetting(self._plugin, name[:60], nearest(name[:60], self._schemas))
        return self._schemas[name]
