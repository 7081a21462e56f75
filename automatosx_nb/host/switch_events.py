"""What a change of the profile is to those who subscribed: an event for each plugin that came, changed or went."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from automatosx_nb.model.events import PLUGIN_INSTALLED, PLUGIN_REMOVED, PLUGIN_UPDATED, ROLLED_BACK

if TYPE_CHECKING:
    from automatosx_nb.model.generation import Generation, InstalledPlugin


SWITCH_TOPICS = frozenset({PLUGIN_INSTALLED, PLUGIN_REMOVED, PLUGIN_UPDATED, ROLLED_BACK})


def switch_events(before: Mapping[str, InstalledPlugin], now: Generation) -> Iterator[tuple[str, dict[str, Any]]]:
    """Topic and data of each, ``before`` being what was active until now."""
    where = {"generation": now.number}
    if now.restores is not None:
        yield ROLLED_BACK, {"restores": now.restores, **where}
    for plugin in sorted({*before, *now.plugins}):
        old, new = before.get(plugin), now.plugins.get(plugin)
        if new is None:
            assert old is not None, "it is in one of the two"
            yield PLUGIN_REMOVED, {"plugin": plugin, "version": old.version, **where}
        elif old is None:
            yield PLUGIN_INSTALLED, {"plugin": plugin, "version": new.version, **where}
        elif old.sha256 != new.sha256:
            yield PLUGIN_UPDATED, {"plugin": plugin, "version": new.version, "before": old.version, **where}
