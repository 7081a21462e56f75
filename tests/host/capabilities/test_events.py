"""How much a plugin may publish: no faster, no larger and no deeper than policy lets it."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import reduce

import pytest

from automatosx_nb.errors import InvalidEvent
from automatosx_nb.host.bus import Bus
from automatosx_nb.host.bus.limits import BusLimits
from automatosx_nb.host.bus.publishing import MAX_DEPTH, Publisher
from automatosx_nb.host.capabilities.events import EventsCapability
from tests.no_failure import no_failure

TOPIC = "plugin.acme.demo.found"
PER_S = 4.0


@pytest.fixture
def heard() -> list[object]:
    return []


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def capability(heard: list[object], slept: list[float]) -> EventsCapability:
    def sleep(seconds: float) -> None:
        slept.append(seconds)
        time.sleep(seconds)

    bus, limits = Bus(no_failure), BusLimits(per_s=PER_S, burst=3, payload_kb=1)
    bus.subscribe(TOPIC, lambda event: heard.append(event.data))
    publisher = Publisher(bus, "plugin/acme.demo", limits)
    return EventsCapability("acme.demo", [{"topic": TOPIC, "schema": {}}], publisher, limits, sleep=sleep)


@pytest.fixture
def publish(capability: EventsCapability) -> Callable[[object], object]:
    return lambda data: capability.ask("publish", (TOPIC, data, None, None))


def test_what_comes_faster_than_policy_lets_it_is_slowed_down_and_not_lost(
    capability: EventsCapability, publish: Callable[[object], object], heard: list[object], slept: list[float]
) -> None:
    for number in range(4):
        publish(number)
    assert heard == [0, 1, 2, 3]
    assert capability.throttled == len(slept) >= 1
    assert all(0 < seconds <= 1 / PER_S for seconds in slept)


def test_the_data_of_an_event_has_its_bound_in_bytes_of_json(
    publish: Callable[[object], object], heard: list[object]
) -> None:
    largest = "x" * 1020 + "é"  # its quotes, and two bytes of the last letter
    publish(largest)
    with pytest.raises(InvalidEvent, match="1025 bytes, more than 1 KiB"):
        publish(largest + "x")
    assert heard == [largest]


def test_data_that_is_nested_too_deep_is_refused(publish: Callable[[object], object], heard: list[object]) -> None:
    def nested(depth: int) -> list[object]:
        return reduce(lambda inner, _: [inner], range(depth - 1), list[object]())

    publish(nested(MAX_DEPTH))
    with pytest.raises(InvalidEvent, match=f"deeper than {MAX_DEPTH} levels"):
        publish(nested(MAX_DEPTH + 1))
    assert heard == [nested(MAX_DEPTH)]
