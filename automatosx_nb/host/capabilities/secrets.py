"""``sdk.secrets``: what the user set for this plugin alone, each by its own grant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from automatosx_nb.errors import InvalidRequest, SecretNotSet
from automatosx_nb.model.permissions import Permission
from automatosx_nb.model.permissions.secrets import NAME

if TYPE_CHECKING:
    from automatosx_nb.host.ports import SecretSource


class SecretsCapability:
    def __init__(self, plugin: str, secrets: SecretSource) -> None:
        self._plugin = plugin
        self._secrets = secrets

    def needs(self, method: str, args: Sequence[object]) -> Permission:
        return Permission("secrets", _name(method, args))

    def ask(self, method: str, args: Sequence[object]) -> object:
        """:raises SecretNotSet:
        :raises SecretsUnavailable:
        """
        name = _name(method, args)
        value = self._secrets.get(self._plugin, name)
        if value is None:
            raise SecretNotSet(self._plugin, name)
        return value

    def close(self) -> None:
        """Nothing is held."""


def _name(method: str, args: Sequence[object]) -> str:
    match method, list(args):
        case "get", [str(name)] if NAME.fullmatch(name):
            return name
    raise InvalidRequest("secrets", method, "get, with the name of a secret")
