"""What an installed plugin has saved, as its user handles it: looked at, carried away, brought back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from automatosx_nb.errors import InvalidStateFile, NoSnapshot, QuotaExceeded, StateDamaged
from automatosx_nb.files import make_folder
from automatosx_nb.model.permissions import Permission, storage_bytes
from automatosx_nb.model.state import StateUsage
from automatosx_nb.profile import snapshots
from automatosx_nb.profile.keyvalue import MAX_TOTAL_BYTES, KeyValueState
from automatosx_nb.profile.state_files import Header, read_state_file, write_state_file
from automatosx_nb.profile.state_format import encode

if TYPE_CHECKING:
    from pathlib import Path

    from automatosx_nb.errors import StateRestored
    from automatosx_nb.model.generation import InstalledPlugin
    from automatosx_nb.profile.profile import Profile
    from automatosx_nb.profile.snapshots import Snapshot

EMPTY = "empty"
"""In place of a snapshot's name: start anew."""
_NOTHING = StateUsage(0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Restored:
    """``set_aside``: the file that has what was there before; '' where nothing was. ``snapshot``: what is there now."""

    snapshot: str
    set_aside: str


class SavedState:
    """Of one plugin of the current generation; kernels may be at work with it. ``record`` writes to the audit log."""

    def __init__(self, profile: Profile, entry: InstalledPlugin, record: Callable[..., Any]) -> None:
        self.entry = entry
        self.path: Path = profile.state_path(entry)
        self._profile = profile
        self._record = record

    @property
    def quota(self) -> int:
        """Bytes, by the largest grant; without one, what the permission ``storage`` would give."""
        granted = [Permission.parse(text) for text in self.entry.grants]
        return max((storage_bytes(each.scope) for each in granted if each.kind == "storage"), default=MAX_TOTAL_BYTES)

    def usage(self) -> StateUsage:
        if not self._exists():
            return _NOTHING
        with self._opened() as state:
            return state.usage()

    def snapshots(self) -> tuple[Snapshot, ...]:
        """Newest first."""
        return snapshots.snapshots_of(self.path)

    def set_aside(self) -> tuple[str, ...]:
        """The names of files that were damaged, or replaced by what was restored; they lie beside the state."""
        return tuple(path.name for path in snapshots.set_aside_files(self.path))

    def snapshot(self) -> Snapshot:
        """Take one now.

        :raises NoSnapshot: nothing was ever saved.
        """
        if not self._exists():
            raise NoSnapshot(self.entry.id, "")
        with self._opened() as state:
            return state.snapshot()

    def restore(self, name: str = "") -> Restored:
        """Put a snapshot, by default the newest that is whole, or nothing (:data:`EMPTY`) in place of what is there.

        :raises NoSnapshot: with the names of those that there are.
        """
        found = self.snapshots()
        among = [each for each in found if name in ("", each.name)]
        if not among and name != EMPTY:
            raise NoSnapshot(self.entry.id, name, tuple(each.name for each in found))
        make_folder(self.path.parent)
        turns = snapshots.turn_of(self.path)
        try:
            with turns.taken():
                restored = self._put_back(name, among)
        finally:
            turns.close()
        detail = {"snapshot": restored.snapshot, "set_aside": restored.set_aside or None, "reason": "it was asked for"}
        self._record("state-restored", self.entry.id, self.entry.version, **detail)
        return restored

    def _put_back(self, name: str, among: list[Snapshot]) -> Restored:
        if name == EMPTY:
            return Restored(EMPTY, snapshots.start_anew(self.path))
        try:
            done = snapshots.restore(self.path, "it was asked for", among, "replaced")
        except StateDamaged as error:
            raise NoSnapshot(self.entry.id, "") from error
        return Restored(done.snapshot, done.set_aside)

    def export(self, path: Path) -> int:
        """Write everything that has not expired to a file; how many entries that are."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        header = Header(self.entry.id, self.entry.version, self.entry.state_version, now)
        if not self._exists():
            return write_state_file(path, header, ())
        with self._opened() as state:
            return write_state_file(path, header, state.all_at_once())

    def load(self, path: Path) -> int:
        """Put what was exported in place of everything, in one step; how many entries that are.

        What was there before has a snapshot.

        :raises InvalidStateFile: the file is none, or another plugin's, or of another version of state.
        :raises QuotaExceeded: it is more than the plugin may keep.
        """
        header, entries = read_state_file(path)
        if header.plugin != self.entry.id:
            raise InvalidStateFile(str(path), 1, f"it is the state of {header.plugin}, and not of {self.entry.id}")
        if header.state_version != self.entry.state_version:
            versions = f"version {header.state_version}, and {self.entry.id} {self.entry.version} reads version"
            raise InvalidStateFile(str(path), 1, f"it is state of {versions} {self.entry.state_version}")
        size = sum(len(entry.key.encode()) + len(encode(entry.value)[0]) for entry in entries)
        if size > self.quota:
            allowed = f"{self.quota / 2**20:.3g} MiB"
            raise QuotaExceeded(f"the state of {self.entry.id} in {path.name}", allowed, f"{size / 2**20:.1f} MiB")
        with self._opened() as state:
            state.snapshot("import")
            return state.replace_all(entries)

    def _exists(self) -> bool:
        return self.path.exists() or bool(self.snapshots())

    @contextmanager
    def _opened(self) -> Iterator[KeyValueState]:
        state = self._profile.state(self.entry, self._mended)
        try:
            yield state
        finally:
            state.close()

    def _mended(self, restored: StateRestored) -> None:
        from automatosx_nb.profile.state_database import warn

        detail = {"reason": restored.reason, "snapshot": restored.snapshot, "set_aside": restored.set_aside}
        self._record("state-restored", self.entry.id, self.entry.version, **detail)
        warn(restored)
