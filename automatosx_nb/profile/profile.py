"""A profile: what is installed for one user, as a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from automatosx_nb.errors import NothingToRollBack
from automatosx_nb.model.generation import Generation, InstalledPlugin
from automatosx_nb.profile.generations import Generations
from automatosx_nb.profile.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from automatosx_nb.model.history import HistoryEntry
    from automatosx_nb.package import Package
    from automatosx_nb.profile.settings import UserSettings
    from automatosx_nb.profile.state import KeyValueState


class Profile:
    """Reading side of a profile; :mod:`automatosx_nb.profile.transaction` writes. Making one touches no file."""

    def __init__(self, root: Path, on_switch: Callable[[Generation], None] | None = None) -> None:
        self.root = root
        self.generations = Generations(root, on_switch)
        self.store = Store(root)

    def current(self) -> Generation:
        return self.generations.current()

    @property
    def settings(self) -> UserSettings:
        """What the user set for plugins."""
        from automatosx_nb.profile.settings import UserSettings

        return UserSettings(self.root)

    def history(self) -> tuple[HistoryEntry, ...]:
        """Every generation, newest first."""
        from automatosx_nb.model.history import HistoryEntry

        current = self.generations.current_number()
        return tuple(
            HistoryEntry(
                number=generation.number,
                created=generation.created,
                by=generation.by,
                action=generation.action,
                current=generation.number == current,
                plugins={plugin: entry.version for plugin, entry in generation.plugins.items()},
            )
            for generation in map(self.generations.read, reversed(self.generations.numbers()))
        )

    def rollback_target(self, to: int | None = None) -> Generation:
        """The generation ``to``, or the one that the current generation was made from.

        After a rollback the way back is from where the restored generation came: rolling back twice goes back two.

        :raises NothingToRollBack:
        :raises UnknownGeneration:
        """
        current = self.current()
        if to is not None:
            return self.generations.read(to)
        origin = current
        while origin.restores is not None:
            origin = self.generations.read(origin.restores)
        if origin.parent is None:
            raise NothingToRollBack(current.number)
        return self.generations.read(origin.parent)

    def package(self, entry: InstalledPlugin) -> Package:
        """The verified artifact of an installed plugin.

        :raises ProfileDamaged: it is missing, or not what was installed.
        """
        from automatosx_nb.package import read

        return read(self.store.read(entry.sha256), name=f"{entry.id} {entry.version}")

    def state(self, entry: InstalledPlugin) -> KeyValueState:
        """The open state of an installed plugin; the caller closes it."""
        from automatosx_nb.profile.state import KeyValueState, state_path

        return KeyValueState(state_path(self.root, entry.id, entry.state))
