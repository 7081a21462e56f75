"""What other plugins offer, and what the host offers as ``automatosx.*``. Needs ``services:call:<plugin>/<service>``.

A service's arguments are keyword arguments: JSON values, and bytes or tables where the service takes them. The host
checks them before the other plugin is woken, and the reply before it is handed back. What goes wrong is one of the
errors below.
"""

from __future__ import annotations

from typing import Any, cast

from automatosx_nb.errors import (
    InvalidServiceReply,
    InvalidServiceRequest,
    ServiceBusy,
    ServiceCycle,
    ServiceError,
    ServiceFailed,
    ServiceMissing,
    ServiceNotInRange,
    ServiceSuspended,
    ServiceTimeout,
    ServiceTooDeep,
)
from automatosx_nb.sdk import _wire

__all__ = [
    "InvalidServiceReply",
    "InvalidServiceRequest",
    "Provider",
    "ServiceBusy",
    "ServiceCycle",
    "ServiceError",
    "ServiceFailed",
    "ServiceMissing",
    "ServiceNotInRange",
    "ServiceSuspended",
    "ServiceTimeout",
    "ServiceTooDeep",
    "get",
]


def get(plugin: str, version: str = "*", *, timeout: float | None = None) -> Provider:
    """The services of ``plugin`` whose own version is in the range ``version``, each a method. Nothing is started yet.

    ``timeout``: seconds that each call may take; at most, and by default, what the installation's policy allows.

    :raises ServiceMissing: there is no such plugin here, or it offers nothing.
    :raises ServiceNotInRange: what it offers has other versions.
    :raises PermissionDenied: nothing was granted of it.
    :raises ValueError: ``timeout`` is no number of seconds above 0. TypeError: what is to be a text is none.
    """
    if not isinstance(plugin, str) or not isinstance(version, str):
        raise TypeError("a plugin's id and a range are str, as in services.get('acme.tables', '^2')")
    if timeout is not None and (isinstance(timeout, bool) or not isinstance(timeout, int | float) or not timeout > 0):
        raise ValueError(f"timeout is a number of seconds above 0, not {timeout!r}")
    names = cast("list[str]", _wire.ask("services", "find", plugin, version))
    return Provider(plugin, version, timeout, names)


class Provider:
    """The services of one plugin as methods, which take keyword arguments and return the reply. Made by :func:`get`."""

    __slots__ = ("_names", "_plugin", "_timeout", "_version")

    def __init__(self, plugin: str, version: str, timeout: float | None, names: list[str]) -> None:
        self._plugin, self._version, self._timeout, self._names = plugin, version, timeout, tuple(names)

    def __getattr__(self, name: str) -> _Method:
        if name.startswith("_") or name not in self._names:
            raise AttributeError(f"{self._plugin} offers no service {name!r}: it offers {', '.join(self._names)}")
        return _Method(self, name)

    def __dir__(self) -> list[str]:
        return list(self._names)

    def __repr__(self) -> str:
        return f"<Provider {self._plugin}: {', '.join(self._names)}>"


class _Method:
    """One service, to be called."""

    __slots__ = ("_name", "_provider")

    def __init__(self, provider: Provider, name: str) -> None:
        self._provider, self._name = provider, name

    def __call__(self, *args: Any, **request: Any) -> Any:
        if args:
            raise TypeError(f"{self._name} takes keyword arguments only, as in {self._name}(rows=3)")
        asked = self._provider
        call = asked._plugin, asked._version, self._name, asked._timeout, list(request)
        return _wire.ask("services", "call", *call, *request.values())

    def __repr__(self) -> str:
        return f"<service {self._name} of {self._provider._plugin}>"
