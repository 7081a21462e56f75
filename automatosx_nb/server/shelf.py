"""The server's one registry: opened by the first request that needs it, used beside the event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from automatosx_nb.model.ports import Registry

T = TypeVar("T")

THREADS = 4
"""How many requests work on the registry at once; the others wait their turn, and the loop goes on."""
WORKERS = 2
"""How many artifacts are checked at once: that takes long, and nobody who reads waits behind it."""


class Shelf:
    """Opening and every use of the registry happen on threads of its own."""

    def __init__(self, open_registry: Callable[[], Registry]) -> None:
        self._open = open_registry
        self._registry: Registry | None = None
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="automatosx-registry")
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="automatosx-checks")

    async def ask(self, question: Callable[[Registry], T]) -> T:
        """``question(registry)``, on another thread; raises what it raises."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._answer, question)

    def work(self, question: Callable[[Registry], T]) -> asyncio.Future[T]:
        """As :meth:`ask`, for what takes long; it goes on where nobody waits for it any more."""
        return asyncio.get_running_loop().run_in_executor(self._workers, self._answer, question)

    def close(self) -> None:
        """Wait for what is being answered, then close the registry."""
        self._workers.shutdown(wait=True, cancel_futures=True)
        self._threads.shutdown(wait=True, cancel_futures=True)
        close = getattr(self._registry, "close", None)
        if close is not None:
            close()

    def _answer(self, question: Callable[[Registry], T]) -> T:
        with self._lock:
            if self._registry is None:
                self._registry = self._open()
        return question(self._registry)
