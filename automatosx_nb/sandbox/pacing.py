"""The time of a call as the host counts it: a deadline that stands still while the host works, and a pace."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

from automatosx_nb.sandbox.channel import DeadlineExceeded

_WAITED_FOR = 20
_PATIENCE = 10
"""How many times its own limit a call may take of the host's time; from then on that counts as the call's."""


class Pace:
    """Room for ``per_s`` messages a second, and for as many at once."""

    def __init__(self, per_s: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_s
        self._clock = clock
        self._room = float(per_s)
        self._at = clock()

    def take(self, messages: int) -> None:
        self._refill()
        self._room -= messages

    def wait_s(self) -> float:
        """How long until there is room; after a wait there is some for the next few messages, too."""
        self._refill()
        return 0.0 if self._room >= 0 else (_WAITED_FOR - self._room) / self._per_s

    def _refill(self) -> None:
        now = self._clock()
        self._room = min(self._per_s, self._room + (now - self._at) * self._per_s)
        self._at = now


class Clock:
    """A deadline that stands still while the host itself works."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.deadline = time.monotonic() + seconds
        self._patience_s = _PATIENCE * seconds

    def check(self) -> None:
        """:raises DeadlineExceeded: it has passed, however busy the other end keeps us with frames."""
        if time.monotonic() >= self.deadline:
            raise DeadlineExceeded

    def spent(self) -> float:
        return self._seconds + time.monotonic() - self.deadline

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        begun = time.monotonic()
        try:
            yield
        finally:
            spent = min(time.monotonic() - begun, self._patience_s)
            self._patience_s -= spent
            self.deadline += spent
