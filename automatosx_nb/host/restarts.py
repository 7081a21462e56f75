"""How often a plugin's worker may be started again: a plugin that keeps dying is left alone for a while."""

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
_PLUGINS_FAULT = (LimitExceeded, PluginFailed, PluginRefused, ProtocolViolation, UnknownHandler, WorkerLost)


class Restarts:
    """At most ``MOST`` ends of a worker in ``WITHIN_S`` seconds; then none starts until the oldest is that long ago.

    ``clock`` is in seconds, as ``time.monotonic``.
    """

    def __init__(self, plugin: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._plugin = plugin
        self._clock = clock
        self._ends: deque[tuple[float, str]] = deque(maxlen=MOST)

    def ended(self, error: BaseException) -> None:
        """A worker ended, or could not load. What the user or this computer did is not held against the plugin."""
        if isinstance(error, _PLUGINS_FAULT):
            self._ends.append((self._clock(), error.code))

    def check(self) -> None:
        """:raises PluginPaused: it ended too often of late."""
        if len(self._ends) < MOST:
            return
        wait_s = self._ends[0][0] + WITHIN_S - self._clock()
        if wait_s > 0:
            raise PluginPaused(self._plugin, MOST, int(WITHIN_S), self._ends[-1][1], math.ceil(wait_s))
