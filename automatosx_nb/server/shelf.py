"""The server's one registry: opened by the first request that needs it, used beside the event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from automatosx_nb.errors import ServerOverloaded
from automatosx_nb.server.turns import RETRY_AFTER_S, Bounds, Turns

if TYPE_CHECKING:
    from automatosx_nb.model.ports import Registry
    from automatosx_nb.server.together import Line

Q = TypeVar("Q")
T = TypeVar("T")

THREADS = 4
"""How many requests work on the registry at once; the others wait their turn, and the loop goes on."""
CHECKS = Bounds(threads=2, waiting=32, of_one=8)
"""Artifacts that are checked: that takes long, and nobody who reads waits behind it. Each may be held in memory."""
PLANS = Bounds(threads=1, waiting=16, of_one=4)
"""One at a time: versions can be such that to choose among them takes for ever, and then it is planning that has to
wait, and nothing else."""


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
        self._checks = Turns("checks", CHECKS)
        self._plans = Turns("plans", PLANS)
        self._works: dict[str, asyncio.Future[Any]] = {}
        self._lines: list[Line[Any, Any]] = []
        self._closed = False
        self._probing = ThreadPoolExecutor(1, thread_name_prefix="automatosx-probe")
        self.asked = 0
        """Questions that have no answer yet."""

    async def ask(self, question: Callable[[Registry], T]) -> T:
        """``question(registry)``, on another thread; raises what it raises.

        :raises ServerOverloaded: too many are asked already, or it takes too long.
        """
        self._admit()
        try:
            return await self._in_time(self._on(self._threads, question))
        finally:
            self.asked -= 1

    def line(self, line: Callable[[Registry], Line[Q, T]]) -> Callable[[Q], asyncio.Future[T]]:
        """To ask many short questions of one kind.

        :param line: is made with the first one, once the registry is open.
        :returns: what asks one, and raises as :meth:`ask` does; where an answer takes too long, it is cancelled. While
            the registry is not open, it raises RuntimeError.
        """
        made: list[Line[Q, T]] = []

        def ask(question: Q) -> asyncio.Future[T]:
            if not made:
                if self._registry is None or self._closed:
                    raise RuntimeError("the registry is not open")
                made.append(line(self._registry))
                self._lines.append(made[0])
            return self._ask_in(made[0], question)

        return ask

    async def plan(self, who: str, question: Callable[[Registry], T]) -> T:
        """As :meth:`ask`, after those whose turn comes before that of ``who``.

        :raises TooManyWaiting: ``who`` waits for too many plans already.
        """
        return await self._in_time(self._plans.begin(who, lambda: self._answer(question)))

    async def probe(self, question: Callable[[Registry], T]) -> T:
        """As :meth:`ask`, on a thread that no request occupies: a server under load is no ill one."""
        return await self._in_time(self._on(self._probing, question))

    def work(self, who: str, question: Callable[[Registry], T], *, name: str = "") -> asyncio.Future[T]:
        """As :meth:`ask`, for what takes long, in turn; it goes on where nobody waits for it any more.

        :param name: what is begun under one is not begun a second time, but waited for by all who ask.
        :raises TooManyWaiting: too much of ``who`` waits already.
        :raises ServerOverloaded: too much does.
        """
        if name in self._works:
            return self._works[name]
        work = self._checks.begin(who, lambda: self._answer(question))
        if name:
            self._works[name] = work
            work.add_done_callback(lambda _work: self._works.pop(name))
        return work

    def take_work(self, who: str) -> None:
        """Raises as :meth:`work` does, so nobody need send anything."""
        self._checks.take(who)

    def ahead(self, who: str) -> int:
        """How many others' turns come before that of ``who``, at most."""
        return self._checks.ahead(who)

    def close(self) -> None:
        """Wait for what is being answered, then close the registry."""
        self._closed = True
        for turns in (self._plans, self._checks):
            turns.close()
        for line in self._lines:
            line.close()
        end_searches = getattr(self._registry, "end_searches", None)
        if end_searches is not None:
            end_searches()
        for threads in (self._probing, self._threads):
            threads.shutdown(wait=True, cancel_futures=True)
        close = getattr(self._registry, "close", None)
        if close is not None:
            close()

    def _admit(self) -> None:
        if self._most is not None and self.asked >= self._most:
            raise ServerOverloaded("has more to answer than it can", RETRY_AFTER_S)
        self.asked += 1

    def _ask_in(self, line: Line[Q, T], question: Q) -> asyncio.Future[T]:
        self._admit()
        try:
            answer = line.ask(question)
        except BaseException:
            self.asked -= 1
            raise
        late = None
        if self._longest_s is not None:
            late = asyncio.get_running_loop().call_later(self._longest_s, answer.cancel)
        answer.add_done_callback(partial(self._answered, late))
        return answer

    def _answered(self, late: asyncio.TimerHandle | None, _answer: asyncio.Future[Any]) -> None:
        self.asked -= 1
        if late is not None:
            late.cancel()

    def _on(self, threads: ThreadPoolExecutor, question: Callable[[Registry], T]) -> asyncio.Future[T]:
        return asyncio.get_running_loop().run_in_executor(threads, self._answer, question)

    async def _in_time(self, answer: asyncio.Future[T]) -> T:
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
