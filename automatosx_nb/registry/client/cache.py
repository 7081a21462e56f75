"""Documents as a registry last gave them, on disk: for its ETags, and for the time in which it does not answer.

A file each, named by the SHA-256 of the document's path; a line of JSON, then the body. Its time of change is when the
registry last said so. Nothing is synced, for nothing depends on it: a file whose checksum is not true counts as none.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

MOST_FILES = 4096


@dataclass(frozen=True, slots=True)
class Kept:
    """``at``: when the registry last said so, seconds since the epoch."""

    etag: str
    body: bytes
    at: float


class DocumentCache:
    """Of one registry. What cannot be written is not kept; nothing here raises."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pruned = False

    def get(self, key: str) -> Kept | None:
        path = self._path(key)
        try:
            with path.open("rb") as file:
                head, body, at = json.loads(file.readline()), file.read(), os.fstat(file.fileno()).st_mtime
            whole = (head["key"], head["sha256"]) == (key, hashlib.sha256(body).hexdigest())
            return Kept(str(head["etag"]), body, at) if whole else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, key: str, etag: str, body: bytes) -> None:
        path = self._path(key)
        head = {"key": key, "etag": etag, "sha256": hashlib.sha256(body).hexdigest()}
        temporary = path.with_name(f".{path.name}-{os.urandom(6).hex()}")
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._prune()
            temporary.write_bytes(json.dumps(head).encode() + b"\n" + body)
            temporary.replace(path)
        except OSError:
            with suppress(OSError):
                temporary.unlink()

    def confirm(self, key: str) -> None:
        """The registry says that it still says so."""
        with suppress(OSError):
            os.utime(self._path(key))

    def _prune(self) -> None:
        """Once a process: of too many files, the half that was confirmed last stays."""
        if self._pruned:
            return
        self._pruned = True
        files = list(self._folder.iterdir())
        if len(files) > MOST_FILES:
            for path in sorted(files, key=lambda each: each.stat().st_mtime)[: len(files) // 2]:
                path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._folder / f"{hashlib.sha256(key.encode()).hexdigest()}.json"
