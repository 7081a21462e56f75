"""Whose registry a server has: its own, in which people act, or another computer's, which it only reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automatosx_nb.model.ports import Registry


def is_kept_here(registry: Registry) -> bool:
    """Not another computer's: that one knows this server's token, and nothing of who asks here."""
    return registry.address == "embedded" and hasattr(registry, "tokens")
