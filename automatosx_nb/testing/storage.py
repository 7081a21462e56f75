"""The storage capability in memory, as ``sdk.storage`` asks for it: for tests of plugin code that need no disk.

Nothing expires in it, and it takes any value.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from automatosx_nb.errors import InvalidRequest


class MemoryStorage:
    """``values`` is what is kept; ``revisions`` has the write that put each there."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.revisions: dict[str, int] = {}
        self._written = 0

    def ask(self, method: str, args: Sequence[Any]) -> object:
        """:raises InvalidRequest:"""
        match method, list(args):
            case "get", [key]:
                return [key in self.values, self.values.get(key)]
            case "entry", [key]:
                return [self.values[key], self.revisions[key], None] if key in self.values else None
            case "put", [key, value, *_ttl]:
                return self._apply([["put", key, value, None]])
            case "delete", [key]:
                return self._apply([["delete", key]])
            case "apply", [expected, changes]:
                for key, revision in expected:
                    if self.revisions.get(key, 0) != revision:
                        return [None, key, revision, self.revisions.get(key, 0)]
                return [self._apply(changes)]
            case "scan", [prefix, cursor, values, most]:
                found = sorted(key for key in self.values if key.startswith(prefix) and key > cursor)
                page = [[key, self.values[key] if values else None] for key in found[:most]]
                return [page, found[most - 1] if len(found) > most else None]
            case "usage", []:
                return [len(self.values), 1 << 20]
        raise InvalidRequest("storage", method, "what sdk.storage asks for")

    def _apply(self, changes: list[Any]) -> int:
        self._written += 1
        for what, key, *rest in changes:
            self.values.pop(key, None)
            self.revisions.pop(key, None)
            if what == "put":
                self.values[key], self.revisions[key] = rest[0], self._written
        return self._written
