"""``sdk.variables``: the notebook's variables by permission, each name checked at every call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from automatosx_nb.errors import InvalidRequest, PermissionDenied
from automatosx_nb.host.frames import as_kind, kind_of
from automatosx_nb.host.namespace import bind, is_private, lookup, readable, replaceable
from automatosx_nb.model.permissions import Permission

if TYPE_CHECKING:
    from automatosx_nb.host.grants import Grants


class VariablesCapability:
    """``variables`` gives the notebook's namespace at the time of a call."""

    def __init__(self, grants: Grants, variables: Callable[[], Mapping[str, Any]]) -> None:
        self._grants = grants
        self._variables = variables

    def needs(self, method: str, args: Sequence[object]) -> Permission | None:
        """None for ``names``, which tells only of those that may be read."""
        match method, list(args):
            case "get", [str(name)]:
                return Permission("variables", f"read:{name}")
            case "set", [str(name), _]:
                return Permission("variables", f"write:{name}")
        return None

    def ask(self, method: str, args: Sequence[object]) -> object:
        """As any capability.

        :raises PermissionDenied: naming the permission for this one variable.
        :raises UnknownVariable: with the nearest of those that may be read.
        :raises InvalidVariableName: nothing may be set under that name.
        """
        match method, list(args):
            case "names", []:
                return self._names()
            case "get", [str(name)]:
                self._refuse_private("read", name)
                return lookup(name, self._readable())
            case "set", [str(name), value]:
                self._refuse_private("write", name)
                self._set(name, value)
                return None
        raise InvalidRequest("variables", method, "names, get with a name, and set with a name and a value")

    def close(self) -> None:
        """Nothing is held."""

    def _names(self) -> list[str]:
        if not any(each.scope.startswith("read") for each in self._grants.of("variables")):
            raise PermissionDenied(self._grants.plugin, "variables:read")
        return sorted(self._readable())

    def _readable(self) -> dict[str, Any]:
        return {
            name: value
            for name, value in readable(self._variables()).items()
            if self._grants.covering(Permission("variables", f"read:{name}"))
        }

    def _refuse_private(self, mode: str, name: str) -> None:
        if is_private(name) or not name.isidentifier():
            raise PermissionDenied(self._grants.plugin, f"variables:{mode}:{name}")

    def _set(self, name: str, value: object) -> None:
        variables = self._variables()
        replaceable(name, variables)
        before = kind_of(variables.get(name))
        bind(name, as_kind(value, before) if kind_of(value) else value, variables)
