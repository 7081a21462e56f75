"""What a plugin publishes beside a running cell waits for its share of a core, except where the cell waits for it."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Sequence

import pytest

from automatosx_nb.errors import PermissionDenied
from automatosx_nb.host.broker import CapabilityBroker
from automatosx_nb.host.bus import Bus
from automatosx_nb.host.bus.duty import BUSY_BURST_S, Duty
from automatosx_nb.host.bus.limits import BusLimits
from automatosx_nb.host.bus.publishing import Publisher
from automatosx_nb.host.bus.running import RunningCells
from automatosx_nb.host.capabilities.events import EventsCapability
from automatosx_nb.host.capabilities.log import LogCapability
from automatosx_nb.host.grants import Grants
from automatosx_nb.host.job_broker import JobBroker
from automatosx_nb.host.jobs import Job
from tests.no_failure import no_failure

TIMEOUT_S = 30
TOPIC = "plugin.acme.demo.found"
ARGUMENTS = (TOPIC, 1, None, None)


@pytest.fixture
def heard() -> list[object]:
    return []


@pytest.fixture
def make_broker(heard: list[object]) -> Callable[..., JobBroker]:
    bus, limits = Bus(no_failure), BusLimits()
    bus.subscribe(TOPIC, lambda event: heard.append(event.data))
    publisher = Publisher(bus, "plugin/acme.demo", limits)
    capability = EventsCapability("acme.demo", [{"topic": TOPIC, "schema": {"type": "integer"}}], publisher, limits)

    def make(
        job: Job, duty: Duty, abandoned: Callable[[], bool], *, grants: Sequence[str] = (f"events:publish:{TOPIC}",)
    ) -> JobBroker:
        broker = CapabilityBroker(Grants("acme.demo", grants), {"events": capability})
        return JobBroker(broker, LogCapability(), job, duty, abandoned)

    return make


def spent() -> Duty:
    """A cell runs, and deliveries had their share of it: time stands still."""
    duty = Duty(lambda: 100.0)
    duty.cell(running=True)
    duty.spend(BUSY_BURST_S + 1e-6)
    return duty


def test_beside_a_cell_publishing_waits_until_there_is_room_or_the_cell_ends(
    make_broker: Callable[..., JobBroker], heard: list[object]
) -> None:
    duty, waits = spent(), threading.Event()

    def abandoned() -> bool:
        waits.set()
        return False

    broker = make_broker(Job("demo:form"), duty, abandoned)
    publishing = threading.Thread(target=broker.ask, args=("events", "publish", ARGUMENTS))
    publishing.start()
    assert waits.wait(TIMEOUT_S)
    assert heard == []
    duty.cell(running=False)
    publishing.join(TIMEOUT_S)
    assert heard == [1]


def test_what_was_not_granted_is_refused_at_once_and_is_counted(
    make_broker: Callable[..., JobBroker], heard: list[object]
) -> None:
    duty = spent()
    broker = make_broker(Job("demo:form"), duty, lambda: pytest.fail("it waits for its share"), grants=())
    before_s = duty.debt_s()
    with pytest.raises(PermissionDenied):
        broker.ask("events", "publish", ARGUMENTS)
    assert heard == []
    assert duty.debt_s() > before_s


def test_what_a_cell_waits_for_publishes_at_once(make_broker: Callable[..., JobBroker], heard: list[object]) -> None:
    cells = RunningCells()

    def of_a_cell() -> Job:
        cells.before("cell")
        return Job("demo:magic")

    job = contextvars.copy_context().run(of_a_cell)
    make_broker(job, spent(), lambda: False).ask("events", "publish", ARGUMENTS)
    assert heard == [1]


def test_what_nobody_waits_for_any_more_does_not_wait_either(
    make_broker: Callable[..., JobBroker], heard: list[object]
) -> None:
    make_broker(Job("demo:form"), spent(), lambda: True).ask("events", "publish", ARGUMENTS)
    assert heard == [1]
