"""What a plugin has saved, for the release that comes: a copy, brought to the version of state that this one reads."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from automatosx_nb.errors import StateDowngrade
from automatosx_nb.files import is_there
from automatosx_nb.profile.snapshots import take
from automatosx_nb.profile.state import copy_state, drop_what_can_be
from automatosx_nb.profile.state_format import open_sound

if TYPE_CHECKING:
    from automatosx_nb.model.generation import Generation, InstalledPlugin
    from automatosx_nb.profile.profile import Profile

Migrate = Callable[["InstalledPlugin", int], None]
"""Has the plugin's own handler bring its copied state from an older version; raises MigrationFailed."""


def carry_state_over(profile: Profile, current: Generation, entry: InstalledPlugin, migrate: Migrate) -> None:
    """Give ``entry``, which is not current yet, what the plugin has saved, and its settings.

    Where that has to be migrated, the state of before and the state of after each get a snapshot.

    :raises StateDowngrade: what it has saved is of a newer version.
    :raises MigrationFailed: the copy is gone again.
    :raises StateDamaged:
    """
    old = current.plugins.get(entry.id)
    if old is None:
        return
    source, target = profile.state_path(old), profile.state_path(entry)
    if is_there(source) and entry.state_version < old.state_version:
        raise StateDowngrade(entry.id, entry.version, entry.state_version, old.state_version)
    if copy_state(profile.root, entry.id, old.state, entry.state) and entry.state_version > old.state_version:
        try:
            _snapshot(source)
            migrate(entry, old.state_version)
            _snapshot(target)
        except BaseException:
            drop_what_can_be(target)
            raise
    profile.settings.carry_over(entry.id, old.state, entry.state)


def _snapshot(path: Path) -> None:
    with closing(open_sound(path)) as connection:
        take(path, connection, "migration")
