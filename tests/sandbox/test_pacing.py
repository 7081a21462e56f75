"""How many messages of a worker the host takes in a second."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from automatosx_nb.sandbox.pacing import Pace


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_second_of_messages_passes_at_once_and_the_next_one_waits() -> None:
    clock = Clock()
    pace = Pace(100, clock=clock)
    pace.take(100)
    assert pace.wait_s() == 0
    pace.take(1)
    assert 0 < pace.wait_s() <= 0.3


@given(st.lists(st.integers(1, 500), min_size=1, max_size=30), st.integers(20, 5000))
def test_whoever_waits_as_told_is_held_to_the_rate(costs: list[int], per_s: int) -> None:
    clock = Clock()
    pace = Pace(per_s, clock=clock)
    for cost in costs:
        pace.take(cost)
        clock.now += pace.wait_s()
        assert pace.wait_s() < 1e-6
    assert sum(costs) <= per_s * (1 + clock.now) + 1e-6


def test_time_without_messages_gives_room_for_one_second_and_no_more() -> None:
    clock = Clock()
    pace = Pace(100, clock=clock)
    clock.now = 3600
    pace.take(101)
    assert pace.wait_s() > 0
