"""Who waits for a thread: nobody for all that somebody else asks for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest

from automatosx_nb.errors import ServerOverloaded, TooManyWaiting
from automatosx_nb.server.turns import Bounds, Turns


class Work:
    """Ends when it is told; remembers in which order it began."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self._ends: dict[str, threading.Event] = {}

    def of(self, name: str) -> Callable[[], str]:
        end = self._ends[name] = threading.Event()

        def work() -> str:
            self.begun.append(name)
            assert end.wait(60)
            return name

        return work

    def end(self, *names: str) -> None:
        for name in names:
            self._ends[name].set()

    async def until(self, *names: str) -> None:
        while set(self.begun) < set(names):
            await asyncio.sleep(0)


async def test_who_asks_for_much_leaves_a_thread_to_others() -> None:
    turns, work = Turns("checks", Bounds(threads=2, waiting=32, of_one=8)), Work()
    greedy = [turns.begin("greedy", work.of(f"greedy {number}")) for number in range(8)]
    await work.until("greedy 0")
    assert work.begun == ["greedy 0"], "one thread stays free"
    assert (turns.ahead("ada"), turns.ahead("greedy")) == (1, 0)
    other = turns.begin("ada", work.of("ada"))
    await work.until("greedy 0", "ada")
    work.end("ada")
    assert await other == "ada"
    assert work.begun == ["greedy 0", "ada"]
    work.end(*(f"greedy {number}" for number in range(8)))
    assert await asyncio.gather(*greedy) == [f"greedy {number}" for number in range(8)]
    turns.close()


async def test_those_who_wait_are_served_in_turn_and_not_in_the_order_of_what_they_sent() -> None:
    turns, work = Turns("plans", Bounds(threads=1, waiting=32, of_one=8)), Work()
    names = ["a 0", "a 1", "a 2", "b 0", "b 1", "c 0"]
    asked = [turns.begin(name[0], work.of(name)) for name in names]
    work.end(*names)
    await asyncio.gather(*asked)
    assert work.begun == ["a 0", "a 1", "b 0", "c 0", "a 2", "b 1"]
    turns.close()


async def test_of_one_there_is_so_much_and_of_all_together_so_much_and_no_more() -> None:
    turns, work = Turns("plans", Bounds(threads=1, waiting=3, of_one=2)), Work()
    asked = [turns.begin("a", work.of("a 0")), turns.begin("a", work.of("a 1"))]
    with pytest.raises(TooManyWaiting, match="2 plans of yours") as refused:
        turns.begin("a", work.of("a 2"))
    assert refused.value.retry_after > 0
    asked.append(turns.begin("b", work.of("b 0")))
    with pytest.raises(ServerOverloaded, match="more plans"):
        turns.begin("c", work.of("c 0"))
    work.end("a 0", "a 1", "b 0")
    assert await asyncio.gather(*asked) == ["a 0", "a 1", "b 0"]
    work.end("a 2")
    assert await turns.begin("a", lambda: "again") == "again"
    turns.close()


async def test_what_nobody_waits_for_any_more_is_not_begun_and_what_failed_fails_for_whoever_waits() -> None:
    turns, work = Turns("plans", Bounds(threads=1, waiting=9, of_one=9)), Work()
    first, left, last = turns.begin("a", work.of("1")), turns.begin("a", work.of("2")), turns.begin("a", lambda: 1 // 0)
    left.cancel()
    work.end("1")
    assert await first == "1"
    with pytest.raises(ZeroDivisionError):
        await last
    assert work.begun == ["1"]
    turns.close()


async def test_what_was_given_up_while_it_was_made_keeps_its_thread_and_no_other() -> None:
    turns, work = Turns("plans", Bounds(threads=1, waiting=9, of_one=9)), Work()
    given_up, after = turns.begin("a", work.of("1")), turns.begin("b", work.of("2"))
    await work.until("1")
    given_up.cancel()
    work.end("2")
    assert not after.done()
    work.end("1")
    assert await after == "2"
    turns.close()


async def test_its_end_waits_for_what_is_made_and_begins_nothing_more() -> None:
    turns, work = Turns("plans", Bounds(threads=1, waiting=9, of_one=9)), Work()
    first, second = turns.begin("a", work.of("1")), turns.begin("a", work.of("2"))
    await work.until("1")
    closing = threading.Thread(target=turns.close)
    closing.start()
    while not second.cancelled():
        await asyncio.sleep(0)
    work.end("1")
    assert await first == "1"
    closing.join()
    assert work.begun == ["1"]
