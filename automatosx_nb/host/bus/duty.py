"""How much of the kernel's time the delivery of events may take: a cell that runs is not to notice it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

BUSY_SHARE, IDLE_SHARE = 0.015, 0.5
"""Of one core, in the long run: while a cell runs, and while none does."""
BUSY_BURST_S, IDLE_BURST_S = 0.1, 0.5
LONGEST_WAIT_S = 1.0
_LATELY = 0.2
"""How much the last delivery counts in what one usually takes, where it took less: to wait too long is cheap."""


class Duty:
    """Seconds of CPU in a bucket that all of a kernel's deliveries share. ``clock`` is ``time.monotonic``'s.

    What a delivery takes is known when it is over, so those that go on count with what one took lately; and who has
    to wait stands in a line, and asks again when it may be its turn: a hundred plugins do not all ask at once.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._busy = False
        self._left_s = IDLE_BURST_S
        self._filled_at = clock()
        self._going_on = 0
        self._usual_s = 0.0
        self._line: dict[object, None] = {}

    def cell(self, *, running: bool) -> None:
        """A cell begins, or ended."""
        with self._lock:
            self._fill()
            self._busy = running
            self._left_s = min(self._left_s, self._burst_s)

    def wait_s(self, who: object = None) -> float:
        """0.0, or how long ``who``, by default this thread, waits before it asks again for its next delivery."""
        who = threading.get_ident() if who is None else who
        with self._lock:
            self._fill()
            ahead = next((place for place, each in enumerate(self._line) if each == who), len(self._line))
            left_s = self._left_s - (self._going_on + ahead) * self._usual_s
            if left_s > 0:  # there is enough for those ahead, too
                self._line.pop(who, None)
                return 0.0
            self._line[who] = None
            return min(-left_s / self._share + 0.001, LONGEST_WAIT_S)

    def leave(self, who: object) -> None:
        """It does not wait any more."""
        with self._lock:
            self._line.pop(who, None)

    @contextmanager
    def delivering(self) -> Iterator[None]:
        """What this thread does within is a delivery."""
        with self._lock:
            self._going_on += 1
        began_s = time.thread_time()
        try:
            yield
        finally:
            cpu_s = time.thread_time() - began_s
            with self._lock:
                self._going_on -= 1
                self._usual_s = max(cpu_s, self._usual_s + (cpu_s - self._usual_s) * _LATELY)
            self.spend(cpu_s)

    def spend(self, cpu_s: float) -> None:
        """Something for deliveries took so much of its thread's CPU time."""
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
