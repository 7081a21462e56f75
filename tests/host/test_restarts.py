"""A plugin whose worker keeps dying is left alone for a while, and the user is told how to go on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from automatosx_nb.errors import (
    CallInterrupted,
    LimitExceeded,
    PluginFailed,
    PluginPaused,
    SandboxUnavailable,
    WorkerLost,
)
from automatosx_nb.host.audit import Audit
from automatosx_nb.host.broker import CapabilityBroker
from automatosx_nb.host.bus import Bus
from automatosx_nb.host.bus.activity import Activity
from automatosx_nb.host.bus.plugins import PluginSubscriber
from automatosx_nb.host.capabilities.log import LogCapability
from automatosx_nb.host.grants import Grants
from automatosx_nb.host.incidents import Incidents
from automatosx_nb.host.restarts import LONGEST_S, MOST, WITHIN_S, Restarts
from automatosx_nb.host.runner import PluginRunner
from automatosx_nb.model.events import Event
from automatosx_nb.model.generation import InstalledPlugin
from automatosx_nb.sandbox.limits import Limits
from automatosx_nb.sandbox.supervisor import Program, Sandbox
from tests.no_failure import no_failure

ENTRY = InstalledPlugin("acme.demo", "1.0.0", "0" * 64, "*", (), "state", "", {})
SOURCE = """
import os

def die(event=None):
    os._exit(3)

def fail():
    raise ValueError

def eat(value):
    raise MemoryError(value)

def two():
    return 2
