"""How much of the kernel's time the delivery of events may take: a cell that runs is not to notice it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

BUSY_SHARE, IDLE_SHARE = 0.015, 0.5
"""Of one core, in the long run: while a cell runs, and while none does."""
BUSY_BURST_S, IDLE_BURST_S = 0.1, 0.5
LONGEST_WAIT_S = 1.0


class Duty:
    """Seconds of CPU in a bucket that all of a kernel's deliveries share. ``clock`` is ``time.monotonic``'s."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._busy = False
        self._left_s = IDLE_BURST_S
        self._filled_at = clock()

    def cell(self, *, running: bool) -> None:
        """A cell begins, or ended."""
        with self._lock:
            self._fill()
            self._busy = running
            self._left_s = min(self._left_s, self._burst_s)

    def wait_s(self) -> float:
        """0.0, or how long to wait before the next delivery."""
        with self._lock:
            self._fill()
            return 0.0 if self._left_s > 0 else min(-self._left_s / self._share + 0.001, LONGEST_WAIT_S)

    def spend(self, cpu_s: float) -> None:
        """A delivery took so much of its thread's CPU time."""
        with self._lock:
            self._fill()
            self._left_s -= cpu_s

    @property
    def _share(self) -> float:
        return BUSY_SHARE if self._busy else IDLE_SHARE

    @property
    def _burst_s(self) -> float:
        return BUSY_BURST_S if self._busy else IDLE_BURST_S

    def _fill(self) -> None:
        now = self._clock()
        self._left_s = min(self._burst_s, self._left_s + (now - self._filled_at) * self._share)
        self._filled_at = now
