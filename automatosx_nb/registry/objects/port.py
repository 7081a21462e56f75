"""What a registry asks of whatever keeps its bytes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import NamedTuple, Protocol


class Stored(NamedTuple):
    """One object. ``written``: when, by the store's clock, with its time zone."""

    name: str
    size: int
    written: datetime


class Objects(Protocol):
    """Names have segments between slashes, as in ``uploads/a1/000``. All methods may be called from any thread.

    They raise what ``files.storage_errors`` does, of a folder, and :class:`StoreUnreachable`, of a store elsewhere.
    """

    where: str
    """A path or URL, for messages."""

    def put(self, name: str, data: bytes) -> None:
        """Write all of it, durably, or nothing; what is there under that name is replaced."""

    def get(self, name: str, *, start: int = 0) -> bytes | None:
        """From byte ``start`` on; none of them, where it has fewer. None: there is no such object."""

    def stored(self, name: str) -> Stored | None:
        """None: there is no such object."""

    def list(self, prefix: str = "") -> Iterator[Stored]:
        """All whose names begin with the segments of ``prefix``, in no order."""

    def delete(self, names: Collection[str]) -> None:
        """Those that are not there are deleted already."""
