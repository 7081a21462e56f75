"""What became of a profile, as records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


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
