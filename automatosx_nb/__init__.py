"""A plugin platform for Jupyter notebooks. Importing this imports nothing else of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from automatosx_nb import bus as bus
    from automatosx_nb.app import Marketplace as Marketplace
    from automatosx_nb.widgets import installed as installed
    from automatosx_nb.widgets import marketplace as marketplace
    from automatosx_nb.widgets import permissions as permissions

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

_LAZY = {
    "Marketplace": "automatosx_nb.app",
    **dict.fromkeys(("installed", "marketplace", "permissions"), "automatosx_nb.widgets"),
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in ("bus", "services"):
        return import_module(f"automatosx_nb.{name}")
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


def load_ipython_extension(ipython: Any) -> None:
    """``%load_ext automatosx_nb``."""
    from automatosx_nb.magics import load

    load(ipython, _live)


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
