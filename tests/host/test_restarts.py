"""A plugin whose worker keeps dying is left alone for a while, and the user is told how to go on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from automatosx_nb.errors import CallInterrupted, PluginFailed, PluginPaused, SandboxUnavailable, WorkerLost
from automatosx_nb.host.broker import CapabilityBroker
from automatosx_nb.host.capabilities.log import LogCapability
from automatosx_nb.host.restarts import MOST, WITHIN_S, Restarts
from automatosx_nb.host.runner import PluginRunner
from automatosx_nb.model.events import Event
from automatosx_nb.model.generation import InstalledPlugin
from automatosx_nb.sandbox.limits import Limits
from automatosx_nb.sandbox.supervisor import Program, Sandbox

ENTRY = InstalledPlugin("acme.demo", "1.0.0", "0" * 64, "*", (), "state", "", {})
SOURCE = """
import os

def die(event=None):
    os._exit(3)

def fail():
    raise ValueError

def two():
    return 2
"""


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_after_too_many_ends_none_starts_until_the_oldest_is_long_ago() -> None:
    clock = Clock()
    restarts = Restarts("acme.demo", clock=clock)
    for _ in range(MOST):
        restarts.check()
        restarts.ended(WorkerLost("acme.demo", "exit status 3"))
        clock.now += 1
    with pytest.raises(PluginPaused, match=r"Try it again in 55 s.*rollback.*%ax remove acme\.demo"):
        restarts.check()
    clock.now += WITHIN_S - MOST
    restarts.check()
    restarts.ended(WorkerLost("acme.demo", "exit status 3"))
    with pytest.raises(PluginPaused):
        restarts.check()


def test_what_the_user_or_the_computer_did_is_not_held_against_the_plugin() -> None:
    restarts = Restarts("acme.demo", clock=Clock())
    for _ in range(MOST):
        restarts.ended(CallInterrupted("acme.demo"))
        restarts.ended(SandboxUnavailable("no process could be forked"))
        restarts.ended(KeyboardInterrupt())
    restarts.check()


def test_ends_that_are_far_apart_pause_nothing() -> None:
    clock = Clock()
    restarts = Restarts("acme.demo", clock=clock)
    for _ in range(3 * MOST):
        restarts.ended(WorkerLost("acme.demo", "exit status 3"))
        clock.now += WITHIN_S / MOST + 1
        restarts.check()


@pytest.fixture
def runner() -> Iterator[PluginRunner]:
    with Sandbox() as sandbox:
        program = Program("acme.demo", "1.0.0", {"demo.py": SOURCE.encode()}, ())
        log = LogCapability()
        runner = PluginRunner(
            ENTRY,
            start=lambda _entry: sandbox.start(program, without=["language"]),
            broker=CapabilityBroker("acme.demo", (), {"log": log}),
            log=log,
            limits=Limits(),
            variables=dict[str, Any],
            render=lambda value, _entry: value,
        )
        yield runner
        runner.stop()


def test_a_plugin_that_dies_at_every_event_stops_being_started(runner: PluginRunner) -> None:
    for number in range(MOST + 3):
        runner.post("demo:die", Event(str(number), "test", "kernel.cell.finished", "2026-01-01T00:00:00Z", None))
    with pytest.raises(PluginPaused):
        runner.call("demo:two")
    logged = [line.text for line in runner.log.lines]
    assert sum("ended unexpectedly" in text for text in logged) == MOST
    assert sum("is paused" in text for text in logged) == 3


def test_a_plugin_that_only_fails_is_never_paused(runner: PluginRunner) -> None:
    for _ in range(2 * MOST):
        with pytest.raises(PluginFailed):
            runner.call("demo:fail")
    assert runner.call("demo:two") == 2
