"""What goes on beside a block, and no longer."""

from __future__ import annotations

import threading

import pytest

from automatosx_nb.repeating import repeating

LONG_S = 60.0


def test_a_step_is_taken_again_and_again_until_the_block_ends_and_never_after() -> None:
    steps: list[str] = []
    third = threading.Event()

    def step() -> None:
        steps.append(threading.current_thread().name)
        if len(steps) == 3:
            third.set()

    with repeating(step, 0.001, "steps"):
        assert third.wait(LONG_S)
    assert set(steps) == {"steps"}
    assert "steps" not in [thread.name for thread in threading.enumerate()]


def test_the_first_step_comes_after_the_time_between_two() -> None:
    with repeating(lambda: pytest.fail("it is not time yet"), LONG_S, "steps"):
        pass


def test_what_a_block_raises_ends_the_steps_and_comes_through() -> None:
    with pytest.raises(ZeroDivisionError), repeating(lambda: None, 0.001, "steps"):
        raise ZeroDivisionError
    assert "steps" not in [thread.name for thread in threading.enumerate()]
