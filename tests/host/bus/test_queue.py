"""The events that wait: bounded, in order, and every one that goes is counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from automatosx_nb.host.bus.counters import Counters
from automatosx_nb.host.bus.queue import EventQueue
from automatosx_nb.model.events import Event

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def event(number: int, topic: str = "a", expires_s: float | None = None) -> Event:
    expires = None if expires_s is None else (NOW + timedelta(seconds=expires_s)).isoformat()
    return Event(str(number), "test", topic, NOW.isoformat(), number, expires=expires)


def numbers(queue: EventQueue, most: int = 100) -> list[object]:
    return [each.data for each in queue.take(most)]


def test_events_come_out_in_the_order_in_which_they_came() -> None:
    queue = EventQueue(10, "drop-oldest", Counters())
    for number in range(5):
        queue.put(event(number))
    assert numbers(queue, 2) == [0, 1]
    assert numbers(queue) == [2, 3, 4]
    assert numbers(queue) == []


def test_a_full_queue_drops_the_oldest() -> None:
    counters = Counters()
    queue = EventQueue(3, "drop-oldest", counters)
    assert all(queue.put(event(number)) for number in range(5))
    assert numbers(queue) == [2, 3, 4]
    assert counters == Counters(dropped=2)


def test_a_full_queue_that_rejects_keeps_what_waits() -> None:
    counters = Counters()
    queue = EventQueue(3, "reject", counters)
    assert [queue.put(event(number)) is None for number in range(5)] == [False, False, False, True, True]
    assert numbers(queue) == [0, 1, 2]
    assert counters == Counters(rejected=2)


def test_of_one_topic_only_the_newest_waits_where_it_coalesces_and_it_waits_at_the_end() -> None:
    counters = Counters()
    queue = EventQueue(10, "coalesce", counters)
    for number, topic in enumerate(["a", "b", "a", "c", "a"]):
        queue.put(event(number, topic))
    assert numbers(queue) == [1, 3, 4]
    assert counters == Counters(coalesced=2)


def test_more_topics_than_wait_lose_the_oldest_where_it_coalesces() -> None:
    counters = Counters()
    queue = EventQueue(2, "coalesce", counters)
    for number, topic in enumerate("abc"):
        queue.put(event(number, topic))
    assert numbers(queue) == [1, 2]
    assert counters == Counters(dropped=1)


def test_what_has_expired_while_it_waited_is_not_handed_over() -> None:
    counters, now = Counters(), [NOW]
    queue = EventQueue(10, "drop-oldest", counters, now=lambda: now[0])
    queue.put(event(0, expires_s=5))
    queue.put(event(1))
    queue.put(event(2, expires_s=9))
    now[0] += timedelta(seconds=5)
    assert numbers(queue) == [1, 2]
    assert counters == Counters(expired=1)


def test_nothing_beyond_a_number_is_taken() -> None:
    queue = EventQueue(10, "drop-oldest", Counters())
    upto = [queue.put(event(number)) for number in range(4)][1]
    assert upto is not None
    assert [each.data for each in queue.take(10, upto)] == [0, 1]
    assert queue.take(10, upto) == []


@pytest.mark.parametrize("overflow", ["drop-oldest", "coalesce", "reject"])
def test_what_waits_when_a_queue_is_cleared_counts_as_dropped(overflow: str) -> None:
    counters = Counters()
    queue = EventQueue(10, overflow, counters)
    for number in range(3):
        queue.put(event(number, f"t{number}"))
    queue.clear()
    assert (len(queue), counters) == (0, Counters(dropped=3))
