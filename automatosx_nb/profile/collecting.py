"""Collecting garbage: generations that policy lets go, and files that no generation of any profile names any more.

It holds the lock of every profile that shares the store, so nobody installs meanwhile: an artifact that was fetched
for a generation that is not written yet is never taken for garbage. A file that cannot be removed stays and is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from automatosx_nb.files import is_there, paths_in, target_of
from automatosx_nb.profile.lock import WAIT_S, writer_lock
from automatosx_nb.profile.partial import SUFFIX as PARTIAL

if TYPE_CHECKING:
    from automatosx_nb.model.generation import Generation, InstalledPlugin
    from automatosx_nb.model.retention import GenerationRetention
    from automatosx_nb.profile.profile import Profile

Kind = Literal["generation", "artifact", "state", "temporary"]
_STATE = re.compile(r"(?P<name>[^.]+)\.sqlite3(-journal|-wal|-shm|\.lock|\.turn)?")
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Garbage:
    """One file that nothing needs. ``what`` names it for a person."""

    kind: Kind
    what: str
    path: Path
    size: int
    """Bytes."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What was removed, or would be in a dry run."""

    removed: tuple[Garbage, ...]
    stuck: tuple[Garbage, ...] = ()
    """What could not be removed, as Windows says of open files."""
    settings: int = 0
    """How many old sets of settings were forgotten."""
    dry_run: bool = False

    @property
    def size(self) -> int:
        """Bytes that were freed."""
        return sum(each.size for each in self.removed)


def collect(
    profiles: Sequence[Profile],
    retention: GenerationRetention,
    now: datetime,
    *,
    dry_run: bool = False,
    wait_s: float = WAIT_S,
) -> Collected:
    """Of ``profiles``, which are all that share a store.

    :param now: with a time zone.
    :raises ProfileBusy: somebody changes one of them; nothing was removed.
    :raises ProfileDamaged: one cannot be read, so nobody knows what it needs; nothing was removed.
    """
    with ExitStack() as locks:
        stores = sorted({profile.store.folder.parent for profile in profiles})
        for root in dict.fromkeys((*stores, *sorted(profile.root for profile in profiles))):
            if is_there(root):
                locks.enter_context(writer_lock(root, wait_s=wait_s))
        kept = {profile.root: _kept(profile, retention, now) for profile in profiles}
        garbage = [each for profile in profiles for each in _of_profile(profile, kept[profile.root])]
        garbage += _of_stores(profiles, {entry.sha256 for each in kept.values() for entry in _entries(each)})
        if dry_run:
            return Collected(tuple(garbage), dry_run=True)
        stuck = tuple(each for each in garbage if not _removed(each.path))
        settings = sum(profile.settings.drop_lines(_lines(kept[profile.root])) for profile in profiles)
    return Collected(tuple(each for each in garbage if each not in stuck), stuck, settings)


def _kept(profile: Profile, retention: GenerationRetention, now: datetime) -> list[Generation]:
    generations = [profile.generations.read(number) for number in profile.generations.numbers()]
    needed = profile.needed_generations() | profile.kept_generations.notes().keys()
    gone = set(retention.prunable(generations, needed=needed, now=now))
    return [each for each in generations if each.number not in gone]


def _entries(generations: Iterable[Generation]) -> Iterator[InstalledPlugin]:
    for generation in generations:
        yield from generation.plugins.values()


def _lines(generations: Iterable[Generation]) -> dict[str, set[str]]:
    """Plugin → the names of its state."""
    found: dict[str, set[str]] = {}
    for entry in _entries(generations):
        found.setdefault(entry.id, set()).add(entry.state)
    return found


def _of_profile(profile: Profile, kept: Sequence[Generation]) -> Iterator[Garbage]:
    numbers = {generation.number for generation in kept}
    for path in profile.generations.paths():
        if int(path.stem) not in numbers:
            yield _garbage("generation", f"generation {int(path.stem)}", path)
    lines = _lines(kept)
    for state in paths_in(profile.root / "state"):
        plugin = state.name
        for path in paths_in(state):
            found = _STATE.fullmatch(path.name)
            if found is not None and found["name"] not in lines.get(plugin, ()):
                yield _garbage("state", f"state of {plugin}", path)
        for path in paths_in(state / "snapshots"):
            if path.suffix == ".sqlite3" and path.name.partition(".")[0] not in lines.get(plugin, ()):
                yield _garbage("state", f"snapshot of the state of {plugin}", path)
    for folder in (profile.root / "generations", profile.root):
        yield from _temporary(folder, but=("settings.json",))


def _of_stores(profiles: Sequence[Profile], named: set[str]) -> Iterator[Garbage]:
    for store in {profile.store.folder for profile in profiles}:
        for path in paths_in(store):
            if path.suffix == ".axp" and _DIGEST.fullmatch(path.stem) and path.stem not in named:
                yield _garbage("artifact", f"artifact {path.stem[:12]}", path)
            elif path.suffix == PARTIAL:
                yield _garbage("temporary", f"what came of artifact {path.stem[:12]}", path)
        yield from _temporary(store)


def _temporary(folder: Path, but: tuple[str, ...] = ()) -> Iterator[Garbage]:
    """What a writer who was killed left. ``but``: files with a lock of their own, whose writers may be at work."""
    for path in paths_in(folder):
        name = target_of(path.name)
        if name is not None and name not in but and path.is_file():
            yield _garbage("temporary", f"what a killed writer left of {name}", path)


def _garbage(kind: Kind, what: str, path: Path) -> Garbage:
    size = 0
    with suppress(OSError):
        size = path.stat().st_size
    return Garbage(kind, what, path, size)


def _removed(path: Path) -> bool:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return False
    return True
