"""What the user set for plugins: one JSON file in the profile, plugin → name → value. It outlives versions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock

from automatosx_nb.errors import ProfileDamaged
from automatosx_nb.files import make_folder, storage_errors, write_atomic

LOCK_S = 10.0
Values = dict[str, dict[str, Any]]


class UserSettings:
    """Reads and writes them; making it touches no file."""

    def __init__(self, root: Path) -> None:
        self._path = root / "settings.json"

    def of(self, plugin: str) -> dict[str, Any]:
        """Name → value, as they were set, whether or not they fit today's version.

        :raises ProfileDamaged:
        """
        return self._read().get(plugin, {})

    def stamp(self) -> object:
        """Changes whenever anything is set; None: nothing ever was."""
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino

    def put(self, plugin: str, name: str, value: Any) -> None:
        with self._changing() as values:
            values.setdefault(plugin, {})[name] = value

    def remove(self, plugin: str, name: str) -> bool:
        """Whether it was set."""
        with self._changing() as values:
            own = values.get(plugin, {})
            found = own.pop(name, _ABSENT) is not _ABSENT
            if not own:
                values.pop(plugin, None)
        return found

    def _read(self) -> Values:
        if not self._path.exists():
            return {}
        with storage_errors(self._path):
            text = self._path.read_bytes()
        try:
            values = json.loads(text)["settings"]
        except (ValueError, TypeError, KeyError) as error:
            raise ProfileDamaged(str(self._path), "it is no file of settings") from error
        if not isinstance(values, dict) or not all(isinstance(own, dict) for own in values.values()):
            raise ProfileDamaged(str(self._path), "it is no file of settings")
        return values

    @contextmanager
    def _changing(self) -> Iterator[Values]:
        make_folder(self._path.parent)
        with storage_errors(self._path), FileLock(f"{self._path}.lock", timeout=LOCK_S):
            values = self._read()
            yield values
            text = json.dumps({"schema": 1, "settings": values}, indent=1, sort_keys=True, ensure_ascii=False)
            write_atomic(self._path, text.encode())


_ABSENT = object()
