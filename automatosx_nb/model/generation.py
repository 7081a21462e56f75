"""What is installed: generations, as records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Channel = Literal["stable", "beta"]
"""Which releases updates choose among: stable ones, or betas and prereleases too."""


@dataclass(frozen=True, slots=True)
class Pin:
    """Holds a plugin at its version until it is lifted. ``note`` is the user's reason; it may be empty."""

    note: str
    by: str
    """Who pinned it: user@host."""
    at: str
    """RFC 3339, UTC."""

    def __str__(self) -> str:
        return f"pinned by {self.by} on {self.at[:10]}" + (f": {self.note}" if self.note else "")


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
    channel: Channel = "stable"
    """Part of the wish."""
    pin: Pin | None = None
    source: str = ""
    """The address of the registry that it came from; empty: not known."""
    verified: bool = False
    """Whether its publisher was verified there, then."""
    signer: str = ""
    """The id of the key with which its publisher signed it; empty: it was not signed."""
    state_version: int = 1
    """That of what it has saved, as its manifest says it; a rollback brings the older one back."""

    def is_same_code(self, other: InstalledPlugin) -> bool:
        """The same release on the same state: a worker of one is a worker of the other."""
        return (self.version, self.sha256, self.state) == (other.version, other.sha256, other.state)


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
    surface: str = ""
    """Where it was asked for, as in ``notebook`` or ``terminal``; empty: not known."""

    @property
    def verb(self) -> str:
        return "rollback" if self.restores is not None else self.action.partition(" ")[0]
