"""What plugin authors, and our own suite, test with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from automatosx_nb.testing.index import MemoryIndex as MemoryIndex
    from automatosx_nb.testing.memory import PluginHost as PluginHost
    from automatosx_nb.testing.memory import plugin_host as plugin_host
    from automatosx_nb.testing.sandbox import Outcome as Outcome
    from automatosx_nb.testing.sandbox import run_in_sandbox as run_in_sandbox

__all__ = ["MemoryIndex", "Outcome", "PluginHost", "plugin_host", "run_in_sandbox"]

_LAZY = {
    "MemoryIndex": "automatosx_nb.testing.index",
    "Outcome": "automatosx_nb.testing.sandbox",
    "PluginHost": "automatosx_nb.testing.memory",
    "plugin_host": "automatosx_nb.testing.memory",
    "run_in_sandbox": "automatosx_nb.testing.sandbox",
}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        from importlib import import_module

        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
