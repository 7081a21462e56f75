"""When a plugin keeps ending soon after it was updated, its update is taken back by itself."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from automatosx_nb.model.events import PLUGIN_REVERTED

if TYPE_CHECKING:
    from automatosx_nb.host.bus import Bus
    from automatosx_nb.model.events import Event

Revert = Callable[[str, str], str | None]
"""Takes the update of a plugin to a version back; the version that it has now, or None: it stays."""


class Reverting:
    """Of one kernel. ``revert`` runs on a thread of its own, for it ends the runner that told of the suspension."""

    def __init__(self, bus: Bus, revert: Revert, on_error: Callable[[str, Exception], None]) -> None:
        self._bus = bus
        self._revert = revert
        self._on_error = on_error
        self._threads: list[threading.Thread] = []

    def wait(self) -> None:
        """Until nothing is being taken back."""
        for thread in self._threads:
            thread.join()

    def suspended(self, event: Event) -> None:
        """A plugin was suspended, as a ``marketplace.plugin.suspended`` event tells; returns at once."""
        thread = threading.Thread(
            target=self._take_back, args=(event.data["plugin"], event.data["version"]), daemon=True
        )
        self._threads = [*(each for each in self._threads if each.is_alive()), thread]
        thread.start()

    def _take_back(self, plugin: str, version: str) -> None:
        try:
            older = self._revert(plugin, version)
        except Exception as error:  # noqa: BLE001 - nobody waits for this thread, and the plugin is suspended anyway
            self._on_error(f"taking the update of {plugin} back", error)
            return
        if older is not None and self._bus.wants(PLUGIN_REVERTED):
            self._tell({"plugin": plugin, "version": older, "before": version})

    def _tell(self, data: dict[str, str]) -> None:
        from automatosx_nb.host.bus.making import HOST, new_event

        self._bus.publish(new_event(HOST, PLUGIN_REVERTED, data))
