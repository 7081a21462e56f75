"""Installed plugins of which there is something newer, or of which something is said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automatosx_nb.model.flags import Flag
    from automatosx_nb.model.generation import Channel, InstalledPlugin
    from automatosx_nb.model.held_back import HeldBack
    from automatosx_nb.model.plan import Plan, PlannedChange


@dataclass(frozen=True, slots=True)
class OutdatedPlugin:
    """``update``: the version that an update of everything would choose; None: none."""

    id: str
    version: str
    update: str | None
    asks: Mapping[str, str]
    """Permissions that the update asks for and nobody has granted → the author's reason."""
    held_back: tuple[HeldBack, ...]
    """Newer versions than that, and why they are not chosen."""
    flags: tuple[Flag, ...]
    """What is said of the installed version."""
    wish: str | None
    channel: Channel
    pin: str | None


def outdated(
    installed: Iterable[InstalledPlugin], plan: Plan | None, flags: Mapping[str, Sequence[Flag]]
) -> tuple[OutdatedPlugin, ...]:
    """:param plan: of an update of everything; None: there is none that fits together.
    :param flags: plugin → what is said of its installed version.
    """
    changes = {change.id: change for change in plan.changes if change.new} if plan else {}
    held = plan.held_back if plan else ()
    found = (
        _outdated(entry, changes.get(entry.id), [each for each in held if each.id == entry.id], flags.get(entry.id, ()))
        for entry in installed
    )
    return tuple(each for each in found if each.update or each.held_back or each.flags)


def _outdated(
    entry: InstalledPlugin, change: PlannedChange | None, held: Sequence[HeldBack], flags: Sequence[Flag]
) -> OutdatedPlugin:
    return OutdatedPlugin(
        entry.id,
        entry.version,
        change.new if change else None,
        change.asks if change else {},
        tuple(held),
        tuple(flags),
        entry.wish,
        entry.channel,
        str(entry.pin) if entry.pin else None,
    )
