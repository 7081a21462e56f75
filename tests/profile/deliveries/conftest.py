"""A profile's deliveries, with a clock that stands until it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from automatosx_nb.model.delivery import Envelope, Retries, Subscriber, Terms
from automatosx_nb.profile.deliveries import Deliveries

LISTENER = Subscriber("acme.demo", "plugin.**", "demo:on_event")
RETRIES = Retries(attempts=3, first_s=1.0, factor=4.0, most_s=10.0)


class Clock:
    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


def event(text: str = "", *, source: str = "a", topic: str = "plugin.a.b", expires: float | None = None) -> Envelope:
    return Envelope(source, topic, f'{{"data": "{text}"}}'.encode(), expires)


@pytest.fixture
def clock() -> Clock:
    return Clock()


MakeKernel = Callable[..., Deliveries]


@pytest.fixture
def kernel(tmp_path: Path, clock: Clock) -> Iterator[MakeKernel]:
    """Makes another kernel of the same profile."""
    made: list[Deliveries] = []

    def make(*, lease_s: float = 60.0) -> Deliveries:
        made.append(Deliveries(tmp_path / "events", retries=RETRIES, lease_s=lease_s, clock=clock))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def store(kernel: MakeKernel) -> Deliveries:
    """One with :data:`LISTENER`."""
    store = kernel()
    store.follow(1, {LISTENER: Terms(queue=5)})
    return store
