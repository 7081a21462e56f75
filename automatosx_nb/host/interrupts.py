"""Where an interrupt may come: a cell's thread can be left at any call, and :mod:`threading` is not made for that.

``Condition.__enter__`` that is interrupted after its lock was taken keeps it for ever, which ``Event.wait``,
``Event.set`` and ``Thread.start`` do inside; ``with`` over a lock of C is left without one, and so is a single call.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Latch:
    """As ``threading.Event`` that is set once and waited for by one thread, which may be interrupted anywhere."""

    __slots__ = ("_bell", "_set")

    def __init__(self) -> None:
        self._set = False
        self._bell = threading.Lock()
        self._bell.acquire()

    def is_set(self) -> bool:
        return self._set

    def set(self) -> None:
        """Once more does nothing; whoever is interrupted in it calls it again."""
        self._set = True
        try:
            self._bell.release()
        except RuntimeError:
            """It was released already, and maybe waited for."""

    def wait(self, timeout_s: float | None = None) -> bool:
        """Whether it is set, at the latest after ``timeout_s`` seconds; None: wait for it."""
        if not self._set:
            self._bell.acquire(timeout=-1 if timeout_s is None else max(0.0, timeout_s))
        return self._set


@contextmanager
def interrupts_deferred() -> Iterator[None]:
    """An interrupt of this thread within comes at the end. For what is rare: it takes some microseconds."""
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return
    came: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _frame: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if came:
            before(came[-1], None)
