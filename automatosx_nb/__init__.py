"""A plugin platform for Jupyter notebooks. Importing this imports nothing else of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace as Marketplace
    from automatosx_nb.widgets import marketplace as marketplace

__version__ = "1.0.0a1"
__all__ = ["Marketplace", "__version__", "marketplace"]

_LAZY = {"Marketplace": "automatosx_nb.app", "marketplace": "automatosx_nb.widgets"}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        from importlib import import_module

        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


def load_ipython_extension(ipython: Any) -> None:
    """``%load_ext automatosx_nb``."""
    from automatosx_nb.magics import load

    load(ipython)


def unload_ipython_extension(ipython: Any) -> None:
    from automatosx_nb.magics import unload

    unload(ipython)


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from automatosx_nb.server import AutomatosxExtension

    return [{"module": "automatosx_nb", "app": AutomatosxExtension}]
