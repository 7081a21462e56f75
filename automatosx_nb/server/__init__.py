"""The Jupyter server extension. Importing this loads no jupyter_server: a kernel may do it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from automatosx_nb.server.extension import AutomatosxExtension as AutomatosxExtension

__all__ = ["AutomatosxExtension"]


def __getattr__(name: str) -> Any:
    if name == "AutomatosxExtension":
        from automatosx_nb.server.extension import AutomatosxExtension

        return AutomatosxExtension
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
