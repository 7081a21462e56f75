"""What is done again and again beside what takes long."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def repeating(step: Callable[[], object], every_s: float, name: str) -> Iterator[None]:
    """As long as the block runs, call ``step``, which must not raise, on a thread ``name``; none goes on after it."""
    ended = Event()

    def repeat() -> None:
        while not ended.wait(every_s):
            step()

    thread = Thread(target=repeat, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
