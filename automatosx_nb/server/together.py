"""Short questions whose answers come back together: from a thread of their own, or from whoever else answers them.

To hand one over from thread to thread and back takes as long as many a question, for both threads want the interpreter
just then. So the thread takes all that wait at once, and hands answers back some at a time.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")
Asked = TypeVar("Asked", contravariant=True)


class Line(Protocol[Asked, A]):
    """For one thread: the server's loop."""

    def ask(self, question: Asked) -> asyncio.Future[A]:
        """What is cancelled before its turn is left out.

        :raises RuntimeError: it is closed.
        """

    def close(self) -> None:
        """Wait for what is being answered; what waits is cancelled."""


HAND_BACK_S = 0.02
"""So long an answer waits for others to go back with."""


class _Told(NamedTuple):
    outcome: asyncio.Future[Any]
    answer: Any = None
    error: BaseException | None = None


class Together(Generic[Q, A]):
    """A :class:`Line` whose questions are answered on another thread, one after the other, in their order."""

    def __init__(self, ready: Callable[[], Callable[[Q], A]], name: str) -> None:
        """:param ready: is called before each lot of questions; what it returns answers one of them."""
        self._ready = ready
        self._waiting: deque[tuple[Q, asyncio.Future[A]]] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._works = False

    def ask(self, question: Q) -> asyncio.Future[A]:
        outcome: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, outcome))
        self._begin()
        return outcome

    def close(self) -> None:
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


class Elsewhere(Generic[Q, A]):
    """A :class:`Line` whose questions others answer, on whatever thread."""

    def __init__(self, ask: Callable[[Q], Future[Any]], made: Callable[[Q, Any], A]) -> None:
        """:param made: of a question and what it was answered; called on the loop's thread."""
        self._ask = ask
        self._made = made
        self._answered: deque[tuple[Q, Future[Any], asyncio.Future[A]]] = deque()
        self._called = False

    def ask(self, question: Q) -> asyncio.Future[A]:
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[A] = loop.create_future()
        asked = self._ask(question)
        outcome.add_done_callback(lambda _outcome: asked.cancel())  # where it is done, that does nothing
        asked.add_done_callback(partial(self._hand_back, loop, question, outcome))
        return outcome

    def close(self) -> None:
        """Whoever answers has its own end."""

    def _hand_back(
        self, loop: asyncio.AbstractEventLoop, question: Q, outcome: asyncio.Future[A], asked: Future[Any]
    ) -> None:
        """On any thread: what is answered until the loop has its turn goes with it."""
        self._answered.append((question, asked, outcome))
        if not self._called:
            self._called = True
            with suppress(RuntimeError):  # the loop has ended, and nobody waits
                loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        self._called = False  # before it looks: what comes now is told by this turn, or by another one
        while self._answered:
            question, asked, outcome = self._answered.popleft()
            if outcome.done():
                continue
            if asked.cancelled():
                outcome.cancel()
                continue
            try:
                outcome.set_result(self._made(question, asked.result()))
            except Exception as error:  # noqa: BLE001 - who asked is told, and the others are
                outcome.set_exception(error)


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
