"""What is installed: generations, as records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class InstalledPlugin:
    """One plugin of a generation."""

    id: str
    version: str
    sha256: str
    wish: str | None
    """The range that the user asked for, as in ``^1.0`` or ``*``; None: it came as somebody's dependency."""
    grants: tuple[str, ...]
    """The permissions that were granted."""
    state: str
    """Names the plugin's state: an update copies it under a new name, so going back brings the old state back."""
    summary: str
    contributes: Mapping[str, Any]
    """Contribution kind → plain records of what the manifest adds, so that activation reads no manifest."""


@dataclass(frozen=True, slots=True)
class Generation:
    """An immutable state of a profile. ``number`` 0 is the empty profile."""

    number: int
    parent: int | None
    created: str
    """RFC 3339, UTC."""
    by: str
    """Who made it: user@host."""
    action: str
    """What made it, in words, as in ``install automatosx.data-profiler 1.0.0``."""
    plugins: Mapping[str, InstalledPlugin] = field(default_factory=dict)
    restores: int | None = None
    """The generation that a rollback brought back; None: it was made by something else."""
