"""Every cap on an artifact, with its unit in its name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caps:
    """What an artifact may be at most. They are held while inflating, whatever its headers say."""

    artifact_mb: int = 32
    """The archive itself, MiB."""
    members: int = 1000
    file_mb: int = 8
    """One file, inflated, MiB."""
    total_mb: int = 64
    """All files together, inflated, MiB."""
    ratio: int = 200
    """Inflated bytes a compressed byte; ordinary text stays under 20."""
    ratio_from_kb: int = 256
    """Files that inflate to less, KiB, may have any ratio."""
    path_bytes: int = 200
    """A member's path, bytes of UTF-8."""
    path_depth: int = 12
    """Parts of a member's path."""


CAPS = Caps()
