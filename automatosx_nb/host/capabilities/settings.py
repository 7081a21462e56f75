"""``sdk.settings``: the values that the user set for what the manifest declares. They need no permission."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from automatosx_nb.errors import InvalidRequest

if TYPE_CHECKING:
    from automatosx_nb.host.capabilities.log import LogCapability
    from automatosx_nb.host.settings import PluginSettings


class SettingsCapability:
    """What the user changes holds from the next call on. A value that is passed over is told to the log, once."""

    def __init__(self, settings: PluginSettings, log: LogCapability) -> None:
        self._settings = settings
        self._log = log
        self._told: set[str] = set()

    def needs(self, _method: str, _args: Sequence[object]) -> None:
        """Nothing: they are the plugin's own."""

    def ask(self, method: str, args: Sequence[object]) -> object:
        """:raises UnknownSetting: the manifest declares none of this name."""
        match method, list(args):
            case "get", [str(name)]:
                found = self._settings.get(name)
                for origin, fault in found.passed_over:
                    self._tell(f"the setting {name!r} of the {origin} is passed over: {fault}")
                return found.value
        raise InvalidRequest("settings", method, "get, with the name of a setting")

    def close(self) -> None:
        """Nothing is held."""

    def _tell(self, line: str) -> None:
        if line not in self._told:
            self._told.add(line)
            self._log.write("warning", line)
