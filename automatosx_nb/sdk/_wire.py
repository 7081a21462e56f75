"""How the sdk reaches the host: one function, set by the worker before it runs plugin code."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from automatosx_nb.errors import CapabilityUnavailable, PermissionDenied

Ask = Callable[[str, str, tuple[object, ...]], object]
"""(capability, method, args) → the host's answer; raises what the host answered with."""


@dataclass
class _Connection:
    ask: Ask | None = None
    plugin: str = "this code"
    modules: Collection[str] | None = None
    """Granted libraries; None outside a worker, where nothing is checked."""
    prepare: Callable[[str], object] | None = None
    handled: str | None = None
    """The id of the event that is being handled."""


_connection = _Connection()


def connect(ask: Ask | None) -> None:
    """Send every later :func:`ask` through ``ask``; None disconnects."""
    _connection.ask = ask


def granted_to(plugin: str, modules: Collection[str] | None, *, prepare: Callable[[str], object] | None = None) -> None:
    """Whose code runs here, and with which libraries; None for ``modules`` checks nothing.

    ``prepare`` is called with the name of a granted library before its objects are handed out.
    """
    _connection.plugin, _connection.modules, _connection.prepare = plugin, modules, prepare


def current() -> tuple[Ask | None, str, Collection[str] | None]:
    """What :func:`connect` and :func:`granted_to` were given last."""
    return _connection.ask, _connection.plugin, _connection.modules


def handling(event: str | None) -> None:
    """The event with this id is handed to a handler now; None: no one is."""
    _connection.handled = event


def handled() -> str | None:
    """The id of the event that is being handled."""
    return _connection.handled


def ask(capability: str, method: str, *args: object) -> object:
    """The host's answer.

    :raises CapabilityUnavailable: outside a worker.
    """
    if _connection.ask is None:
        raise CapabilityUnavailable(capability)
    return _connection.ask(capability, method, args)


def require_module(name: str) -> None:
    """:raises PermissionDenied: if the running plugin was not granted the library ``name``."""
    if _connection.modules is not None and name not in _connection.modules:
        raise PermissionDenied(_connection.plugin, f"modules:{name}")
    if _connection.prepare is not None:
        _connection.prepare(name)
