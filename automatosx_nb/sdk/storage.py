"""Key-value storage of this plugin alone; it outlives kernels. Needs the permission ``storage``.

Keys are text. Values are JSON values (None, bool, int, float, str, lists, dicts with text keys) or bytes.
A write that returned is on disk. Every function raises PermissionDenied without the permission.
"""

from __future__ import annotations

from typing import Any, cast

from automatosx_nb.sdk import _wire

MAX_KEY_CHARS = 512


def get(key: str, default: Any = None) -> Any:
    """The value under ``key``, or ``default`` if there is none."""
    present, value = cast("list[Any]", _wire.ask("storage", "get", _key(key)))
    return value if present else default


def put(key: str, value: Any) -> None:
    """Keep ``value`` under ``key``, in place of what was there."""
    _wire.ask("storage", "put", _key(key), value)


def delete(key: str) -> None:
    """Forget ``key``; nothing happens if it is not there."""
    _wire.ask("storage", "delete", _key(key))


def keys(prefix: str = "") -> list[str]:
    """Every key that begins with ``prefix``, sorted."""
    return cast("list[str]", _wire.ask("storage", "keys", prefix))


def items(prefix: str = "") -> list[tuple[str, Any]]:
    """Key and value of every key that begins with ``prefix``, sorted by key."""
    pairs = cast("list[list[Any]]", _wire.ask("storage", "items", prefix))
    return [(key, value) for key, value in pairs]


def usage() -> tuple[int, int]:
    """How many bytes this plugin keeps, and how many it may."""
    used, allowed = cast("list[int]", _wire.ask("storage", "usage"))
    return used, allowed


def _key(key: str) -> str:
    if not isinstance(key, str) or not 0 < len(key) <= MAX_KEY_CHARS:
        raise ValueError(f"a storage key is a str of 1 to {MAX_KEY_CHARS} characters, not {key!r:.60}")
    return key
