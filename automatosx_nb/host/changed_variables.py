"""Which of the notebook's names mean another object than before: names and types, never a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from automatosx_nb.host.namespace import is_private
from automatosx_nb.model.events.schemas import MOST_VARIABLES


class ChangedVariables:
    """Holds no value, so nothing lives longer for being watched."""

    def __init__(self, variables: Callable[[], Mapping[str, Any]]) -> None:
        self._variables = variables
        self._before: dict[str, int] | None = None

    def remember(self) -> None:
        """Compare to this moment from now on."""
        self._before = {name: id(value) for name, value in self._named().items()}

    def since(self) -> dict[str, Any] | None:
        """The data of an event since :meth:`remember`; None: nothing changed, or nobody remembered."""
        before, self._before = self._before, None
        if before is None:
            return None
        now = self._named()
        changed = [
            {"name": name, "type": type_name(value)} for name, value in now.items() if before.get(name) != id(value)
        ]
        removed = [name for name in before if name not in now]
        if not changed and not removed:
            return None
        return {"changed": changed[:MOST_VARIABLES], "removed": removed[:MOST_VARIABLES]}

    def _named(self) -> dict[str, Any]:
        found = dict(self._variables())  # in one step: another thread may assign meanwhile
        return {name: value for name, value in found.items() if not is_private(name)}


def type_name(value: object) -> str:
    """As ``int`` or ``pandas.core.frame.DataFrame``; a class that lies about itself is taken at its word."""
    kind = type(value)
    module = getattr(kind, "__module__", "builtins")
    name = str(kind.__qualname__)[:200]
    return name if module == "builtins" else f"{str(module)[:200]}.{name}"
