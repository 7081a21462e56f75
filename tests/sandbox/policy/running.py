"""Plugin code under the language policy, called in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automatosx_nb.sandbox.modules import PluginModules

if TYPE_CHECKING:
    from collections.abc import Callable


def run(source: str, **files: str) -> Any:
    """What ``h()`` of a plugin's module returns."""
    sources = {"m.py": source.encode(), **{f"{name}.py": text.encode() for name, text in files.items()}}
    return PluginModules("acme.test", sources, granted=(), write=lambda text: None).handler("m:h")()


def load(source: str) -> Callable[..., Any]:
    return PluginModules("acme.test", {"m.py": source.encode()}, granted=(), write=print).handler("m:h")
