"""Who waits for a thread: everybody in turn, however much one of them asks for."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from automatosx_nb.errors import ServerOverloaded, TooManyWaiting

T = TypeVar("T")

RETRY_AFTER_S = 2


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many pieces of work there may be, those that wait and those under way together."""

    threads: int
    """Under way at once."""
    waiting: int
    of_one: int
    """The same, of one who asks."""

    @property
    def threads_of_one(self) -> int:
        """One thread is left for others, where there are several."""
        return max(1, self.threads - 1)


@dataclass(slots=True)
class _Turn:
    work: Callable[[], Any]
    outcome: asyncio.Future[Any]


class Turns:
    """For one thread: the server's loop. Work is done on others."""

    def __init__(self, what: str, bounds: Bounds) -> None:
        """:param what: it is, in the plural, as an error tells it: ``plans``."""
        self._what = what
        self._bounds = bounds
        self._threads = ThreadPoolExecutor(bounds.threads, thread_name_prefix=f"automatosx-{what}")
        self._waiting: OrderedDict[str, deque[_Turn]] = OrderedDict()
        """Who waits, first whose turn it is."""
        self._running: Counter[str] = Counter()

    def take(self, who: str) -> None:
        """:raises TooManyWaiting: ``who`` has as much there as one may have, so need send nothing.
        :raises ServerOverloaded: all together have.
        """
        if len(self._waiting.get(who, ())) + self._running[who] >= self._bounds.of_one:
            raise TooManyWaiting(self._what, self._bounds.of_one, RETRY_AFTER_S)
        if sum(map(len, self._waiting.values())) + self._running.total() >= self._bounds.waiting:
            raise ServerOverloaded(f"has more {self._what} to make than it can", RETRY_AFTER_S)

    def begin(self, who: str, work: Callable[[], T]) -> asyncio.Future[T]:
        """What ``work()`` returns or raises, once its turn came. Cancelled before that, it is left out.

        Raises as :meth:`take` does.
        """
        self.take(who)
        outcome: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(who, deque()).append(_Turn(work, outcome))
        self._fill()
        return outcome

    def ahead(self, who: str) -> int:
        """How many others have work that waits or is under way: so many turns one waits for at most."""
        return len({*self._waiting, *self._running} - {who})

    def close(self) -> None:
        """Wait for what is under way; what waits is cancelled."""
        for turns in self._waiting.values():
            for turn in turns:
                turn.outcome.cancel()
        self._waiting.clear()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _fill(self) -> None:
        while self._running.total() < self._bounds.threads and (found := self._next()) is not None:
            self._start(*found)

    def _next(self) -> tuple[str, _Turn] | None:
        for who in self._waiting:
            if self._running[who] < self._bounds.threads_of_one:
                turns = self._waiting.pop(who)
                turn = turns.popleft()
                if turns:
                    self._waiting[who] = turns  # behind all others
                return who, turn
        return None

    def _start(self, who: str, turn: _Turn) -> None:
        if turn.outcome.cancelled():
            return
        self._running[who] += 1
        running = asyncio.get_running_loop().run_in_executor(self._threads, turn.work)
        running.add_done_callback(lambda done: self._done(who, turn, done))

    def _done(self, who: str, turn: _Turn, done: asyncio.Future[Any]) -> None:
        self._running[who] -= 1
        if not self._running[who]:
            del self._running[who]
        if done.cancelled():
            turn.outcome.cancel()
        elif turn.outcome.cancelled():
            done.exception()  # nobody waits for it
        elif (error := done.exception()) is not None:
            turn.outcome.set_exception(error)
        else:
            turn.outcome.set_result(done.result())
        self._fill()