"""


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


LOST = WorkerLost("acme.demo", "exit status 3")


def suspend(restarts: Restarts, clock: Clock) -> None:
    for number in range(MOST):
        restarts.check()
        paused = restarts.ended(LOST)
        assert (paused is not None) == (number == MOST - 1)
        clock.now += 1


def test_after_too_many_ends_none_starts_for_a_while() -> None:
    clock = Clock()
    restarts = Restarts("acme.demo", clock=clock)
    suspend(restarts, clock)
    with pytest.raises(PluginPaused, match=r"Try it again in 59 s.*%ax resume acme\.demo.*%ax remove acme\.demo"):
        restarts.check()
    clock.now += WITHIN_S
    restarts.check()


def test_each_suspension_is_twice_as_long_after_one_try_and_never_longer_than_an_hour() -> None:
    clock = Clock()
    restarts = Restarts("acme.demo", clock=clock)
    suspend(restarts, clock)
    waits = []
    for _ in range(8):
        clock.now = restarts._until
        restarts.check()
        paused = restarts.ended(LOST)
        assert paused is not None
        waits.append(paused.wait_s)
    assert waits == [120, 240, 480, 960, 1920, LONGEST_S, LONGEST_S, LONGEST_S]


def test_as_long_without_an_end_as_the_suspension_took_forgives_everything() -> None:
    clock = Clock()
    restarts = Restarts("acme.demo", clock=clock)
    suspend(restarts, clock)
    clock.now = restarts._until + WITHIN_S + 1
    suspend(restarts, clock)


def test_lifting_a_suspension_forgets_it_and_what_led_to_it() -> None:
    clock = Clock()
    restarts = Restarts("acme.demo", clock=clock)
    assert not restarts.lift()
    suspend(restarts, clock)
    assert restarts.lift()
    suspend(restarts, clock)


def test_what_the_user_or_the_computer_did_is_not_held_against_the_plugin() -> None:
    restarts = Restarts("acme.demo", clock=Clock())
    for _ in range(MOST):
        restarts.ended(CallInterrupted("acme.demo"))
        restarts.ended(SandboxUnavailable("no process could be forked"))
        restarts.ended(KeyboardInterrupt())
        restarts.ended(WorkerLost("acme.demo", WorkerLost.FORK_SERVER_ENDED))
    restarts.check()


def test_ends_that_are_far_apart_pause_nothing() -> None:
    clock = Clock()
    restarts = Restarts("acme.demo", clock=clock)
    for _ in range(3 * MOST):
        restarts.ended(WorkerLost("acme.demo", "exit status 3"))
        clock.now += WITHIN_S / (MOST - 1) + 1
        restarts.check()


@pytest.fixture
def audit(tmp_path: Path) -> Iterator[Audit]:
    audit = Audit(tmp_path / "audit.sqlite3")
    yield audit
    audit.close()


@pytest.fixture
def told() -> list[Event]:
    return []


@pytest.fixture
def runner(audit: Audit, told: list[Event]) -> Iterator[PluginRunner]:
    bus = Bus(no_failure)
    bus.subscribe("marketplace.**", told.append)
    with Sandbox() as sandbox:
        program = Program("acme.demo", "1.0.0", {"demo.py": SOURCE.encode()}, ())
        log = LogCapability()
        runner = PluginRunner(
            ENTRY,
            start=lambda _entry: sandbox.start(program, without=["language"]),
            broker=CapabilityBroker(Grants("acme.demo", ()), {"log": log}),
            log=log,
            limits=Limits(),
            variables=dict[str, Any],
            render=lambda value, _entry: value,
            incidents=Incidents(ENTRY, audit, bus, no_failure),
        )
        yield runner
        runner.stop()


def test_a_plugin_that_dies_at_every_event_stops_being_started(runner: PluginRunner) -> None:
    record = {"topic": "kernel.cell.finished", "handler": "demo:die"}
    dying = PluginSubscriber("acme.demo", record, lambda: runner, Activity)
    for number in range(MOST + 3):
        dying.deliver(Event(str(number), "test", "kernel.cell.finished", "2026-01-01T00:00:00Z", None))
    with pytest.raises(PluginPaused):
        runner.call("demo:two")
    logged = [line.text for line in runner.log.lines]
    assert sum("ended unexpectedly" in text for text in logged) == MOST
    assert sum("is paused" in text for text in logged) == 3


def test_a_suspension_is_told_once_on_the_bus_and_in_the_log_and_can_be_lifted(
    runner: PluginRunner, audit: Audit, told: list[Event]
) -> None:
    for _ in range(MOST):
        with pytest.raises(WorkerLost):
            runner.call("demo:die")
    for _ in range(3):
        with pytest.raises(PluginPaused):
            runner.call("demo:two")
    assert [(event.type, event.data["plugin"], event.data["ends"]) for event in told] == [
        ("marketplace.plugin.suspended", "acme.demo", MOST)
    ]
    assert runner.resume()
    assert not runner.resume()
    assert runner.call("demo:two") == 2
    kinds = [entry.kind for entry in audit.read() if entry.kind != "plugin-called"]
    assert kinds == ["worker-started", "worker-ended"] * MOST + ["plugin-suspended", "plugin-resumed", "worker-started"]
    assert audit.read()[1].detail == {"error": "worker-lost", "status": "exit status 3"}


def test_a_limit_is_told_with_what_was_used_and_with_nothing_of_the_plugin(
    runner: PluginRunner, audit: Audit, told: list[Event]
) -> None:
    with pytest.raises(LimitExceeded):
        runner.call("demo:eat", ["SECRET-ARGUMENT"])
    (event,) = told
    (entry,) = audit.read(denied=True)
    assert (event.type, entry.kind) == ("marketplace.plugin.limited", "limit-exceeded")
    assert entry.detail == {"limit": "memory_mb", "allowed": "1024 MiB", "used": entry.detail["used"]}
    assert event.data == {"plugin": "acme.demo", "version": "1.0.0", **entry.detail}
    assert "SECRET" not in repr((told, audit.read()))


def test_a_plugin_that_only_fails_is_never_paused(runner: PluginRunner) -> None:
    for _ in range(2 * MOST):
        with pytest.raises(PluginFailed):
            runner.call("demo:fail")
    assert runner.call("demo:two") == 2
