"""A real SIGINT, at each point of what a thread does where CPython looks for signals.

It looks as a Python function begins and after a call of C (ceval.c: ``RESUME`` and ``CALL`` check the eval breaker),
and at jumps backwards, which no bookkeeping of ours has without a call. A profile function is called right there, so
what ``signal.raise_signal`` has the handler raise in it comes out as it would without it. What a ``with`` over a lock
of C calls is neither, so nothing comes in between, as in earnest.
"""

from __future__ import annotations

import gc
import itertools
import signal
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

_NOT_HERE = {"_remove", "__del__", "__exit__"}
"""What is raised in a finalizer goes nowhere; and the last calls are those that end the profiling."""


class Interruption:
    """One SIGINT at the point of that number; ``where`` says which it was, None: there are not so many."""

    def __init__(self, point: int) -> None:
        self.where: str | None = None
        self._left = point

    def __call__(self, action: Callable[[], object]) -> bool:
        """Whether ``action`` was interrupted, which it need not be where it defers that."""
        gc.disable()  # else it may be what others left that is interrupted, in a finalizer
        sys.setprofile(self._look)
        try:
            action()
        except KeyboardInterrupt:
            return True
        finally:
            sys.setprofile(None)
            gc.enable()
        return False

    def _look(self, frame: FrameType, what: str, arg: Any) -> None:
        if what not in ("call", "c_return") or arg is sys.setprofile or frame.f_code.co_name in _NOT_HERE:
            return
        self._left -= 1
        if self._left == 0:
            self.where = f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}"
            signal.raise_signal(signal.SIGINT)


def interruptions() -> Iterator[Interruption]:
    """One for each point of what they are called with; it ends after the first that comes too late."""
    for point in itertools.count(1):
        interruption = Interruption(point)
        yield interruption
        if interruption.where is None:
            return
