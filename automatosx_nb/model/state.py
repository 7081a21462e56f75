"""A plugin's durable state as records: entries, what changes them, and on which condition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

MAX_KEY_BYTES = 512
"""Of a key, in UTF-8."""
MAX_CHANGES = 1000
"""Changes and conditions of one transaction."""
MAX_TTL_S = 10 * 366 * 86_400
"""Ten years."""
ABSENT = 0
"""The revision of a key that is not there."""


@dataclass(frozen=True, slots=True)
class StateFormat:
    """Which ``version`` of its own state a release reads and writes; 1 where the manifest says nothing.

    ``migrate``: the handler (``module:function``) that brings state of an older version to this one.
    """

    version: int = 1
    migrate: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A key that is there. ``revision`` grows with every write to the state, and no two writes have the same.

    ``expires``: seconds since the epoch after which it reads as absent; None: never.
    """

    key: str
    value: Any
    revision: int
    expires: float | None = None


@dataclass(frozen=True, slots=True)
class Put:
    """``ttl_s``: seconds until it expires; None: never."""

    key: str
    value: Any
    ttl_s: float | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    key: str


Change = Put | Delete


@dataclass(frozen=True, slots=True)
class Written:
    """What one write did: the revision of all that it put, the bytes of it, and how many keys it deleted."""

    revision: int
    size: int
    deleted: int


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries in the order of their keys. ``cursor``: where the next page begins; None: this was the last."""

    entries: tuple[Entry, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class StateUsage:
    """``used_bytes``: of the file, in whole pages; ``file_bytes``: with what the next write may reuse."""

    entries: int
    expired: int
    used_bytes: int
    file_bytes: int
    revision: int
