"""The event bus: who gets what, in which order, and what a failing subscriber does to others (nothing)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automatosx_nb.host.bus import Bus
from automatosx_nb.model.events import Event, matches


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


@pytest.mark.parametrize(
    ("pattern", "topic", "expected"),
    [
        ("a.b", "a.b", True),
        ("a.b", "a.b.c", False),
        ("a.*", "a.b", True),
        ("a.*", "a", False),
        ("a.*", "a.b.c", False),
        ("*.b", "a.b", True),
        ("a.**", "a.b.c", True),
        ("a.**", "a.b", True),
        ("a.**", "a", False),
        ("**", "a", True),
        ("a.*.c", "a.b.c", True),
        ("a.*.c", "a.b.d", False),
    ],
)
def test_topic_patterns(pattern: str, topic: str, expected: bool) -> None:
    assert matches(pattern, topic) is expected


_segments = st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=4)


@given(_segments, st.data())
def test_a_topic_with_any_segments_starred_still_matches_and_a_longer_topic_does_not(
    segments: list[str], data: st.DataObject
) -> None:
    starred = [data.draw(st.sampled_from([segment, "*"])) for segment in segments]
    assert matches(".".join(starred), ".".join(segments))
    assert not matches(".".join(starred), ".".join([*segments, "x"]))
    assert matches(".".join([*starred, "**"]), ".".join([*segments, "x", "y"]))
