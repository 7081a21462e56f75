"""Objects as files below one folder."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from automatosx_nb.files import make_folder, storage_errors, write_atomic
from automatosx_nb.registry.objects.port import Stored

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


class Folder:
    """Implements :class:`automatosx_nb.registry.objects.port.Objects`. Made on the first write."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.where = str(root)

    def put(self, name: str, data: bytes) -> None:
        path = self.root / name
        make_folder(path.parent)
        write_atomic(path, data)

    def get(self, name: str, *, start: int = 0) -> bytes | None:
        path = self.root / name
        with storage_errors(path):
            try:
                with path.open("rb") as file:
                    file.seek(start)
                    return file.read()
            except (FileNotFoundError, NotADirectoryError):
                return None

    def stored(self, name: str) -> Stored | None:
        path = self.root / name
        with storage_errors(path):
            try:
                found = path.stat()
            except (FileNotFoundError, NotADirectoryError):
                return None
        return _stored(name, found) if stat.S_ISREG(found.st_mode) else None

    def list(self, prefix: str = "") -> Iterator[Stored]:
        """Also of files that somebody else put there, and of those that are being written."""

        def refused(error: OSError) -> None:
            if not isinstance(error, FileNotFoundError):
                raise error

        with storage_errors(self.root):
            for folder, _, files in os.walk(self.root / prefix, onerror=refused):
                for each in files:
                    path = Path(folder, each)
                    found = self.stored(path.relative_to(self.root).as_posix())
                    if found is not None:
                        yield found

    def delete(self, names: Collection[str]) -> None:
        """Folders that become empty are left: somebody may be about to write into one."""
        for name in names:
            path = self.root / name
            with storage_errors(path):
                path.unlink(missing_ok=True)


def _stored(name: str, found: os.stat_result) -> Stored:
    return Stored(name, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))
