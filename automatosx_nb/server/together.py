"""Short questions that are answered together, on a thread of their own.

To hand one over from thread to thread and back takes as long as many a question, for both threads want the interpreter
just then. So the thread takes all that wait at once, and hands answers back some at a time.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any, Generic, NamedTuple, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")

HAND_BACK_S = 0.02
"""So long an answer waits for others to go back with."""


class _Told(NamedTuple):
    outcome: asyncio.Future[Any]
    answer: Any = None
    error: BaseException | None = None


class Together(Generic[Q, A]):
    """For one thread: the server's loop. Questions are answered on another, one after the other, in their order."""

    def __init__(self, ready: Callable[[], Callable[[Q], A]], name: str) -> None:
        """:param ready: is called before each lot of questions; what it returns answers one of them."""
        self._ready = ready
        self._waiting: deque[tuple[Q, asyncio.Future[A]]] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._works = False

    def ask(self, question: Q) -> asyncio.Future[A]:
        """What is cancelled before its turn is left out."""
        outcome: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, outcome))
        self._begin()
        return outcome

    def close(self) -> None:
        """Wait for what is being answered; what waits is cancelled."""
        while self._waiting:
            self._waiting.popleft()[1].cancel()
        self._thread.shutdown(wait=True)

    def _begin(self) -> None:
        if self._waiting and not self._works:
            lot, self._waiting = self._waiting, deque()
            self._thread.submit(self._work, lot, asyncio.get_running_loop())
            self._works = True

    def _work(self, lot: deque[tuple[Q, asyncio.Future[A]]], loop: asyncio.AbstractEventLoop) -> None:
        told: list[_Told] = []
        try:
            answer, handed = self._ready(), monotonic()
            while lot:
                told.append(_answered(answer, *lot.popleft()))
                if monotonic() - handed >= HAND_BACK_S:
                    loop.call_soon_threadsafe(_tell, told)
                    told, handed = [], monotonic()
        except Exception as error:  # noqa: BLE001 - those who asked are told
            told += [_Told(outcome, error=error) for _, outcome in lot]
        finally:
            loop.call_soon_threadsafe(self._end, told)

    def _end(self, told: list[_Told]) -> None:
        self._works = False
        self._begin()
        _tell(told)


def _answered(answer: Callable[[Q], A], question: Q, outcome: asyncio.Future[A]) -> _Told:
    if outcome.cancelled():
        return _Told(outcome)
    try:
        return _Told(outcome, answer(question))
    except Exception as error:  # noqa: BLE001 - who asked is told
        return _Told(outcome, error=error)


def _tell(told: list[_Told]) -> None:
    for outcome, answer, error in told:
        if outcome.done():  # nobody waits for it any more
            continue
        if error is None:
            outcome.set_result(answer)
        else:
            outcome.set_exception(error)
