"""``sdk.storage``: the plugin's own durable key-value state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from automatosx_nb.errors import InvalidRequest

if TYPE_CHECKING:
    from automatosx_nb.profile.state import KeyValueState


class StorageCapability:
    permission: ClassVar[str | None] = "storage"

    def __init__(self, open_state: Callable[[], KeyValueState]) -> None:
        self._open_state = open_state
        self._state: KeyValueState | None = None

    def ask(self, method: str, args: Sequence[object]) -> object:
        state = self._opened()
        match method, list(args):
            case "get", [str(key)]:
                return list(state.get(key))
            case "put", [str(key), value]:
                state.put(key, value)
                return None
            case "delete", [str(key)]:
                return state.delete(key)
            case "keys", [str(prefix)]:
                return [key for key, _value in state.items(prefix)]
            case "items", [str(prefix)]:
                return [[key, value] for key, value in state.items(prefix)]
        raise InvalidRequest("storage", method, "get, put, delete, keys and items, each with text keys")

    def close(self) -> None:
        if self._state is not None:
            self._state.close()
            self._state = None

    def _opened(self) -> KeyValueState:
        if self._state is None:
            self._state = self._open_state()
        return self._state
