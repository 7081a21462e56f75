"""What was done without being asked, kept until somebody was told."""

from __future__ import annotations

import json
from pathlib import Path

from filelock import FileLock

from automatosx_nb.files import make_folder, storage_errors, write_atomic

MOST = 50
LOCK_S = 5.0


class Notices:
    """Sentences, oldest first, in one file; of too many, the newest stay."""

    def __init__(self, root: Path) -> None:
        self._path = root / "notices.json"

    def add(self, text: str) -> None:
        make_folder(self._path.parent)
        with storage_errors(self._path), FileLock(f"{self._path}.lock", timeout=LOCK_S):
            write_atomic(self._path, json.dumps([*self._read(), text][-MOST:], ensure_ascii=False).encode())

    def take(self) -> tuple[str, ...]:
        """Each is given out once."""
        if not self._path.exists():
            return ()
        with storage_errors(self._path), FileLock(f"{self._path}.lock", timeout=LOCK_S):
            found = self._read()
            self._path.unlink(missing_ok=True)
        return tuple(found)

    def _read(self) -> list[str]:
        """A damaged file tells nothing: what it told was news, and the history has it."""
        try:
            found = json.loads(self._path.read_bytes())
        except (OSError, ValueError):
            return []
        return [str(each) for each in found] if isinstance(found, list) else []
