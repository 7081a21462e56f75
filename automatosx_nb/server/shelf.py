"""The server's one registry: opened by the first request that needs it, used beside the event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from automatosx_nb.errors import ServerOverloaded

if TYPE_CHECKING:
    from automatosx_nb.model.ports import Registry

T = TypeVar("T")

THREADS = 4
"""How many requests work on the registry at once; the others wait their turn, and the loop goes on."""
WORKERS = 2
"""How many artifacts are checked at once: that takes long, and nobody who reads waits behind it."""
WAITING = 32
"""How many artifacts are checked or wait for it: each is held in memory meanwhile."""
RETRY_AFTER_S = 2


class Shelf:
    """Opening and every use of the registry happen on threads of its own."""

    def __init__(
        self, open_registry: Callable[[], Registry], *, most: int | None = None, longest_s: float | None = None
    ) -> None:
        """:param most: questions at a time, those that wait included; None: however many there are.
        :param longest_s: for one answer; what is done then is finished, and nobody waits for it.
        """
        self._open = open_registry
        self._most = most
        self._longest_s = longest_s
        self._registry: Registry | None = None
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="automatosx-registry")
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="automatosx-checks")
        self._probing = ThreadPoolExecutor(1, thread_name_prefix="automatosx-probe")
        self._planning = ThreadPoolExecutor(1, thread_name_prefix="automatosx-plan")
        self.asked = 0
        """Questions that have no answer yet."""
        self._working = 0

    async def ask(self, question: Callable[[Registry], T]) -> T:
        """``question(registry)``, on another thread; raises what it raises.

        :raises ServerOverloaded: too many are asked already, or it takes too long.
        """
        if self._most is not None and self.asked >= self._most:
            raise ServerOverloaded("has more to answer than it can", RETRY_AFTER_S)
        self.asked += 1
        try:
            return await self._in_time(self._threads, question)
        finally:
            self.asked -= 1

    async def plan(self, question: Callable[[Registry], T]) -> T:
        """As :meth:`ask`, one at a time: versions can be such that to choose among them takes for ever, and then it is
        planning that has to wait, and nothing else."""
        return await self._in_time(self._planning, question)

    async def probe(self, question: Callable[[Registry], T]) -> T:
        """As :meth:`ask`, on a thread that no request occupies: a server under load is no ill one."""
        return await self._in_time(self._probing, question)

    def work(self, question: Callable[[Registry], T]) -> asyncio.Future[T]:
        """As :meth:`ask`, for what takes long; it goes on where nobody waits for it any more.

        :raises ServerOverloaded: too many wait already.
        """
        self.take_work()
        self._working += 1
        work = asyncio.get_running_loop().run_in_executor(self._workers, self._answer, question)
        work.add_done_callback(self._worked)
        return work

    def take_work(self) -> None:
        """:raises ServerOverloaded: too many wait already, so nobody need send anything."""
        if self._working >= WAITING:
            raise ServerOverloaded("has more artifacts to check than it can", RETRY_AFTER_S)

    def _worked(self, _work: asyncio.Future[T]) -> None:
        self._working -= 1

    def close(self) -> None:
        """Wait for what is being answered, then close the registry."""
        for threads in (self._probing, self._planning, self._workers, self._threads):
            threads.shutdown(wait=True, cancel_futures=True)
        close = getattr(self._registry, "close", None)
        if close is not None:
            close()

    async def _in_time(self, threads: ThreadPoolExecutor, question: Callable[[Registry], T]) -> T:
        answer = asyncio.get_running_loop().run_in_executor(threads, self._answer, question)
        try:
            return await asyncio.wait_for(answer, self._longest_s)
        except TimeoutError as error:
            if not answer.cancelled():  # the question itself raised it
                raise
            raise ServerOverloaded(f"had no answer within {self._longest_s:g} s", RETRY_AFTER_S) from error

    def _answer(self, question: Callable[[Registry], T]) -> T:
        with self._lock:
            if self._registry is None:
                self._registry = self._open()
        return question(self._registry)
