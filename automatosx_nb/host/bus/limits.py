"""How much of the bus one plugin may take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BusLimits:
    """Defaults; the user's configuration (``BusPolicy``) changes them."""

    per_s: float = 100.0
    """Events that one plugin publishes in a second; what comes faster is slowed down, on the plugin's own time."""
    burst: int = 200
    """Events that it may publish at once before that."""
    payload_kb: int = 64
    """The data of one event as JSON, KiB."""
    queue: int = 10_000
    """Events that wait for one subscription, whatever it asks for."""
    hops: int = 16
    """Events that lead to one another, each published while the one before it is handled."""
