"""When a subscriber that fails is left alone, and how it comes back; and how much time deliveries may take."""

from __future__ import annotations

import time

import pytest

from automatosx_nb.host.bus import duty as rules
from automatosx_nb.host.bus.breaker import FAILURES, FIRST_S, LONGEST_S, Breaker
from automatosx_nb.host.bus.duty import Duty
from automatosx_nb.host.bus.running import RunningCells


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def failing(breaker: Breaker, times: int) -> list[bool]:
    return [breaker.record(False) for _ in range(times)]


def test_it_opens_at_so_many_failures_in_a_row_and_tells_it_once() -> None:
    breaker = Breaker(Clock())
    assert failing(breaker, FAILURES) == [False] * (FAILURES - 1) + [True]
    assert breaker.open
    assert failing(breaker, 3) == [False] * 3


def test_a_success_in_between_begins_the_count_anew() -> None:
    breaker = Breaker(Clock())
    failing(breaker, FAILURES - 1)
    breaker.record(True)
    failing(breaker, FAILURES - 1)
    assert not breaker.open


def test_after_a_while_one_is_tried_and_a_success_closes_it() -> None:
    clock = Clock()
    breaker = Breaker(clock)
    failing(breaker, FAILURES)
    clock.now += FIRST_S
    assert breaker.trying
    breaker.record(True)
    assert failing(breaker, FAILURES - 1) == [False] * (FAILURES - 1)


def test_each_failed_try_doubles_the_wait_up_to_the_longest() -> None:
    clock = Clock()
    breaker = Breaker(clock)
    failing(breaker, FAILURES)
    waits = []
    for _ in range(10):
        waits.append(breaker.wait_s)
        clock.now += breaker.wait_s
        assert breaker.record(False)
    assert waits[:3] == [FIRST_S, 2 * FIRST_S, 4 * FIRST_S]
    assert waits[-1] == LONGEST_S


def test_deliveries_wait_when_they_had_their_share_of_a_running_cell() -> None:
    clock = Clock()
    duty = Duty(clock)
    duty.cell(running=True)
    assert duty.wait_s() == 0
    duty.spend(rules.BUSY_BURST_S + 0.003)
    waited = duty.wait_s()
    assert waited == pytest.approx(0.003 / rules.BUSY_SHARE + 0.001)
    clock.now += waited
    assert duty.wait_s() == 0


def test_no_delivery_waits_longer_than_a_second_at_a_time() -> None:
    duty = Duty(Clock())
    duty.spend(100.0)
    assert duty.wait_s() == rules.LONGEST_WAIT_S


def test_a_cell_that_begins_finds_no_more_than_its_own_burst() -> None:
    clock = Clock()
    duty = Duty(clock)
    duty.cell(running=True)
    duty.spend(rules.BUSY_BURST_S + 0.01)
    assert duty.wait_s() > 0
    duty.cell(running=False)
    clock.now += 1
    assert duty.wait_s() == 0


def test_who_waits_stands_in_a_line_and_waits_for_those_ahead_too() -> None:
    duty = Duty(Clock())
    duty.cell(running=True)
    duty.spend(rules.BUSY_BURST_S)
    first, second, third = (duty.wait_s(who) for who in "abc")
    assert 0 < first < second < third
    assert third - second == pytest.approx(second - first)
    assert duty.wait_s("b") == second, "it keeps its place"
    duty.leave("a")
    assert duty.wait_s("b") == first


def test_what_goes_on_counts_before_it_is_over() -> None:
    duty = Duty(Clock())
    with duty.delivering():
        sum(range(200_000))
    duty.cell(running=True)
    duty.spend(rules.BUSY_BURST_S - 0.0001)
    assert duty.wait_s() == 0
    with duty.delivering():
        assert duty.wait_s("another") > 0


def test_cells_that_run_are_told_also_those_that_ran_before() -> None:
    cells, duty = RunningCells(), Duty(Clock())
    cells.before("a")
    cells.told_to(duty)
    duty.spend(rules.BUSY_BURST_S + 0.003)
    busy = duty.wait_s()
    cells.after(None)
    assert duty.wait_s() < busy
    cells.before("b")
    assert duty.wait_s() == busy
    cells.after(None)


