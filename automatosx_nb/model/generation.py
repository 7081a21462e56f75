"""What is installed and what would change: generations, and plans between them, as records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


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


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """One plugin that a plan adds, changes or removes."""

    id: str
    kind: Literal["add", "update", "downgrade", "remove"]
    old: str | None
    new: str | None
    why: str
    """For a person, as in ``you asked for it`` or ``acme.charts 2.0.0 requires ^1.2``."""
    asks: Mapping[str, str] = field(default_factory=dict)
    """Permissions that nobody has granted yet → the author's reason."""
    drops: tuple[str, ...] = ()
    """Permissions that the new version no longer asks for."""
    size: int = 0
    """Bytes to fetch; 0 where the store has it."""
    changelog: str = ""
    """Markdown: what is new since ``old``."""
    missing_packages: tuple[str, ...] = ()
    """PEP 508 requirements that this environment does not meet."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an action would do to a profile. A plan changes nothing, and fits only the generation it was made for."""

    base: int
    action: str
    changes: tuple[PlannedChange, ...]
    kept: Mapping[str, str]
    """Plugin id → version of what stays as it is."""
    wishes: Mapping[str, str]
    """Plugin id → range, after the action."""

    @property
    def asks(self) -> dict[str, Mapping[str, str]]:
        """Plugin id → the permissions that still need consent; empty: nobody has to be asked."""
        return {change.id: change.asks for change in self.changes if change.asks}


@dataclass(frozen=True, slots=True)
class Applied:
    """A plan that was carried out; ``generation`` is current now."""

    generation: int
    plan: Plan


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One generation, as ``history`` shows it, newest first."""

    number: int
    created: str
    by: str
    action: str
    current: bool
    plugins: Mapping[str, str]
    """Plugin id → version."""
