"""What the verbs share with which people act in a registry: the room, and the release that is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automatosx_nb.errors import ReadingOnly, UsageError
from automatosx_nb.model.identity import owner

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace

ME = owner()
"""Whoever types has the registry's folder; another computer's registry knows who one is by the token."""


def room(market: Marketplace, name: str) -> Any:
    """:raises ReadingOnly: the registry has no such room."""
    registry = getattr(market.registry, "first", market.registry)
    found = getattr(registry, name, None)
    if found is None:
        raise ReadingOnly(registry.address, getattr(registry, "location", ""))
    return found


def release_named(text: str, usage: str) -> tuple[str, str]:
    """Id and version of ``ID@VERSION``.

    :raises UsageError:
    """
    plugin, version = plugin_named(text)
    if version is None:
        raise UsageError(f"{text!r} names no version: write ID@VERSION, as in acme.csv-doctor@1.2.0", usage)
    return plugin, version


def plugin_named(text: str) -> tuple[str, str | None]:
    """Id and version of ``ID[@VERSION]``; None: all of them."""
    plugin, _, version = text.partition("@")
    return plugin, version or None


def of(plugin: str, version: str | None) -> str:
    """For a person."""
    return f"{plugin} {version}" if version else f"all of {plugin}"
