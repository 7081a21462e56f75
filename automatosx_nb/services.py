"""Services in a notebook: ``automatosx_nb.services.get("acme.tables", "^2").summarise(table=penguins)``.

They need no permission, for nothing is kept from whoever runs the kernel. Arguments and replies are JSON values, bytes,
and tables: any frame goes in, and a ``pyarrow.Table`` comes out.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from automatosx_nb.errors import NoKernel

if TYPE_CHECKING:
    from automatosx_nb.host.kernel import KernelHost

__all__ = ["Provider", "get"]


def get(plugin: str, version: str = "*", *, timeout: float | None = None) -> Provider:
    """The services of an installed plugin, or of the host, each a method that takes keyword arguments.

    :param version: a range of the services' own versions.
    :param timeout: seconds for each call; at most, and by default, ``c.ServicePolicy.deadline_s``.
    :raises NoKernel: the extension is not loaded here.
    :raises ServiceMissing:
    :raises ServiceNotInRange:
    :raises InvalidRange:
    :raises ValueError: ``timeout`` is not above 0.
    """
    if timeout is not None and not timeout > 0:
        raise ValueError(f"timeout is a number of seconds above 0, not {timeout!r}")
    host = _host()
    host.follow()
    return Provider(host, plugin, version, timeout, host.services.offers.named(plugin, version))


class Provider:
    """One plugin's services as methods; ``help`` and completion know their names."""

    def __init__(self, host: KernelHost, plugin: str, version: str, timeout: float | None, names: list[str]) -> None:
        self._host, self._plugin, self._version, self._timeout, self._names = host, plugin, version, timeout, names

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in self._names:
            from automatosx_nb.errors import UnknownService
            from automatosx_nb.model.spelling import nearest

            raise UnknownService(self._plugin, name, tuple(self._names), nearest(name, self._names))

        def call(**request: Any) -> Any:
            from automatosx_nb.host.services.kernel import NotebookCaller

            caller, calls = NotebookCaller(self._host.limits), self._host.services
            return calls.call(caller, self._plugin, self._version, name, request, self._timeout)

        service = self._host.services.offers.find(self._plugin, self._version, name).service
        call.__name__ = call.__qualname__ = name
        call.__doc__ = f"{service.summary}\n\nTakes {service.arguments}\nGives {service.reply}".strip()
        return call

    def __dir__(self) -> list[str]:
        return list(self._names)

    def __repr__(self) -> str:
        return f"<services of {self._plugin}: {', '.join(self._names)}>"


def _host() -> KernelHost:
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    session = getattr(shell, "_automatosx_session", None)
    if session is None:
        raise NoKernel
    host: KernelHost = session.host
    return host
