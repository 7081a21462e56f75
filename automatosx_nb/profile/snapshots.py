"""Snapshots of a plugin's state: whole, looked at row by row after they were written, and few.

They lie in ``snapshots/`` beside the state, as ``<state>.<UTC time>.<revision>.<why>.sqlite3``. What is damaged is set
aside under a name that says so, and never deleted.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from automatosx_nb.errors import ProfileReadOnly, StateDamaged, StateRestored, StorageFailed, StorageFull
from automatosx_nb.files import make_folder, paths_in, storage_errors, sync_folder
from automatosx_nb.profile.state_format import Head, errors_of, head_of, make_tables, verify, write_head
from automatosx_nb.profile.turns import Turns

EVERY_S = 600.0
"""A state that changed is copied so often, by the write, the opening or the closing that comes after that time."""
KEPT = 3
"""So many, the newest, of each state."""
REVISIONS_SKIPPED = 1_000_000
"""After a restore: revisions that others remember of the time since the snapshot do not come again."""

UNWRITTEN = (StorageFull, StorageFailed, ProfileReadOnly)
"""What ``files.storage_errors`` makes of whatever the system says."""

Why = Literal["time", "migration", "import", "restore", "asked"]
SetAside = Literal["damaged", "replaced"]
_TIME = "%Y%m%dT%H%M%S%f"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """``taken``: RFC 3339, UTC; ``why``: what it was taken for, or before."""

    name: str
    taken: str
    why: str
    revision: int
    size: int
    path: Path

    @property
    def at(self) -> datetime:
        return datetime.fromisoformat(self.taken)


def now() -> datetime:
    return datetime.now(UTC)


def snapshots_of(path: Path) -> tuple[Snapshot, ...]:
    """Those of the state at ``path``, newest first. Raises as ``files.storage_errors`` does."""
    found = _databases_in(path.parent / "snapshots", f"{path.stem}.")
    return tuple(snapshot for snapshot in map(_snapshot, reversed(found)) if snapshot is not None)


def _databases_in(folder: Path, prefix: str) -> list[Path]:
    return [each for each in paths_in(folder) if each.name.startswith(prefix) and each.suffix == ".sqlite3"]


def _snapshot(path: Path) -> Snapshot | None:
    try:
        _state, time, revision, why, _suffix = path.name.split(".")
        number = int(revision)
        taken = datetime.strptime(time, _TIME).replace(tzinfo=UTC)
        size = path.stat().st_size
    except (ValueError, OSError):
        return None  # somebody else's file, or one that was just dropped
    return Snapshot(path.name.removesuffix(".sqlite3"), taken.isoformat(), why, number, size, path)


def take(path: Path, connection: sqlite3.Connection, why: Why) -> Snapshot:
    """Copy the state that ``connection`` has open. Writers may be at work meanwhile.

    :raises StateDamaged: the copy is not sound; it is not kept, and the older ones stay.
    """
    folder = make_folder(path.parent / "snapshots")
    partial = folder / f".{path.stem}-{os.urandom(6).hex()}"
    try:
        revision = copy_to(path, connection, partial)
        taken = now()
        target = folder / f"{path.stem}.{taken:{_TIME}}.{revision}.{why}.sqlite3"
        with storage_errors(target):
            size = partial.stat().st_size
            partial.replace(target)
            sync_folder(folder)
    except BaseException:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise
    with suppress(*UNWRITTEN):  # the new one is there
        for old in snapshots_of(path)[KEPT:]:
            with suppress(OSError):
                old.path.unlink(missing_ok=True)
    return Snapshot(target.name.removesuffix(".sqlite3"), taken.isoformat(), why, revision, size, target)


def copy_to(path: Path, connection: sqlite3.Connection, target: Path) -> int:
    """One durable file with all that ``connection`` sees, looked at row by row; the revision that it is at.

    :raises StateDamaged:
    """
    with errors_of(path), closing(sqlite3.connect(target, isolation_level=None)) as copy:
        copy.execute("PRAGMA synchronous=OFF")
        connection.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
        verify(path, copy)
        revision = head_of(path, copy).revision
    with storage_errors(target), target.open("rb+") as file:
        os.fsync(file.fileno())
    return revision


def restore(path: Path, reason: str, among: Collection[Snapshot], word: SetAside = "damaged") -> StateRestored:
    """Set the state at ``path`` aside, and put the first of ``among`` that is sound in its place.

    The caller holds the turn, and has it open nowhere in this process.

    :raises StateDamaged: none of them is sound; nothing was touched.
    """
    for snapshot in among:
        partial = path.with_name(f".{path.name}-restored")
        with storage_errors(path), suppress(StateDamaged):
            partial.unlink(missing_ok=True)
            _copy_on(snapshot.path, partial)
            aside = set_aside(path, word)
            partial.replace(path)
            sync_folder(path.parent)
            return StateRestored(str(path), reason, aside, snapshot.name)
    raise StateDamaged(str(path), f"{reason}, and there is no snapshot that is whole")


def _copy_on(snapshot: Path, target: Path) -> None:
    """As :func:`copy_to`, from a file, with revisions that nobody has seen.

    :raises StateDamaged:
    """
    with errors_of(snapshot), closing(sqlite3.connect(snapshot, isolation_level=None)) as source:
        copy_to(snapshot, source, target)
    with errors_of(target), closing(sqlite3.connect(target, isolation_level=None)) as copy:
        head = head_of(target, copy)
        write_head(copy, Head(head.revision + REVISIONS_SKIPPED, head.entries, head.sum))


def start_anew(path: Path) -> str:
    """Set the state at ``path`` aside for an empty one; the new name of what was there. As :func:`restore`."""
    newest = max((snapshot.revision for snapshot in snapshots_of(path)), default=0)
    partial = path.with_name(f".{path.name}-restored")
    with storage_errors(path):
        partial.unlink(missing_ok=True)
        with errors_of(path), closing(sqlite3.connect(partial, isolation_level=None)) as made:
            make_tables(made)
            write_head(made, Head(newest + REVISIONS_SKIPPED))
        aside = set_aside(path, "replaced")
        partial.replace(path)
        sync_folder(path.parent)
    return aside


def set_aside(path: Path, word: SetAside) -> str:
    """The new name of what was there, with the journals that belong to it; '' where nothing was."""
    name = f"{path.stem}.{word}-{now():{_TIME}}"
    for suffix in ("-wal", "-shm", ""):
        there = path.with_name(path.name + suffix)
        if there.exists():
            there.replace(path.with_name(f"{name}{path.suffix}{suffix}"))
    return f"{name}{path.suffix}" if path.with_name(f"{name}{path.suffix}").exists() else ""


def set_aside_files(path: Path) -> tuple[Path, ...]:
    """What was set aside of the state at ``path``, oldest first. Raises as ``files.storage_errors`` does."""
    words: tuple[SetAside, ...] = ("damaged", "replaced")
    return tuple(sorted(each for word in words for each in _databases_in(path.parent, f"{path.stem}.{word}-")))


def turn_of(path: Path) -> Turns:
    with storage_errors(path):
        return Turns(path)
