"""Which settings of the plugins in this kernel changed, told on the bus: their names, never their values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from automatosx_nb.host.bus.making import HOST, new_event
from automatosx_nb.model.events import PLUGIN_SETTING_CHANGED

if TYPE_CHECKING:
    from automatosx_nb.host.bus import Bus
    from automatosx_nb.host.ports import Resources
    from automatosx_nb.host.settings import PluginSettings, Words
    from automatosx_nb.model.generation import InstalledPlugin


class SettingChanges:
    """``entries`` are the active plugins. Made when somebody listens: what changed before that is not told."""

    def __init__(self, resources: Resources, bus: Bus, entries: Callable[[], Iterable[InstalledPlugin]]) -> None:
        self._resources = resources
        self._bus = bus
        self._entries = entries
        self._stamp: object = None
        self._seen: dict[str, dict[str, Words]] = {}

    def look(self) -> None:
        """Publish what changed since the last look. If nothing did, it costs a ``stat``.

        :raises InvalidConfiguration: nothing is told until it can be read.
        """
        entries = tuple(self._entries())
        stamp = (self._resources.profile.settings.stamp(), self._resources.policy_stamp(), entries)
        if stamp == self._stamp:
            return
        first, self._stamp = self._stamp is None, stamp
        before, self._seen = self._seen, {}
        for entry in entries:
            settings = self._settings(entry)
            self._seen[entry.id] = settings.said()
            if not first and entry.id in before:
                self._tell(entry, settings, before[entry.id])

    def _settings(self, entry: InstalledPlugin) -> PluginSettings:
        from automatosx_nb.host.settings import PluginSettings

        return PluginSettings(entry, self._resources.profile.settings, lambda: self._resources.configured_settings)

    def _tell(self, entry: InstalledPlugin, settings: PluginSettings, before: dict[str, Words]) -> None:
        from automatosx_nb.model.settings import layered

        changed = [
            name
            for name, words in self._seen[entry.id].items()
            if name in before and words != before[name]
            and layered(name, settings.schemas[name], *words).value
            != layered(name, settings.schemas[name], *before[name]).value
        ]  # fmt: skip
        if changed:
            data = {"plugin": entry.id, "version": entry.version, "settings": changed}
            self._bus.publish(new_event(HOST, PLUGIN_SETTING_CHANGED, data))
