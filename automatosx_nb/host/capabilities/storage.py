"""``sdk.storage``: the plugin's own durable key-value state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from automatosx_nb.errors import InvalidRequest
from automatosx_nb.model.permissions import Permission, storage_bytes

if TYPE_CHECKING:
    from automatosx_nb.host.grants import Grants
    from automatosx_nb.host.metering import Meter
    from automatosx_nb.profile.state import KeyValueState


MAX_READ_BYTES = 8 << 20
"""Most bytes that one ``keys`` or ``items`` reads: as JSON they become up to twenty times as many in memory."""


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
        state = self._opened()
        match method, list(args):
            case "get", [str(key)]:
                return list(state.get(key))
            case "put", [str(key), value]:
                _check(value)
                self._meter.count(state.put(key, value, most_bytes=self._quota()))
                return None
            case "usage", []:
                return [state.used_bytes(), self._quota()]
            case "delete", [str(key)]:
                return state.delete(key)
            case "keys", [str(prefix)]:
                return state.keys(prefix, most_bytes=MAX_READ_BYTES)
            case "items", [str(prefix)]:
                return [[key, value] for key, value in state.items(prefix, most_bytes=MAX_READ_BYTES)]
        raise InvalidRequest("storage", method, "get, put, delete, keys, items and usage, with text keys")

    def close(self) -> None:
        if self._state is not None:
            self._state.close()
            self._state = None

    def _quota(self) -> int:
        """Bytes, by the largest grant."""
        return max((storage_bytes(each.scope) for each in self._grants.of("storage")), default=0)

    def _opened(self) -> KeyValueState:
        if self._state is None:
            self._state = self._open_state()
        return self._state
