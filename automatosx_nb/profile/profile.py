"""A profile: what is installed for one user or one project, as a folder."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from automatosx_nb.errors import NothingToRollBack, UnknownGeneration
from automatosx_nb.model.generation import Generation, InstalledPlugin
from automatosx_nb.profile.generations import Generations

if TYPE_CHECKING:
    from collections.abc import Callable

    from automatosx_nb.model.difference import Difference
    from automatosx_nb.model.history import HistoryEntry
    from automatosx_nb.package import Package
    from automatosx_nb.profile.flags import ReleaseFlags
    from automatosx_nb.profile.keeping import KeptGenerations
    from automatosx_nb.profile.keyvalue import KeyValueState
    from automatosx_nb.profile.notices import Notices
    from automatosx_nb.profile.settings import UserSettings
    from automatosx_nb.profile.state_database import Told
    from automatosx_nb.profile.store import Store


class Profile:
    """Reading side of a profile; :mod:`automatosx_nb.profile.transaction` writes. Making one touches no file."""

    def __init__(
        self, root: Path, on_switch: Callable[[Generation], None] | None = None, *, store: Path | None = None
    ) -> None:
        """:param store: the folder of a profile whose artifacts are shared; None: its own."""
        self.root = root
        self.generations = Generations(root, on_switch)
        self._stored_in = store or root
        self._lines: tuple[object, dict[str, str]] = (None, {})

    def current(self) -> Generation:
        return self.generations.current()

    @cached_property
    def store(self) -> Store:
        from automatosx_nb.profile.store import Store

        return Store(self._stored_in)

    @cached_property
    def settings(self) -> UserSettings:
        """What the user set for plugins."""
        from automatosx_nb.profile.settings import UserSettings

        return UserSettings(self.root, self._line_of)

    @cached_property
    def flags(self) -> ReleaseFlags:
        """What the registry last said against what is installed."""
        from automatosx_nb.profile.flags import ReleaseFlags

        return ReleaseFlags(self.root)

    def flags_stamp(self) -> object:
        """Changes whenever other flags were written; None: there are none. It loads nothing."""
        try:
            status = (self.root / "flags.json").stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino

    def is_disabled(self, entry: InstalledPlugin) -> bool:
        return self.flags_stamp() is not None and self.flags.is_disabled(entry)

    def refuse_disabled(self, entry: InstalledPlugin) -> None:
        """:raises PluginDisabled: the registry said that this release must not run any more."""
        if self.flags_stamp() is not None:
            self.flags.refuse(entry)

    @property
    def notices(self) -> Notices:
        """What was done without being asked."""
        from automatosx_nb.profile.notices import Notices

        return Notices(self.root)

    def _line_of(self, plugin: str) -> str:
        """The name of the state of an installed plugin, which its settings share; empty: it is not installed."""
        stamp = self.generations.stamp()
        if stamp != self._lines[0]:
            self._lines = stamp, {each.id: each.state for each in self.current().plugins.values()}
        return self._lines[1].get(plugin, "")

    @property
    def kept_generations(self) -> KeptGenerations:
        """Those that somebody asked to be kept, whatever the policy says."""
        from automatosx_nb.profile.keeping import KeptGenerations

        return KeptGenerations(self.root)

    def history(self) -> tuple[HistoryEntry, ...]:
        """Every generation, newest first."""
        from automatosx_nb.model.history import HistoryEntry

        generations = {number: self.generations.read(number) for number in self.generations.numbers()}
        generations[0] = self.generations.read(0)
        current, kept = self.generations.current_number(), self.kept_generations.notes()
        return tuple(
            HistoryEntry(
                number=each.number,
                created=each.created,
                by=each.by,
                action=each.action,
                current=each.number == current,
                plugins={plugin: entry.version for plugin, entry in each.plugins.items()},
                surface=each.surface,
                verb=each.verb,
                parent=each.parent,
                restores=each.restores,
                kept=kept.get(each.number),
                differences=self._differences(generations.get(each.parent or 0), each),
            )
            for each in sorted(generations.values(), key=lambda one: one.number, reverse=True)
            if each.number
        )

    def differences(self, old: int, new: int) -> tuple[Difference, ...]:
        """What differs between two generations; 0 is the empty profile.

        :raises UnknownGeneration:
        """
        return self._differences(self.generations.read(old), self.generations.read(new)) or ()

    def _differences(self, old: Generation | None, new: Generation) -> tuple[Difference, ...] | None:
        from automatosx_nb.model.difference import differences

        if old is None:
            return None
        return differences(old, new, lambda entry: self.settings.of(entry.id, entry.state))

    def rollback_target(self, to: int | None = None) -> Generation:
        """The generation ``to``, or the one that the current generation was made from.

        After a rollback the way back is from where the restored generation came: rolling back twice goes back two.

        :raises NothingToRollBack:
        :raises UnknownGeneration:
        """
        if to is not None:
            return self.generations.read(to)
        *_, last = self.way_back()
        if last.parent is None:
            raise NothingToRollBack(self.generations.current_number())
        return self.generations.read(last.parent)

    def way_back(self) -> Iterator[Generation]:
        """The current generation, the one that it brought back, the one that this brought back …"""
        generation = self.current()
        yield generation
        while generation.restores is not None:
            generation = self.generations.read(generation.restores)
            yield generation

    def undo_target(self) -> Generation:
        """The generation that was current before the last change, whatever that was; after an undo: the undone one.

        :raises NothingToRollBack:
        """
        current = self.current()
        if current.parent is None:
            raise NothingToRollBack(current.number)
        return self.generations.read(current.parent)

    def needed_generations(self) -> set[int]:
        """What no policy may prune: the current one, the one before it, and where a rollback leads."""
        current = self.current()
        needed = {current.number, current.parent or 0}
        try:
            needed |= {each.number for each in self.way_back()}
            needed.add(self.rollback_target().number)
        except (NothingToRollBack, UnknownGeneration):
            pass
        return needed

    def package(self, entry: InstalledPlugin) -> Package:
        """The verified artifact of an installed plugin.

        :raises ProfileDamaged: it is missing, or not what was installed.
        """
        from automatosx_nb.package import read

        return read(self.store.read(entry.sha256), name=f"{entry.id} {entry.version}")

    def state(self, entry: InstalledPlugin, told: Told | None = None) -> KeyValueState:
        """The open state of an installed plugin; the caller closes it.

        :param told: hears of damage that was mended; without it, Python warns.
        :raises StateDamaged: it is damaged, and there is no snapshot.
        """
        from automatosx_nb.profile.keyvalue import KeyValueState
        from automatosx_nb.profile.state_database import warn

        return KeyValueState(self.state_path(entry), told=told or warn)

    def state_path(self, entry: InstalledPlugin) -> Path:
        """Where the state of an installed plugin lies, or would."""
        from automatosx_nb.profile.state import state_path

        return state_path(self.root, entry.id, entry.state)
