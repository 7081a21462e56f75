"""One event: its attributes there and back, and when it is over."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone

import pytest

from automatosx_nb.model.events import Event
from automatosx_nb.sdk import events as sdk

PLAIN = Event("1", "test", "user.done", "2026-01-01T00:00:00Z", {"rows": 3})
FULL = Event(
    "2",
    "test",
    "user.done",
    "2026-01-01T00:00:00Z",
    [1],
    traceparent="00-" + "a" * 32 + "-" + "b" * 16 + "-01",
    expires="2026-01-01T00:00:05+00:00",
    hops=2,
)


@pytest.mark.parametrize("event", [PLAIN, FULL])
def test_the_attributes_make_the_event_again(event: Event) -> None:
    assert Event(**event.attributes()) == event


def test_what_is_not_set_is_no_attribute() -> None:
    assert PLAIN.attributes().keys() == {"id", "source", "type", "time", "data", "datacontenttype", "specversion"}


def test_what_a_handler_gets_has_the_same_attributes() -> None:
    assert [each.name for each in fields(sdk.Event)] == [each.name for each in fields(Event)]


@pytest.mark.parametrize(("seconds", "over"), [(4.999, False), (5, True), (6, True)])
def test_an_event_is_over_from_the_moment_it_expires(seconds: float, over: bool) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    assert FULL.expired(now) is over
    assert FULL.expired(now.astimezone(timezone(timedelta(hours=5)))) is over


def test_an_event_that_does_not_say_so_is_never_over() -> None:
    assert not PLAIN.expired(datetime(9999, 1, 1, tzinfo=UTC))
