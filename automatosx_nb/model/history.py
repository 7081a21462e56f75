"""What became of a profile, as records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automatosx_nb.model.difference import Difference


_UNDO, _REDO = "undo ", "redo "


def undoing(action: str) -> str:
    """What taking back ``action`` is called: undoing it, or doing again what it undid."""
    if action.startswith(_UNDO):
        return _REDO + action.removeprefix(_UNDO)
    return _UNDO + action.removeprefix(_REDO)


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One generation, as ``history`` shows it, newest first."""

    number: int
    created: str
    by: str
    action: str
    current: bool
    plugins: Mapping[str, str]
    """Plugin id → version."""
    surface: str = ""
    """Where it was asked for: notebook, panel, terminal, python, or automatic; empty: not known."""
    verb: str = ""
    parent: int | None = None
    restores: int | None = None
    """The generation that it brought back."""
    kept: str | None = None
    """The note of who keeps this generation from being pruned; None: nobody does."""
    differences: tuple[Difference, ...] | None = None
    """From its parent; None: that is pruned, and nobody can tell."""
