"""The bytes of uploads: a part under its upload's id, its start and its digest.

So two nodes that are sent different bytes for the same place never write the same thing; which of them counts, the
database says.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from automatosx_nb.registry.objects import Objects

FOLDER = "uploads"


class Part(NamedTuple):
    """Bytes of an upload from ``start`` on. ``sha256`` is theirs."""

    start: int
    size: int
    sha256: str


class PartMissing(Exception):
    """What the database says was stored is not there any more."""


class PartStore:
    """Raises what :class:`automatosx_nb.registry.objects.port.Objects` does."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def put(self, upload: str, start: int, sha256: str, data: bytes) -> None:
        self._objects.put(_name(upload, start, sha256), data)

    def joined(self, upload: str, parts: Iterable[Part]) -> bytes:
        """All of them, one after the other; in memory once.

        :raises PartMissing:
        """
        whole = io.BytesIO()
        for part in parts:
            data = self._objects.get(_name(upload, part.start, part.sha256))
            if data is None or len(data) != part.size:
                raise PartMissing
            whole.write(data)
        return whole.getvalue()  # which copies nothing where nobody writes on

    def drop(self, upload: str) -> None:
        """Everything of an upload; nothing happens where that is gone."""
        self._objects.delete([each.name for each in self._objects.list(f"{FOLDER}/{upload}")])

    def kept(self) -> tuple[str, ...]:
        """The uploads of which there is something."""
        return tuple(sorted({each.name.split("/")[1] for each in self._objects.list(FOLDER)}))


def _name(upload: str, start: int, sha256: str) -> str:
    return f"{FOLDER}/{upload}/{start:012d}-{sha256}"
