"""Formatters of plugins: how values of one type are shown that a cell displays.

Nobody names such a value, so the grant is standing: ``display:<type>``. It is looked at when a formatter is registered
and again for each value. Whatever goes wrong, the value is shown as if there was no formatter, and the log says why.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from automatosx_nb.errors import AutomatosxError, InvalidConfiguration

if TYPE_CHECKING:
    from automatosx_nb.host.bus import Undo
    from automatosx_nb.host.ports import Frontend, Record, Resources
    from automatosx_nb.host.runner import PluginRunner
    from automatosx_nb.model.generation import InstalledPlugin

SHOWN_S = 10.0
"""A formatter that takes longer is stopped: somebody waits for what a cell shows."""


class Formatters:
    """Of the active plugins of one kernel, each as far as it is granted what it would see."""

    def __init__(
        self, resources: Resources, frontend: Frontend, runner: Callable[[InstalledPlugin], PluginRunner]
    ) -> None:
        self._resources = resources
        self._frontend = frontend
        self._runner = runner
        self._registered: dict[str, list[tuple[Record, Undo]]] = {}

    def follow(self, entry: InstalledPlugin) -> None:
        """Register exactly what the plugin is granted now."""
        before = self._registered.get(entry.id, [])
        granted = self._granted(entry, entry.contributes.get("formatters", ()))
        if granted == [formatter for formatter, _ in before]:
            return
        self.remove(entry.id)
        self._registered[entry.id] = [
            (each, self._frontend.add_formatter(each["type"], self._shower(entry, each))) for each in granted
        ]

    def remove(self, plugin: str) -> None:
        for _, undo in reversed(self._registered.pop(plugin, [])):
            undo()

    def _granted(self, entry: InstalledPlugin, formatters: Iterable[Record]) -> list[Record]:
        """Those that may see what they are for; none where policy cannot be read."""
        if not formatters or self._resources.profile.is_disabled(entry):
            return []
        from automatosx_nb.host.holdings import held_by
        from automatosx_nb.model.permissions import not_covered

        try:
            held = held_by(entry, self._resources)
        except InvalidConfiguration:
            return []
        return [each for each in formatters if not not_covered([f"display:{each['type']}"], held)]

    def _shower(self, entry: InstalledPlugin, formatter: Record) -> Callable[[object], object | None]:
        def show(value: object) -> object | None:
            try:
                now = self._resources.profile.current().plugins.get(entry.id)
                if now is None or not self._granted(now, [formatter]):
                    return None
                runner = self._runner(now)
            except AutomatosxError:  # it went meanwhile, or the profile cannot be read: the next verb says so
                return None
            return shown_by(runner, formatter, value)

        return show


def shown_by(runner: PluginRunner, formatter: Record, value: object) -> object | None:
    """The display of ``value``; None where the plugin made none."""
    from automatosx_nb.host.display import Rendered

    stop = threading.Event()
    timer = threading.Timer(SHOWN_S, stop.set)
    timer.daemon = True
    timer.start()
    reason: Any = "it returned no display"
    try:
        shown = runner.run_formatter(formatter, value, stop)
        if isinstance(shown, Rendered):
            return shown
    except AutomatosxError as error:
        reason = f"it took longer than {SHOWN_S:g} s" if stop.is_set() else error
    finally:
        timer.cancel()
    runner.log.note(f"{formatter['handler']}: a {formatter['type']} is shown as without it: {reason}")
    return None
