"""Durable delivery as pure code: waits, what gives way, who subscribes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from automatosx_nb.model.delivery import (
    MAX_ERROR,
    Envelope,
    Retries,
    Subscriber,
    Terms,
    Waiting,
    attributes_of,
    give_way,
    shortened,
    standing_of,
)
from automatosx_nb.model.events import Event
from automatosx_nb.model.generation import Generation, InstalledPlugin


def test_each_wait_is_longer_up_to_the_longest_and_after_the_last_try_there_is_none() -> None:
    assert [Retries().wait_s(tried) for tried in range(1, 6)] == [1.0, 4.0, 16.0, 64.0, None]
    assert [Retries(attempts=9, most_s=20.0).wait_s(tried) for tried in (2, 3, 8)] == [4.0, 16.0, 20.0]


@given(
    st.builds(Event, st.text(), st.text(), st.text(), st.text(), st.recursive(st.none() | st.text(), st.lists)),
    st.none() | st.datetimes(timezones=st.just(None)).map(lambda when: f"{when.isoformat()}+00:00"),
)
def test_a_kept_event_is_the_event_again(event: Event, expires: str | None) -> None:
    event = Event(**{**event.attributes(), "expires": expires})
    assert Event(**attributes_of(Envelope.of(event).body)) == event


def waiting(*types: str, size: int = 10) -> list[Waiting]:
    return [Waiting(number, topic, size) for number, topic in enumerate(types)]


def going(terms: Terms, there: list[Waiting], topic: str = "a", size: int = 10) -> tuple[Waiting, ...] | None:
    new, used = Envelope("source", topic, b"x" * size), sum(each.size for each in there)
    return give_way(terms, len(there), used, new, there, [each for each in there if each.type == topic])


def gone(terms: Terms, there: list[Waiting], topic: str = "a", size: int = 10) -> list[int] | None:
    found = going(terms, there, topic, size)
    return None if found is None else [each.number for each in found]


def test_where_there_is_room_nothing_goes() -> None:
    assert gone(Terms(queue=3), waiting("a", "b")) == []


def test_of_a_full_queue_the_oldest_goes_or_those_of_the_same_topic_or_the_new_one() -> None:
    there = waiting("b", "a", "c", "a")
    assert gone(Terms("drop-oldest", queue=4), there) == [0]
    assert gone(Terms("coalesce", queue=4), there) == [1, 3]
    assert gone(Terms("coalesce", queue=4), there, "d") == [0]
    assert gone(Terms("reject", queue=4), there) is None


def test_what_is_coalesced_goes_though_there_is_room() -> None:
    assert gone(Terms("coalesce", queue=9), waiting("b", "a", "c", "a")) == [1, 3]


def test_a_shorter_queue_than_before_lets_as_many_go_as_it_has_to() -> None:
    assert gone(Terms(queue=2), waiting("a", "b", "c", "d")) == [0, 1, 2]


def test_an_event_that_is_larger_than_the_whole_queue_lets_nothing_go() -> None:
    assert gone(Terms(most_bytes=100), waiting("a", "b"), size=101) is None


@given(
    st.lists(st.builds(Waiting, st.just(0), st.sampled_from("ab"), st.integers(1, 30)), max_size=8),
    st.integers(1, 30),
    st.sampled_from(["drop-oldest", "coalesce"]),
)
def test_after_it_gave_way_there_is_room(there: list[Waiting], size: int, overflow: str) -> None:
    there = [Waiting(number, each.type, each.size) for number, each in enumerate(there)]
    terms = Terms(overflow, queue=4, most_bytes=60)  # type: ignore[arg-type]
    chosen = going(terms, there, "a", size)
    assert chosen is not None
    left = [each for each in there if each not in chosen]
    assert len(left) < terms.queue
    assert sum(each.size for each in left) + size <= terms.most_bytes


def test_durable_subscriptions_stand_as_far_as_the_profile_grants_them() -> None:
    def subscription(topic: str, delivery: str = "durable") -> dict[str, object]:
        return {
            "topic": topic,
            "handler": "demo:on",
            "delivery": delivery,
            "overflow": "reject",
            "queue": 7,
            "retained": True,
        }

    contributes = {
        "subscriptions": [
            subscription("kernel.cell.finished"),
            subscription("kernel.cell.started"),
            subscription("kernel.cell.finished", "live"),
            {"topic": "kernel.cell.finished", "handler": "demo:before"},
        ]
    }
    grants = ("events:subscribe:kernel.cell.finished",)
    entry = InstalledPlugin("acme.demo", "1.0.0", "", None, grants, "", "", contributes)
    generation = Generation(1, 0, "", "", "", {"acme.demo": entry})
    assert standing_of(generation) == {
        Subscriber("acme.demo", "kernel.cell.finished", "demo:on"): Terms("reject", 7, retained=True)
    }


def test_an_error_is_kept_printable_and_short() -> None:
    kept = shortened("a\x1b[31mb" + "x" * 10_000)
    assert len(kept) == MAX_ERROR
    assert "\x1b" not in kept
