"""Key-value storage of this plugin alone; it outlives kernels. Needs the permission ``storage``.

Keys are text. Values are JSON values (None, bool, int, float, str, lists, dicts with text keys) or bytes.
A write that returned is on disk. Every function raises PermissionDenied without the permission.

Several kernels may write at once. What is read and then written goes through :func:`update`, :func:`replace` or
:func:`transaction`, each of which notices that somebody else wrote in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from automatosx_nb.errors import StateConflict
from automatosx_nb.sdk import _wire

Conflict = StateConflict

MAX_KEY_CHARS = 512
UPDATE_TRIES = 100
PAGE = 1000


@dataclass(frozen=True, slots=True)
class Entry:
    """A value with its revision, which is another one after every write; ``expires``: seconds since 1970, or None."""

    key: str
    value: Any
    revision: int
    expires: float | None = None


def get(key: str, default: Any = None) -> Any:
    """The value under ``key``, or ``default`` if there is none."""
    present, value = cast("list[Any]", _wire.ask("storage", "get", _key(key)))
    return value if present else default


def entry(key: str) -> Entry | None:
    """The value under ``key`` with its revision; None if there is none."""
    found = cast("list[Any] | None", _wire.ask("storage", "entry", _key(key)))
    return None if found is None else Entry(key, *found)


def put(key: str, value: Any, ttl: float | None = None) -> int:
    """Keep ``value`` under ``key``, in place of what was there, for ``ttl`` seconds or for good; its revision."""
    return cast("int", _wire.ask("storage", "put", _key(key), value, _ttl(ttl)))


def replace(key: str, value: Any, revision: int, ttl: float | None = None) -> int:
    """As :func:`put`, if ``key`` is at ``revision`` (0: is not there); compare-and-set.

    :raises Conflict: it is at another one; nothing was written.
    """
    return _apply([[_key(key), _revision(revision)]], [["put", key, value, _ttl(ttl)]])


def update(key: str, change: Callable[[Any], Any], default: Any = None, ttl: float | None = None) -> Any:
    """Put ``change(value)`` in place of the value, and return it; nobody else's write in between is lost.

    ``change`` is called again where somebody else was faster, so it does nothing else.

    :raises Conflict: others were faster a hundred times.
    """
    for attempt in range(1, UPDATE_TRIES + 1):
        found = entry(key)
        value = change(default if found is None else found.value)
        try:
            replace(key, value, 0 if found is None else found.revision, ttl)
        except StateConflict:
            if attempt == UPDATE_TRIES:
                raise
        else:
            return value
    raise AssertionError("unreachable: the last attempt returns or raises")


def transaction() -> Transaction:
    """Reads and writes that are carried out together, or not at all: ``with storage.transaction() as t:``."""
    return Transaction()


def delete(key: str) -> None:
    """Forget ``key``; nothing happens if it is not there."""
    _wire.ask("storage", "delete", _key(key))


def keys(prefix: str = "") -> list[str]:
    """Every key that begins with ``prefix``, sorted."""
    return [key for key, _value in _scan(prefix, values=False)]


def items(prefix: str = "") -> list[tuple[str, Any]]:
    """Key and value of every key that begins with ``prefix``, sorted by key."""
    return list(scan(prefix))


def scan(prefix: str = "", after: str = "") -> Iterator[tuple[str, Any]]:
    """As :func:`items`, from the key after ``after`` on, read page by page as they are needed."""
    return _scan(prefix, after)


def usage() -> tuple[int, int]:
    """How many bytes this plugin keeps, and how many it may."""
    used, allowed = cast("list[int]", _wire.ask("storage", "usage"))
    return used, allowed


class Transaction:
    """What is read is noted with its revision; what is written is sent at the end of the ``with`` block, all at once.

    An error within the block sends nothing.

    :raises Conflict: at the end of the block: something that was read is another by now; nothing was written.
    """

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}
        self._values: dict[str, Any] = {}
        self._changes: dict[str, list[Any]] = {}

    def get(self, key: str, default: Any = None) -> Any:
        """The value, with what was written in this transaction; else as it was when it was first read in it."""
        if _key(key) in self._changes:
            change = self._changes[key]
            return change[2] if change[0] == "put" else default
        if key not in self._seen:
            found = entry(key)
            self._seen[key] = 0 if found is None else found.revision
            if found is not None:
                self._values[key] = found.value
        return self._values.get(key, default)

    def put(self, key: str, value: Any, ttl: float | None = None) -> None:
        """Write ``value`` at the end."""
        self._changes[_key(key)] = ["put", key, value, _ttl(ttl)]

    def delete(self, key: str) -> None:
        """Forget ``key`` at the end."""
        self._changes[_key(key)] = ["delete", key]

    def require(self, key: str, revision: int) -> None:
        """Write nothing unless ``key`` is at ``revision`` (0: is not there)."""
        self._seen[_key(key)] = _revision(revision)

    def __enter__(self) -> Transaction:
        return self

    def __exit__(self, kind: object, _error: object, _traceback: object) -> None:
        if kind is None and (self._changes or self._seen):
            _apply([[key, revision] for key, revision in self._seen.items()], list(self._changes.values()))


def _apply(expected: list[list[Any]], changes: list[list[Any]]) -> int:
    """The revision of what was written.

    :raises Conflict:
    """
    revision, *conflict = cast("list[Any]", _wire.ask("storage", "apply", expected, changes))
    if conflict:
        raise StateConflict(*conflict)
    return cast("int", revision)


def _scan(prefix: str, after: str = "", *, values: bool = True) -> Iterator[tuple[str, Any]]:
    cursor: str | None = after
    while cursor is not None:
        page = cast("list[Any]", _wire.ask("storage", "scan", prefix, cursor, values, PAGE))
        yield from (tuple(pair) for pair in page[0])
        cursor = page[1]


def _key(key: str) -> str:
    if not isinstance(key, str) or not 0 < len(key) <= MAX_KEY_CHARS:
        raise ValueError(f"a storage key is a str of 1 to {MAX_KEY_CHARS} characters, not {key!r:.60}")
    return key


def _ttl(ttl: float | None) -> float | None:
    if ttl is not None and (isinstance(ttl, bool) or not isinstance(ttl, int | float) or not ttl > 0):
        raise ValueError(f"a time to live is a number of seconds over 0, or None, not {ttl!r:.60}")
    return ttl


def _revision(revision: int) -> int:
    if isinstance(revision, bool) or not isinstance(revision, int) or revision < 0:
        raise ValueError(f"a revision is an int, 0 for a key that is not there, not {revision!r:.60}")
    return revision
