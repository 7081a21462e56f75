"""Questions to the registry, beside the server's loop: not too many at a time, and none for ever."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from automatosx_nb.errors import ServerOverloaded
from automatosx_nb.server.shelf import THREADS, Shelf
from automatosx_nb.server.together import Together


class Registry:
    """Is closed once."""

    closed = 0

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def shelf() -> Iterator[Callable[..., Shelf]]:
    opened: list[Shelf] = []

    def make(**limits: Any) -> Shelf:
        registry: Any = Registry()
        opened.append(Shelf(lambda: registry, **limits))
        return opened[-1]

    yield make
    for each in opened:
        each.close()


def test_what_waits_beyond_the_limit_is_told_to_come_back_and_a_probe_is_answered(shelf: Callable[..., Shelf]) -> None:
    made, go = shelf(most=THREADS + 1), threading.Event()

    async def ask() -> None:
        asked = [asyncio.create_task(made.ask(lambda _: go.wait(60))) for _ in range(THREADS + 1)]
        while made.asked < THREADS + 1:
            await asyncio.sleep(0)
        with pytest.raises(ServerOverloaded, match="more to answer than it can"):
            await made.ask(lambda _: None)
        assert await made.probe(lambda _: "alive") == "alive"
        go.set()
        assert await asyncio.gather(*asked) == [True] * (THREADS + 1)
        assert (made.asked, await made.ask(lambda _: "again")) == (0, "again")

    asyncio.run(ask())


def test_an_answer_that_takes_too_long_is_waited_for_no_longer_and_what_is_done_is_finished(
    shelf: Callable[..., Shelf],
) -> None:
    made, go, done = shelf(longest_s=0.05), threading.Event(), threading.Event()

    def question(_registry: Any) -> None:
        go.wait(60)
        done.set()

    async def ask() -> None:
        with pytest.raises(ServerOverloaded, match=r"no answer within 0\.05 s") as caught:
            await made.ask(question)
        assert caught.value.retry_after > 0
        go.set()

    asyncio.run(ask())
    assert done.wait(60)


def test_a_timeout_of_the_questions_own_is_its_own(shelf: Callable[..., Shelf]) -> None:
    def question(_registry: Any) -> None:
        raise TimeoutError("the disk's")

    with pytest.raises(TimeoutError, match="the disk's"):
        asyncio.run(shelf(longest_s=60).ask(question))


def test_what_is_being_answered_is_waited_for_before_the_registry_is_closed() -> None:
    registry: Any = Registry()
    shelf = Shelf(lambda: registry)
    seen: list[int] = []

    def question(found: Any) -> None:
        closing.start()
        seen.append(found.closed)

    closing = threading.Thread(target=shelf.close)

    async def ask() -> None:
        await shelf.ask(question)

    asyncio.run(ask())
    closing.join()
    assert (seen, registry.closed) == ([0], 1)


def test_short_questions_wait_behind_one_that_is_slow_and_nothing_else_does(shelf: Callable[..., Shelf]) -> None:
    made, begun, go = shelf(most=3), threading.Event(), threading.Event()

    def answer(question: str) -> str:
        begun.set()
        return question if go.wait(60) else "nothing"

    ask_short = made.line(lambda _registry: Together(lambda: answer, "short"))

    async def ask() -> None:
        await made.ask(lambda _: None)
        slow, behind = ask_short("slow"), ask_short("behind")
        await asyncio.to_thread(begun.wait, 60)
        assert await made.ask(lambda _: "another") == "another"
        assert await made.probe(lambda _: "alive") == "alive"
        third = ask_short("third")
        with pytest.raises(ServerOverloaded, match="more to answer than it can"):
            ask_short("fourth")
        with pytest.raises(ServerOverloaded, match="more to answer than it can"):
            await made.ask(lambda _: None)
        go.set()
        assert list(await asyncio.gather(slow, behind, third)) == ["slow", "behind", "third"]
        assert made.asked == 0

    asyncio.run(ask())


def test_a_short_question_that_takes_too_long_is_given_up(shelf: Callable[..., Shelf]) -> None:
    made, go = shelf(longest_s=0.05), threading.Event()

    def answer(_question: str) -> bool:
        return go.wait(60)

    ask_short = made.line(lambda _registry: Together(lambda: answer, "short"))

    async def ask() -> None:
        await made.probe(lambda _: None)
        with pytest.raises(asyncio.CancelledError):
            await ask_short("slow")
        assert made.asked == 0
        go.set()

    asyncio.run(ask())


def test_a_short_question_is_not_counted_where_the_registry_is_closed_or_not_open_yet(
    shelf: Callable[..., Shelf],
) -> None:
    made = shelf()
    ask_short: Callable[[int], asyncio.Future[int]] = made.line(lambda _registry: Together(lambda: abs, "short"))
    ask_first: Callable[[int], asyncio.Future[int]] = made.line(lambda _registry: Together(lambda: abs, "first"))

    async def ask() -> None:
        with pytest.raises(RuntimeError):
            ask_short(-1)
        await made.probe(lambda _: None)
        assert await ask_short(-1) == 1
        made.close()
        for asking in (ask_short, ask_short, ask_first):
            with pytest.raises(RuntimeError):
                asking(-2)
        assert made.asked == 0

    asyncio.run(ask())
