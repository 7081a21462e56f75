"""``sdk.storage``: the plugin's own durable key-value state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from automatosx_nb.errors import InvalidRequest, StateConflict
from automatosx_nb.model.permissions import Permission, storage_bytes
from automatosx_nb.model.state import MAX_CHANGES, MAX_TTL_S, Change, Delete, Put

if TYPE_CHECKING:
    from automatosx_nb.host.grants import Grants
    from automatosx_nb.host.metering import Meter
    from automatosx_nb.profile.keyvalue import KeyValueState

_VALID = "get, entry, put, delete, apply, scan and usage, as sdk.storage asks for them"


class StorageCapability:
    def __init__(self, grants: Grants, meter: Meter, open_state: Callable[[], KeyValueState]) -> None:
        self._grants = grants
        self._meter = meter
        self._open_state = open_state
        self._state: KeyValueState | None = None

    def needs(self, _method: str, _args: Sequence[object]) -> Permission:
        """Storage of any size."""
        return next(iter(self._grants.of("storage")), Permission("storage"))

    def ask(self, method: str, args: Sequence[object]) -> object:
        """:raises QuotaExceeded:
        :raises StateRestored: what was read before may be no longer so.
        """
        state = self._opened()
        match method, list(args):
            case "get", [str(key)]:
                return list(state.get(key))
            case "put", [str(key), value, *ttl_s] if len(ttl_s) <= 1:
                return self._apply(state, [_put(key, value, *ttl_s)], {})
            case "delete", [str(key)]:
                return state.delete(key)
            case "apply", [list(expected), list(changes)]:
                try:
                    return [self._apply(state, _changes(changes), _revisions(expected))]
                except StateConflict as conflict:
                    return [None, conflict.key, conflict.expected, conflict.found]
            case "entry", [str(key)]:
                entry = state.entry(key)
                return None if entry is None else [entry.value, entry.revision, entry.expires]
            case "scan", [str(prefix), str(cursor), bool(values), int(most)] if most > 0:
                page = state.scan(prefix, cursor, values=values, most=most)
                return [[[each.key, each.value] for each in page.entries], page.cursor]
            case "usage", []:
                return [state.used_bytes(), self._quota()]
        raise InvalidRequest("storage", method, _VALID)

    def close(self) -> None:
        state, self._state = self._state, None
        if state is not None:
            state.close()

    def _apply(self, state: KeyValueState, changes: Sequence[Change], expected: dict[str, int]) -> int:
        written = state.apply(changes, expected, most_bytes=self._quota())
        self._meter.count(written.size)
        return written.revision

    def _quota(self) -> int:
        """Bytes, by the largest grant."""
        return max((storage_bytes(each.scope) for each in self._grants.of("storage")), default=0)

    def _opened(self) -> KeyValueState:
        if self._state is None:
            self._state = self._open_state()
        return self._state


def _changes(asked: Sequence[object]) -> list[Change]:
    """:raises InvalidRequest:"""
    if len(asked) > MAX_CHANGES:
        raise InvalidRequest("storage", "apply", f"at most {MAX_CHANGES} changes at once")
    return [_change(each) for each in asked]


def _change(asked: object) -> Change:
    match asked:
        case ["put", str(key), value, ttl_s]:
            return _put(key, value, ttl_s)
        case ["delete", str(key)]:
            return Delete(key)
    raise InvalidRequest("storage", "apply", _VALID)


def _put(key: str, value: object, ttl_s: object = None) -> Put:
    """:raises InvalidRequest: it is neither a JSON value nor bytes, or lives no time that there is."""
    _check(value)
    if ttl_s is None:
        return Put(key, value)
    if isinstance(ttl_s, bool) or not isinstance(ttl_s, int | float) or not 0 < ttl_s <= MAX_TTL_S:
        raise InvalidRequest(
            "storage", "put", f"a time to live of more than 0 and at most {MAX_TTL_S} seconds, or None"
        )
    return Put(key, value, ttl_s)


def _revisions(asked: Sequence[object]) -> dict[str, int]:
    """:raises InvalidRequest:"""
    found: dict[str, int] = {}
    for each in asked:
        match each:
            case [str(key), int(revision)]:
                found[key] = revision
            case _:
                raise InvalidRequest("storage", "apply", _VALID)
    if len(found) > MAX_CHANGES:
        raise InvalidRequest("storage", "apply", f"at most {MAX_CHANGES} conditions at once")
    return found


def _check(value: object) -> None:
    """:raises InvalidRequest: it is neither a JSON value nor bytes; bytes inside of a JSON value are neither."""
    todo = [] if isinstance(value, bytes) else [value]
    while todo:
        node = todo.pop()
        if isinstance(node, dict):
            todo += node.values()
        elif isinstance(node, list):
            todo += node
        elif not (node is None or isinstance(node, str | int | float)):
            raise InvalidRequest("storage", "put", "a JSON value, or bytes by themselves")
