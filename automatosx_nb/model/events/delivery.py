"""How events wait for a subscriber: the words of a manifest, and their bounds."""

from __future__ import annotations

DELIVERIES = ("live", "durable")
OVERFLOWS = ("drop-oldest", "coalesce", "reject")
QUEUE, MAX_QUEUE = 1000, 10_000
"""Events that wait at most, by default and where somebody says more."""
