"""The event bus: who gets what, in which order, and what a failing subscriber does to others (nothing)."""

from __future__ import annotations

import pytest

from automatosx_nb.host.bus import Bus
from automatosx_nb.model.events import Event


def event(topic: str, data: object = None) -> Event:
    return Event("1", "test", topic, "2026-01-01T00:00:00Z", data)


@pytest.fixture
def failures() -> list[tuple[str, Exception]]:
    return []


@pytest.fixture
def bus(failures: list[tuple[str, Exception]]) -> Bus:
    return Bus(lambda pattern, error: failures.append((pattern, error)))


def test_an_event_reaches_every_subscriber_of_its_topic_in_the_order_of_subscription(bus: Bus) -> None:
    seen: list[str] = []
    bus.subscribe("kernel.cell.finished", lambda e: seen.append("first"))
    bus.subscribe("kernel.cell.*", lambda e: seen.append("second"))
    bus.subscribe("kernel.**", lambda e: seen.append("third"))
    bus.subscribe("kernel.idle", lambda e: seen.append("other topic"))
    bus.publish(event("kernel.cell.finished"))
    assert seen == ["first", "second", "third"]


def test_a_subscriber_that_raises_is_reported_and_the_next_one_still_gets_the_event(
    bus: Bus, failures: list[tuple[str, Exception]]
) -> None:
    seen: list[Event] = []

    def broken(_event: Event) -> None:
        raise RuntimeError("broken subscriber")

    bus.subscribe("a.b", broken)
    bus.subscribe("a.b", seen.append)
    bus.publish(event("a.b"))
    assert [e.type for e in seen] == ["a.b"]
    assert [(pattern, str(error)) for pattern, error in failures] == [("a.b", "broken subscriber")]


def test_after_the_undo_nothing_arrives_and_nobody_is_wanted(bus: Bus) -> None:
    seen: list[Event] = []
    undo = bus.subscribe("a.*", seen.append)
    assert bus.wants("a.b")
    bus.publish(event("a.b"))
    undo()
    undo()
    bus.publish(event("a.b"))
    assert len(seen) == 1
    assert not bus.wants("a.b")


def test_a_subscription_made_while_publishing_gets_the_next_event_only(bus: Bus) -> None:
    late: list[Event] = []

    def subscribe_another(_event: Event) -> None:
        bus.subscribe("a", late.append)

    bus.subscribe("a", subscribe_another)
    bus.publish(event("a"))
    assert late == []
    bus.publish(event("a"))
    assert len(late) == 1
