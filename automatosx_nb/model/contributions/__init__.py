"""What a plugin adds: a file a kind, and the list of kinds.

A new kind is one file with a record (see :class:`kind.Contribution`) and its ``KIND``, one entry of
:data:`KINDS`, and one field of :class:`Contributions`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from automatosx_nb.model.contributions import (
    commands,
    events,
    formatters,
    magics,
    panels,
    services,
    settings,
    subscriptions,
)
from automatosx_nb.model.contributions.arguments import Argument
from automatosx_nb.model.contributions.commands import Command
from automatosx_nb.model.contributions.events import EventType
from automatosx_nb.model.contributions.formatters import Formatter
from automatosx_nb.model.contributions.kind import Contribution, Kind
from automatosx_nb.model.contributions.magics import Magic
from automatosx_nb.model.contributions.panels import Panel
from automatosx_nb.model.contributions.services import Service
from automatosx_nb.model.contributions.settings import Setting
from automatosx_nb.model.contributions.subscriptions import Subscription

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from automatosx_nb.model.reader import Spot

__all__ = [
    "KINDS",
    "Argument",
    "Command",
    "Contribution",
    "Contributions",
    "EventType",
    "Formatter",
    "Kind",
    "Magic",
    "Panel",
    "Service",
    "Setting",
    "Subscription",
    "reader",
]

_MODULES = (magics, commands, panels, formatters, subscriptions, services, events, settings)
KINDS: Mapping[str, Kind[Any]] = {module.KIND.name: module.KIND for module in _MODULES}


@dataclass(frozen=True, slots=True)
class Contributions:
    """Everything that one release adds, by kind, each in the manifest's order."""

    magics: tuple[Magic, ...] = ()
    commands: tuple[Command, ...] = ()
    panels: tuple[Panel, ...] = ()
    formatters: tuple[Formatter, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    services: tuple[Service, ...] = ()
    events: tuple[EventType, ...] = ()
    settings: tuple[Setting, ...] = ()

    def __iter__(self) -> Iterator[tuple[str, tuple[Contribution, ...]]]:
        """Pairs of a kind's name and its contributions, kinds that are empty included."""
        return ((name, getattr(self, name)) for name in KINDS)

    @property
    def handlers(self) -> tuple[str, ...]:
        """Every function that the host may call, each once."""
        return tuple(dict.fromkeys(ref for _, several in self for one in several for ref in one.handlers))

    def summary(self) -> dict[str, tuple[str, ...]]:
        """Kind → the names that it adds; kinds that are empty are left out."""
        return {name: tuple(one.label for one in several) for name, several in self if several}

    def records(self) -> dict[str, list[dict[str, Any]]]:
        """Kind → plain JSON records."""
        return {name: [one.record() for one in several] for name, several in self if several}


def reader(own: str | None) -> Callable[[Spot], Contributions]:
    """The reader of ``[contributes]`` of the plugin whose id is ``own`` (None: it is not known)."""

    def read(spot: Spot) -> Contributions:
        table = spot.table()
        if table is None:
            return Contributions()
        found = {name: table.get(name, partial(kind.read, own=own)) or () for name, kind in KINDS.items()}
        table.finish()
        return Contributions(**found)

    return read
