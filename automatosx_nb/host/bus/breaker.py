"""A circuit breaker: a subscriber that only fails is left alone for a while."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

FAILURES = 10
FIRST_S, LONGEST_S = 10.0, 600.0


class Breaker:
    """After :data:`FAILURES` failures in a row it is open for :data:`FIRST_S` seconds; then one event is tried.

    If that one fails, too, it is open twice as long as before, up to :data:`LONGEST_S`. A success closes it.
    ``clock`` is in seconds, as ``time.monotonic``.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._wait_s = 0.0
        self._until = -math.inf

    @property
    def open(self) -> bool:
        """Whether nothing is to be handed over now."""
        return self._clock() < self._until

    @property
    def trying(self) -> bool:
        """Whether it was open, and the next event decides."""
        return self._wait_s > 0 and not self.open

    def record(self, ok: bool) -> bool:
        """What became of one event; the result says that the breaker opened just now."""
        if ok:
            self._failures, self._wait_s = 0, 0.0
            return False
        self._failures += 1
        if self.open or (not self._wait_s and self._failures < FAILURES):
            return False
        self._wait_s = min(2 * self._wait_s or FIRST_S, LONGEST_S)
        self._until = self._clock() + self._wait_s
        return True

    @property
    def wait_s(self) -> float:
        """How long it is open, each time."""
        return self._wait_s
