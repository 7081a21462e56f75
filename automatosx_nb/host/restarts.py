"""How often a plugin's worker may be started again: a plugin that keeps dying is suspended, each time for longer."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable

from automatosx_nb.errors import (
    LimitExceeded,
    PluginFailed,
    PluginPaused,
    PluginRefused,
    ProtocolViolation,
    UnknownHandler,
    WorkerLost,
)

MOST = 5
WITHIN_S = 60.0
LONGEST_S = 3600.0
_PLUGINS_FAULT = (LimitExceeded, PluginFailed, PluginRefused, ProtocolViolation, UnknownHandler, WorkerLost)


class Restarts:
    """After ``MOST`` ends of a worker in ``WITHIN_S`` seconds none starts for ``WITHIN_S``.

    Then one is tried: if that ends, too, the next suspension is twice as long, up to ``LONGEST_S``. As long a time
    without an end as the last suspension took forgives everything. ``clock`` is in seconds, as ``time.monotonic``.
    """

    def __init__(self, plugin: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._plugin = plugin
        self._clock = clock
        self._ends: deque[float] = deque(maxlen=MOST)
        self._last = ""
        self._wait_s = 0.0
        self._until = -math.inf

    def ended(self, error: BaseException) -> PluginPaused | None:
        """A worker ended, or could not load; the result says that the plugin is suspended from now on.

        What the user, this computer or another plugin's worker did is not held against the plugin.
        """
        if not isinstance(error, _PLUGINS_FAULT) or _lost_with_others(error):
            return None
        now = self._clock()
        if now > self._until + self._wait_s:
            self._wait_s = 0.0
        self._ends.append(now)
        self._last = error.code
        if not self._wait_s and (len(self._ends) < MOST or now - self._ends[0] > WITHIN_S):
            return None
        self._wait_s = min(2 * self._wait_s or WITHIN_S, LONGEST_S)
        self._until = now + self._wait_s
        return self._paused(self._wait_s)

    @property
    def left_s(self) -> float:
        """So long it is still suspended; 0.0 where it is not."""
        return max(0.0, self._until - self._clock())

    def check(self) -> None:
        """:raises PluginPaused: it is suspended."""
        left_s = self._until - self._clock()
        if left_s > 0:
            raise self._paused(left_s)

    def lift(self) -> bool:
        """Forget everything; the result is whether it was suspended."""
        suspended = self._until > self._clock()
        self._ends.clear()
        self._wait_s, self._until = 0.0, -math.inf
        return suspended

    def _paused(self, wait_s: float) -> PluginPaused:
        return PluginPaused(self._plugin, len(self._ends), int(WITHIN_S), self._last, math.ceil(wait_s))


def _lost_with_others(error: BaseException) -> bool:
    return isinstance(error, WorkerLost) and error.status == WorkerLost.FORK_SERVER_ENDED
