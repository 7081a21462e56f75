"""How often a plugin may call, what its calls moved, and who is told of each."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

Outcome = Literal["done", "denied", "limited", "failed"]


class CallObserver(Protocol):
    """Is told of every capability call once it has ended, on the plugin's own thread; must not raise."""

    def called(
        self, plugin: str, capability: str, method: str, outcome: Outcome, moved_bytes: int, permission: str
    ) -> None:
        """``permission`` is the grant that allowed it; where none did, the kind that was needed; '' for neither.

        No argument and no result of the call is among these: an observer can write all of it down.
        """


@dataclass(frozen=True, slots=True)
class Rate:
    """Calls of one capability: ``per_s`` in the long run, ``burst`` at once."""

    per_s: float
    burst: int


RATES: Mapping[str, Rate] = {
    "storage": Rate(per_s=5000, burst=10_000),
    "settings": Rate(per_s=1000, burst=5000),
    "files": Rate(per_s=200, burst=1000),
    "http": Rate(per_s=10, burst=50),
    "secrets": Rate(per_s=5, burst=50),
    "permissions": Rate(per_s=20, burst=100),
    "services": Rate(per_s=200, burst=1000),
}
"""Capabilities that are not named have no rate; the log has a limit of its own, and every call has ``messages``."""


class Bucket:
    """A token bucket: ``burst`` tokens, refilled with ``per_s`` a second. ``clock`` is in seconds."""

    def __init__(self, rate: Rate, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._tokens = float(rate.burst)
        self._filled_at = clock()

    def take(self) -> float:
        """0.0 and one token fewer, or the seconds until there is one."""
        now = self._clock()
        self._tokens = min(self._rate.burst, self._tokens + (now - self._filled_at) * self._rate.per_s)
        self._filled_at = now
        if self._tokens < 1:
            return (1 - self._tokens) / self._rate.per_s
        self._tokens -= 1
        return 0.0


class Meter:
    """Bytes that the host moved for one plugin, over the network or from and to files and state."""

    def __init__(self) -> None:
        self.moved_bytes = 0

    def count(self, moved: int) -> None:
        self.moved_bytes += moved
