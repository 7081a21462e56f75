"""How much of the kernel's time events may take: a cell that runs is not to notice them."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

BUSY_SHARE, IDLE_SHARE = 0.015, 0.5
"""Of one core, in the long run: while a cell runs, and while none does."""
BUSY_BURST_S, IDLE_BURST_S = 0.05, 0.5
LONGEST_WAIT_S, IN_LINE_S = 1.0, 10.0
"""Whoever is first in the line asks again so soon; the others when they are woken, or at the latest after that."""
HANDOVER_S = 0.004
"""What a delivery or a publishing costs a running cell besides its CPU: it takes the interpreter away a few times."""
DIRECT_EVERY_S = 0.001
"""At most so often whoever publishes sends an event to a worker itself, which may take some 0.2 ms of its time."""
_MOST_OF_A_BURST = 0.9
"""What goes on, however long, counts as no more than that: whoever is next goes on, too, in the end."""
_LATELY = 0.2
"""How much the last delivery counts in what one usually takes, where it took less: to wait too long is cheap."""


class Duty:
    """Seconds of CPU in a bucket that all of a kernel's deliveries share, and beside a cell what plugins publish.

    What a delivery takes is known when it is over, so those that go on count with what one took lately. Who has to wait
    stands in a line, of which only the first looks at the time, and wakes the next when it leaves: a hundred plugins
    that ask again and again would be noticed themselves. ``clock`` is ``time.monotonic``'s.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._busy = False
        self._left_s = IDLE_BURST_S
        self._filled_at = clock()
        self._direct_at = -math.inf
        self._going_on = 0
        self._usual_s = 0.0
        self._line: dict[object, Callable[[], None] | None] = {}

    def cell(self, *, running: bool) -> None:
        """A cell begins, or ended."""
        with self._lock:
            self._fill()
            self._busy = running
            self._left_s = min(self._left_s, self._burst_s)
        if self._line and not running:
            self._wake_first()

    def wait_s(self, who: object = None, wake: Callable[[], None] | None = None) -> float:
        """0.0, or how long ``who``, by default this thread, waits before it asks again for its next delivery.

        Then it leaves. ``wake`` is called, on any thread, when it is the first; where nothing is, it asks in time.
        """
        who = threading.get_ident() if who is None else who
        with self._lock:
            self._fill()
            ahead = self._ahead_of(who) if self._line else 0
            each_s = self._usual_s + self._handover_s
            going_on_s = min(self._going_on * each_s, _MOST_OF_A_BURST * self._burst_s)
            left_s = self._left_s - going_on_s - ahead * each_s
            if left_s > 0:  # there is enough for those ahead, too
                return 0.0
            self._line[who] = wake
            return IN_LINE_S if ahead and wake else self._until_there_s(left_s)

    @property
    def calm(self) -> bool:
        """Whether no cell runs, nobody waits in the line, and no publisher sent an event itself just now."""
        return not self._busy and not self._line and self._clock() - self._direct_at >= DIRECT_EVERY_S

    def take_calm(self) -> bool:
        """Whether a publisher may send an event itself: all is :attr:`calm`, and will not be for a moment."""
        with self._lock:
            if not self.calm:
                return False
            self._fill()
            if self._left_s <= self._going_on * self._usual_s:
                return False
            self._direct_at = self._filled_at
            return True

    def leave(self, who: object = None) -> None:
        """It does not wait any more. No lock is held that ``wake`` of another one takes."""
        who = threading.get_ident() if who is None else who
        if who not in self._line:
            return
        with self._lock:
            was_first = next(iter(self._line)) == who
            del self._line[who]
        if was_first:
            self._wake_first()

    def _ahead_of(self, who: object) -> int:
        return next((place for place, each in enumerate(self._line) if each == who), len(self._line))

    def _wake_first(self) -> None:
        with self._lock:
            wake = next(iter(self._line.values()), None)
        if wake is not None:
            wake()

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
            self.spend(cpu_s + self._handover_s)

    def debt_s(self) -> float:
        """0.0, or how long a plugin that publishes beside a running cell waits before it does so again."""
        with self._lock:
            self._fill()
            if not self._busy or self._left_s > 0:
                return 0.0
            return self._until_there_s(self._left_s)

    @contextmanager
    def publishing(self, *, within_delivery: bool) -> Iterator[None]:
        """What this thread does within is a publishing that no cell waits for; a delivery counts its CPU itself."""
        began_s = time.thread_time()
        try:
            yield
        finally:
            cpu_s = 0.0 if within_delivery else time.thread_time() - began_s
            self.spend(cpu_s + self._handover_s)

    def spend(self, cpu_s: float) -> None:
        """Something for events took so much of its thread's CPU time."""
        with self._lock:
            self._fill()
            self._left_s -= cpu_s

    @property
    def _handover_s(self) -> float:
        return HANDOVER_S if self._busy else 0.0

    @property
    def _share(self) -> float:
        return BUSY_SHARE if self._busy else IDLE_SHARE

    @property
    def _burst_s(self) -> float:
        return BUSY_BURST_S if self._busy else IDLE_BURST_S

    def _until_there_s(self, left_s: float) -> float:
        """How long it takes until there is something again, of ``left_s``, which is not above 0."""
        return min(-left_s / self._share + 0.001, LONGEST_WAIT_S)

    def _fill(self) -> None:
        now = self._clock()
        self._left_s = min(self._burst_s, self._left_s + (now - self._filled_at) * self._share)
        self._filled_at = now
