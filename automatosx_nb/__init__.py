"""A plugin platform for Jupyter notebooks. Importing this imports nothing else of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from automatosx_nb import bus as bus
    from automatosx_nb.app import Marketplace as Marketplace
    from automatosx_nb.widgets import MarketplacePanel

__version__ = "1.0.0a1"
__all__ = [
    "Marketplace",
    "__version__",
    "activity",
    "bus",
    "installed",
    "marketplace",
    "panel",
    "permissions",
    "services",
]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in ("bus", "services"):
        return import_module(f"automatosx_nb.{name}")
    if name == "Marketplace":
        return import_module("automatosx_nb.app").Marketplace
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


def load_ipython_extension(ipython: Any) -> None:
    """``%load_ext automatosx_nb``."""
    from automatosx_nb.magics import load

    load(ipython, _live)


def marketplace(market: Marketplace | None = None) -> MarketplacePanel:
    """The marketplace as a panel: search, consent, install, update, remove, roll back.

    Without ``market`` it shows the one of this process, and loads the extension where an IPython shell runs, so that
    the magics of what is installed in it are there.
    """
    return _shown("marketplace", market)


def installed(market: Marketplace | None = None) -> MarketplacePanel:
    """The same panel, at what is installed and the history."""
    return _shown("installed", market)


def permissions(market: Marketplace | None = None) -> MarketplacePanel:
    """The same panel, at what each installed plugin asks for, holds and is denied."""
    return _shown("permissions", market)


def _shown(view: str, market: Marketplace | None) -> MarketplacePanel:
    from automatosx_nb import widgets

    if market is None:
        from IPython.core.getipython import get_ipython

        shell = get_ipython()
        if shell is not None:
            load_ipython_extension(shell)
    panel: MarketplacePanel = getattr(widgets, view)(market)
    return panel


def panel(plugin: str, name: str = "") -> Any:
    """Show a panel that an installed plugin contributes; without a name, its only one. It loads the extension.

    :raises NotInstalled:
    :raises UsageError: it has no such panel, or there is no IPython around.
    """
    from automatosx_nb.magics import load, running_shell

    words = ["panel", plugin, name] if name else ["panel", plugin]
    return load(running_shell(), _live).carry_out(words)


def activity() -> Any:
    """The meters: what each plugin of this kernel does and has used, as a panel. It loads the extension.

    :raises UsageError: there is no IPython around.
    """
    from automatosx_nb.magics import load, running_shell
    from automatosx_nb.widgets import meters

    session = load(running_shell(), _live)
    return meters(session.market, session.host)


def _live(display: Any, calls: Any) -> Any:
    from automatosx_nb.widgets import live

    return live(display, calls)


def unload_ipython_extension(ipython: Any) -> None:
    from automatosx_nb.magics import unload

    unload(ipython)


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from automatosx_nb.server import AutomatosxExtension

    return [{"module": "automatosx_nb", "app": AutomatosxExtension}]
