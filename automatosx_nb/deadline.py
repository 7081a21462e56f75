"""The time that a search for versions is given."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from automatosx_nb.errors import PlanTooHard

if TYPE_CHECKING:
    from collections.abc import Callable


class Deadline:
    """What a search spends: seconds, from now on."""

    def __init__(self, seconds: float, setting: str, clock: Callable[[], float] = time.monotonic) -> None:
        """:param setting: what gives it that time, as in ``c.UpdatePolicy.plan_s``."""
        self._seconds = seconds
        self._setting = setting
        self._clock = clock
        self._until = clock() + seconds

    def __call__(self) -> None:
        """:raises PlanTooHard: they are spent."""
        if self._clock() > self._until:
            raise PlanTooHard(self._seconds, self._setting)
