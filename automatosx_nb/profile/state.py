"""Where the states of plugins lie, and how an update starts a new line of one: as a copy under a new name."""

from __future__ import annotations

from contextlib import closing, suppress
from hashlib import blake2b
from pathlib import Path

from automatosx_nb.files import is_there, storage_errors, sync_folder
from automatosx_nb.profile.snapshots import UNWRITTEN, copy_to, snapshots_of
from automatosx_nb.profile.state_format import open_sound


def state_path(root: Path, plugin: str, name: str) -> Path:
    """Where the state called ``name`` of ``plugin`` lies; nothing is made."""
    return root / "state" / plugin / f"{name}.sqlite3"


def copy_state(root: Path, plugin: str, old: str, new: str) -> bool:
    """Start the state ``new`` as a copy of ``old``; without an ``old`` on disk there is nothing to copy: False.

    SQLite's own backup is used, so writers may be at work meanwhile.

    :raises StateDamaged: ``old`` is; whoever opens it next restores it.
    """
    source, target = state_path(root, plugin, old), state_path(root, plugin, new)
    with storage_errors(target):
        drop_state(target)  # of a writer who died
    if not is_there(source):
        return False
    try:
        with closing(open_sound(source)) as reader:
            copy_to(source, reader, target)
        with storage_errors(target):
            sync_folder(target.parent)
    except BaseException:
        drop_what_can_be(target)
        raise
    return True


def drop_state(path: Path) -> None:
    """Remove a database that nobody has open, with its snapshots and the journal that a dead writer may have left."""
    for snapshot in snapshots_of(path):
        snapshot.path.unlink(missing_ok=True)
    for suffix in ("-journal", "-wal", "-shm", ""):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def drop_what_can_be(path: Path) -> None:
    """As :func:`drop_state`, where something else is to be told than that some of it stays, for ``gc`` to remove."""
    with suppress(OSError, *UNWRITTEN):
        drop_state(path)


def new_state_name(plugin: str, version: str, generation: int) -> str:
    """A name no other generation uses for this plugin."""
    return f"{generation:06d}-{blake2b(f'{plugin} {version}'.encode(), digest_size=4).hexdigest()}"
