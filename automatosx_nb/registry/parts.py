"""The bytes of uploads: a part under its upload's id, its start and its digest.

So two nodes that are sent different bytes for the same place never write the same thing; which of them counts, the
database says.
"""

from __future__ import annotations

import io
import shutil
from typing import TYPE_CHECKING, NamedTuple

from automatosx_nb.files import make_folder, read_if_there, storage_errors, write_atomic

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class Part(NamedTuple):
    """Bytes of an upload from ``start`` on. ``sha256`` is theirs."""

    start: int
    size: int
    sha256: str


class PartMissing(Exception):
    """What the database says was stored is not there any more."""


class PartStore:
    """Made on the first write. Raises what ``files.storage_errors`` raises."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, upload: str, start: int, sha256: str, data: bytes) -> None:
        folder = make_folder(self.root / upload)
        write_atomic(folder / _name(start, sha256), data)

    def joined(self, upload: str, parts: Iterable[Part]) -> bytes:
        """All of them, one after the other; in memory once.

        :raises PartMissing:
        """
        whole = io.BytesIO()
        for part in parts:
            data = read_if_there(self.root / upload / _name(part.start, part.sha256))
            if data is None or len(data) != part.size:
                raise PartMissing
            whole.write(data)
        return whole.getvalue()  # which copies nothing where nobody writes on

    def drop(self, upload: str) -> None:
        """Everything of an upload; nothing happens where that is gone."""
        folder = self.root / upload
        with storage_errors(folder):
            shutil.rmtree(folder, ignore_errors=not folder.exists())

    def kept(self) -> tuple[str, ...]:
        """The uploads of which there is something."""
        with storage_errors(self.root):
            return tuple(sorted(each.name for each in self.root.iterdir())) if self.root.exists() else ()


def _name(start: int, sha256: str) -> str:
    return f"{start:012d}-{sha256}"
