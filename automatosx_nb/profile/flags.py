"""What the registry last said against what is installed, kept in the profile: a kernel asks no registry to obey it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from automatosx_nb.errors import PluginDisabled, ProfileDamaged
from automatosx_nb.files import make_folder, storage_errors, write_atomic
from automatosx_nb.model.flags import Flag

if TYPE_CHECKING:
    from automatosx_nb.model.generation import InstalledPlugin


class ReleaseFlags:
    """One JSON file, replaced whole; whoever asked the registry last is right."""

    def __init__(self, root: Path) -> None:
        self._path = root / "flags.json"
        self._known: tuple[object, tuple[Flag, ...]] = (None, ())

    def stamp(self) -> object:
        """Changes whenever other flags were written; costs one ``stat``."""
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino

    def all(self) -> tuple[Flag, ...]:
        """:raises ProfileDamaged:"""
        stamp = self.stamp()
        if stamp is None:
            return ()
        if self._known[0] != stamp:
            with storage_errors(self._path):
                text = self._path.read_bytes()
            try:
                self._known = stamp, tuple(Flag(**record) for record in json.loads(text)["flags"])
            except (ValueError, KeyError, TypeError) as error:
                raise ProfileDamaged(str(self._path), "it does not say which releases are flagged") from error
        return self._known[1]

    def of(self, plugin: str, version: str) -> tuple[Flag, ...]:
        return tuple(each for each in self.all() if (each.plugin, each.version) == (plugin, version))

    def refuse(self, entry: InstalledPlugin) -> None:
        """:raises PluginDisabled: a flag of this very release disables it."""
        for flag in self.of(entry.id, entry.version):
            if flag.disables:
                raise PluginDisabled(entry.id, entry.version, flag.words())

    def is_disabled(self, entry: InstalledPlugin) -> bool:
        return any(flag.disables for flag in self.of(entry.id, entry.version))

    def put(self, flags: Iterable[Flag]) -> bool:
        """Whether they are others than before."""
        found = tuple(flags)
        if found == self.all():
            return False
        make_folder(self._path.parent)
        document = {"format": 1, "flags": [asdict(each) for each in found]}
        write_atomic(self._path, json.dumps(document, indent=1, ensure_ascii=False).encode())
        return True