def test_who_publishes_beside_a_cell_waits_for_the_same_share_and_else_for_nobody() -> None:
    clock = Clock()
    duty = Duty(clock)
    duty.spend(rules.IDLE_BURST_S + 1)
    assert duty.debt_s() == 0, "no cell runs"
    clock.now += 10
    duty.cell(running=True)
    assert duty.debt_s() == 0
    duty.spend(rules.BUSY_BURST_S + 0.003)
    assert duty.debt_s() == duty.wait_s() == pytest.approx(0.003 / rules.BUSY_SHARE + 0.001)
    clock.now += duty.debt_s()
    assert duty.debt_s() == 0


def test_each_event_costs_a_running_cell_more_than_its_cpu() -> None:
    duty = Duty(Clock())
    duty.cell(running=True)
    times = int(rules.BUSY_BURST_S / rules.HANDOVER_S) + 1
    for _ in range(times):
        with duty.publishing(within_delivery=True):
            """Nothing, which takes next to no CPU."""
    assert duty.debt_s() > 0
    duty.cell(running=False)
    with duty.delivering():
        """Nothing."""
    duty.cell(running=True)
    assert 0 < duty.debt_s() < 0.001 + (times + 1) * rules.HANDOVER_S / rules.BUSY_SHARE


def test_the_next_one_goes_on_though_deliveries_that_take_long_go_on_for_ever() -> None:
    clock = Clock()
    duty = Duty(clock)
    with duty.delivering():
        until = time.thread_time() + 2 * rules.BUSY_BURST_S
        while time.thread_time() < until:
            """One that takes more than a burst."""
    duty.cell(running=True)
    duty.spend(rules.BUSY_BURST_S)
    with duty.delivering():
        assert duty.wait_s("next") > 0
        clock.now += rules.BUSY_BURST_S / rules.BUSY_SHARE + 10
        assert duty.wait_s("next") == 0


def test_only_the_first_in_the_line_looks_at_the_time_and_wakes_the_next_when_it_leaves() -> None:
    duty, woken = Duty(Clock()), list[str]()
    duty.cell(running=True)
    duty.spend(rules.BUSY_BURST_S + 0.003)
    waits = [duty.wait_s(who, lambda who=who: woken.append(who)) for who in "abc"]  # type: ignore[misc]
    assert waits[0] < rules.LONGEST_WAIT_S < waits[1] == waits[2] == rules.IN_LINE_S
    for who, then in (("b", []), ("never in the line", []), ("a", ["c"])):
        duty.leave(who)
        assert woken == then


def test_the_end_of_a_cell_wakes_the_first_in_the_line() -> None:
    duty, woken = Duty(Clock()), list[str]()
    duty.cell(running=True)
    duty.spend(rules.BUSY_BURST_S + 0.003)
    for who in "ab":
        duty.wait_s(who, lambda who=who: woken.append(who))  # type: ignore[misc]
    duty.cell(running=True)
    assert woken == []
    duty.cell(running=False)
    assert woken == ["a"]


def test_a_publisher_sends_itself_where_all_is_calm_and_not_again_for_a_moment() -> None:
    clock = Clock()
    duty = Duty(clock)

    def calm(now: float = 0.0) -> bool:
        clock.now += now
        return duty.calm

    assert [calm(), duty.take_calm(), calm(), duty.take_calm()] == [True, True, False, False]
    assert calm(rules.DIRECT_EVERY_S)
    duty.cell(running=True)
    assert not calm(1), "a cell would pay for it"
    duty.cell(running=False)
    assert calm()
    duty.spend(rules.IDLE_BURST_S + 1)
    assert not duty.take_calm(), "deliveries had their share"
    duty.wait_s("somebody")
    assert not calm(100), "somebody is before it"
    duty.leave("somebody")
    assert duty.take_calm()
