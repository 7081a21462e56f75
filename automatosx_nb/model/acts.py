"""The record of who did what in a registry, as it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Act:
    """One act. ``key`` orders: a later act has a larger one. ``token``: the id of the token that was used."""

    key: int
    at: str
    """RFC 3339, UTC."""
    actor: str
    action: str
    plugin: str | None = None
    version: str | None = None
    """None: of all of them."""
    details: Mapping[str, Any] = field(default_factory=dict)
    token: str | None = None
    request: str | None = None
    """The id that the server's log gives the request."""


@dataclass(frozen=True, slots=True)
class ActPage:
    """Acts, the newest first. ``next`` is the ``before`` of the page that follows; None: there is none."""

    items: tuple[Act, ...]
    next: int | None = None
