"""What a handler returned, as what the notebook shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automatosx_nb.host.display import render
from automatosx_nb.sandbox.values import DisplayTree

if TYPE_CHECKING:
    from automatosx_nb.model.generation import InstalledPlugin


def render_result(value: object, entry: InstalledPlugin) -> object:
    """A display is rendered; a JSON value, bytes or a table stays what it is."""
    if isinstance(value, DisplayTree):
        commands = {each["name"]: each for each in entry.contributes.get("commands", ())}
        return render(value.root, plugin=entry.id, version=entry.version, commands=commands)
    return value
