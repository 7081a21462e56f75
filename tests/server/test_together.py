"""Questions that are answered together, on one thread beside the server's loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from automatosx_nb.server import together
from automatosx_nb.server.together import Elsewhere, Together


class Answering:
    """Waits at the first question until ``go`` is set; notes what it was asked, and how often it was made ready."""

    def __init__(self) -> None:
        self.begun, self.go = threading.Event(), threading.Event()
        self.lots = 0
        self.asked: list[int] = []

    def ready(self) -> Callable[[int], int]:
        self.lots += 1
        return self._answer

    def _answer(self, question: int) -> int:
        self.asked.append(question)
        self.begun.set()
        assert self.go.wait(60)
        return 100 // question


@pytest.fixture
def answering() -> Iterator[Answering]:
    made = Answering()
    yield made
    made.go.set()


@pytest.fixture
def line(answering: Answering) -> Iterator[Together[int, int]]:
    made = Together(answering.ready, "test")
    yield made
    answering.go.set()
    made.close()


async def begun(answering: Answering) -> None:
    await asyncio.to_thread(answering.begun.wait, 60)


def test_all_that_wait_are_taken_at_once_and_answered_in_their_order(
    answering: Answering, line: Together[int, int]
) -> None:
    async def ask() -> list[int]:
        first = line.ask(1)
        await begun(answering)
        others = [line.ask(n) for n in (2, 4, 5)]
        answering.go.set()
        return await asyncio.gather(first, *others)

    assert asyncio.run(ask()) == [100, 50, 25, 20]
    assert (answering.asked, answering.lots) == ([1, 2, 4, 5], 2)


def test_an_error_is_told_to_whom_it_is_the_answer_of(answering: Answering, line: Together[int, int]) -> None:
    async def ask() -> list[Any]:
        first = line.ask(1)
        await begun(answering)
        others = [line.ask(n) for n in (0, 2)]
        answering.go.set()
        return await asyncio.gather(first, *others, return_exceptions=True)

    first, failed, last = asyncio.run(ask())
    assert (first, last) == (100, 50)
    assert isinstance(failed, ZeroDivisionError)


def test_where_nothing_can_be_answered_all_who_asked_are_told_and_the_next_may_be() -> None:
    lots = iter([OSError("no disk"), None])

    def ready() -> Callable[[int], int]:
        error = next(lots)
        if error is not None:
            raise error
        return abs

    line = Together(ready, "test")

    async def ask() -> None:
        with pytest.raises(OSError, match="no disk"):
            await line.ask(-1)
        assert await line.ask(-2) == 2

    asyncio.run(ask())
    line.close()


def test_what_nobody_waits_for_any_more_is_left_out(answering: Answering, line: Together[int, int]) -> None:
    async def ask() -> int:
        first, second, third = line.ask(1), line.ask(2), line.ask(4)
        await begun(answering)
        second.cancel()
        first.cancel()  # its answer comes all the same
        answering.go.set()
        return await third

    assert asyncio.run(ask()) == 25
    assert answering.asked == [1, 4]


def test_an_answer_does_not_wait_for_all_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "HAND_BACK_S", 0)
    begun, told = threading.Event(), threading.Event()

    def answer(question: int) -> int:
        begun.wait(60)
        return question if question < 3 else told.wait(60)

    line: Together[int, int] = Together(lambda: answer, "test")

    async def ask() -> int:
        line.ask(1)
        early, late = line.ask(2), line.ask(3)
        begun.set()
        assert await early == 2
        told.set()
        return await late

    assert asyncio.run(ask()) is True
    line.close()


def test_closing_waits_for_the_answer_under_way_and_drops_what_waits(answering: Answering) -> None:
    line = Together(answering.ready, "test")

    async def ask() -> None:
        first = line.ask(1)
        await begun(answering)
        waiting = line.ask(2)
        threading.Timer(0, answering.go.set).start()
        line.close()
        assert (await first, waiting.cancelled()) == (100, True)
        with pytest.raises(RuntimeError):
            line.ask(3)

    asyncio.run(ask())
    assert answering.asked == [1]


def test_what_others_answer_is_told_on_the_loop() -> None:
    loop_thread: list[int] = []

    def made(question: int, answer: float) -> str:
        loop_thread.append(threading.get_ident())
        return f"{question}: {answer:g}"

    with ThreadPoolExecutor(2) as threads:
        line: Elsewhere[int, str] = Elsewhere(lambda question: threads.submit(lambda: 10 / question), made)

        async def ask() -> list[Any]:
            return await asyncio.gather(*map(line.ask, (1, 0, 4)), return_exceptions=True)

        first, failed, last = asyncio.run(ask())
    assert (first, last) == ("1: 10", "4: 2.5")
    assert isinstance(failed, ZeroDivisionError)
    assert set(loop_thread) == {threading.get_ident()}


def test_an_answer_that_nothing_can_be_made_of_is_told_and_keeps_none_from_the_others() -> None:
    answered: list[Future[int]] = [Future(), Future()]

    async def ask() -> list[Any]:
        line: Elsewhere[int, float] = Elsewhere(answered.__getitem__, lambda _question, answer: 1 / answer)
        outcomes = [line.ask(n) for n in range(2)]
        for n, each in enumerate(answered):
            each.set_result(n)
        return await asyncio.wait_for(asyncio.gather(*outcomes, return_exceptions=True), 60)

    failed, told = asyncio.run(ask())
    assert isinstance(failed, ZeroDivisionError)
    assert told == 1


def test_what_is_answered_before_the_loop_has_its_turn_comes_with_one_call() -> None:
    asked: list[Future[int]] = []

    def remember(_question: int) -> Future[int]:
        asked.append(Future())
        return asked[-1]

    line: Elsewhere[int, int] = Elsewhere(remember, lambda _question, answer: answer)

    async def ask() -> None:
        outcomes = [line.ask(n) for n in range(4)]
        calls, loop = [], asyncio.get_running_loop()
        call_soon, loop.call_soon_threadsafe = loop.call_soon_threadsafe, lambda *call: calls.append(call)  # type: ignore[method-assign,assignment]
        outcomes[0].cancel()  # whoever answers is told, and whoever waits for it no more is not
        outcomes[1].cancel()
        await asyncio.sleep(0)
        assert [each.cancelled() for each in asked] == [True, True, False, False]
        asked[2].set_result(7)
        asked[3].cancel()
        assert len(calls) == 1
        loop.call_soon_threadsafe = call_soon  # type: ignore[method-assign]
        loop.call_soon(*calls[0])
        assert await outcomes[2] == 7
        assert outcomes[3].cancelled()

    asyncio.run(ask())


def test_an_answer_that_comes_after_the_loop_has_ended_is_nobodys() -> None:
    asked: Future[int] = Future()
    line: Elsewhere[int, int] = Elsewhere(lambda _question: asked, lambda _question, answer: answer)

    async def ask() -> None:
        line.ask(1)

    asyncio.run(ask())
    asked.set_result(1)
    assert asked.result() == 1
