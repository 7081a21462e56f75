"""Events that their publisher's thread sends to a worker itself: in order with those that wait, and checked alike."""

from __future__ import annotations

import itertools
import random
import signal
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from automatosx_nb.errors import CallInterrupted
from automatosx_nb.host.audit import Audit
from automatosx_nb.host.broker import CapabilityBroker
from automatosx_nb.host.bus import Bus
from automatosx_nb.host.bus import duty as rules
from automatosx_nb.host.bus.activity import Activity
from automatosx_nb.host.bus.counters import Counters
from automatosx_nb.host.bus.duty import Duty
from automatosx_nb.host.bus.limits import BusLimits
from automatosx_nb.host.bus.plugins import PluginSubscriber
from automatosx_nb.host.bus.publishing import Publisher
from automatosx_nb.host.capabilities.events import EventsCapability
from automatosx_nb.host.grants import Grants
from automatosx_nb.host.incidents import Incidents
from automatosx_nb.host.runner import PluginRunner
from automatosx_nb.model.events import Event
from automatosx_nb.model.generation import InstalledPlugin
from automatosx_nb.sandbox.limits import Limits
from automatosx_nb.sandbox.running import Worker
from automatosx_nb.sandbox.supervisor import Program, Sandbox
from tests.host.interrupting import interruptions
from tests.host.watched_log import WatchedLog

TIMEOUT_S = 30
HEARD, TOLD, SECRET = "user.heard", "plugin.acme.demo.told", "plugin.acme.demo.secret"
SOURCE = """
from automatosx_nb.sdk import events

seen = []

def on_event(event):
    seen.append(event.data)

def heard():
    return seen

def fail(event):
    raise ValueError("no")

def pass_on(event):
    events.publish(event.data, 1)

def spin(event):
    print("spinning")
    while True:
        pass
"""
HANDLERS = tuple(f"demo:{name}" for name in ("on_event", "heard", "fail", "pass_on", "spin"))
ENTRY = InstalledPlugin("acme.demo", "1.0.0", "0" * 64, "*", (), "state", "", {})
numbers = itertools.count()


class House:
    """One plugin in a kernel; ``direct`` has what became of each event that might have been sent directly."""

    def __init__(self, sandbox: Sandbox, audit: Audit, grants: Grants) -> None:
        self.bus, self.activity, self.grants = Bus(no_failure), Activity(), grants
        self.duty, limits = Duty(), BusLimits()
        declared = [{"topic": topic, "schema": {"type": "integer"}} for topic in (TOLD, SECRET)]
        self.log = WatchedLog()
        publisher = Publisher(self.bus, "plugin/acme.demo", limits)
        offered: dict[str, Any] = {
            "log": self.log,
            "events": EventsCapability("acme.demo", declared, publisher, limits),
        }
        program = Program("acme.demo", "1.0.0", {"demo.py": SOURCE.encode()}, HANDLERS)
        self.runner = PluginRunner(
            ENTRY,
            start=lambda _entry: sandbox.start(program),
            broker=CapabilityBroker(grants, offered),
            log=self.log,
            limits=Limits(),
            variables=dict,
            render=lambda value, _entry: value,
            incidents=Incidents(ENTRY, audit, self.bus, no_failure),
            duty=self.duty,
            traces=self.bus.traces,
        )
        self.direct: list[bool] = []
        self._send_now, self.runner.send_now = self.runner.send_now, self._watched  # type: ignore[method-assign]

    def _watched(self, source: PluginSubscriber, event: Event) -> bool:
        sent = self._send_now(source, event)
        self.direct.append(sent)
        return sent

    def subscribed(self, handler: str, *, retained: bool = False) -> Counters:
        source = PluginSubscriber("acme.demo", {"topic": HEARD, "handler": handler}, self._runner, self._activity)
        self.bus.add(source, retained=retained)
        return source.counters

    def _runner(self) -> PluginRunner:
        return self.runner

    def _activity(self) -> Activity:
        return self.activity

    def calm(self) -> Worker:
        """Return when its thread waits for something to do."""
        self.runner.call("demo:heard")
        while self.runner.busy:
            """It ends the call."""
        assert self.runner.worker is not None
        return self.runner.worker

    def heard(self) -> Any:
        """What it heard of all that was published before."""
        return self.runner.call("demo:heard")


def no_failure(what: str, error: Exception) -> None:
    raise AssertionError(what) from error


def event(data: object, **more: Any) -> Event:
    return Event(str(next(numbers)), "test", HEARD, "2026-01-01T00:00:00Z", data, **more)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def make_house(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., House]]:
    monkeypatch.setattr(rules, "DIRECT_EVERY_S", 0.0)
    audit, made = Audit(tmp_path / "audit.sqlite3"), list[House]()

    def make(grants: Grants | None = None) -> House:
        made.append(House(sandbox, audit, grants or Grants("acme.demo", (f"events:publish:{TOLD}",))))
        return made[-1]

    yield make
    for house in made:
        house.runner.stop()
    audit.close()


@pytest.fixture
def house(make_house: Callable[..., House]) -> House:
    return make_house()


def test_where_all_is_calm_an_event_is_sent_at_once_and_counted_as_any_other(house: House) -> None:
    counters = house.subscribed("demo:on_event")
    house.bus.publish(event(0))
    house.calm()
    house.bus.publish(event(1))
    assert house.heard() == [0, 1]
    assert house.direct == [False, True], "no worker ran for the first one"
    assert counters == Counters(delivered=2)
    assert house.runner.events == 2


@pytest.mark.parametrize("why", ["a cell runs", "it may expire", "it was sent lately", "grants changed"])
def test_what_is_not_calm_waits_in_the_queue(house: House, monkeypatch: pytest.MonkeyPatch, why: str) -> None:
    house.subscribed("demo:on_event")
    house.calm()
    expires = "2999-01-01T00:00:00Z" if why == "it may expire" else None
    if why == "a cell runs":
        house.duty.cell(running=True)
    elif why == "it was sent lately":
        monkeypatch.setattr(rules, "DIRECT_EVERY_S", 1000.0)
        assert house.duty.take_calm()
    elif why == "grants changed":
        monkeypatch.setattr(house.grants, "settled", lambda: False)
    house.bus.publish(event(1, expires=expires))
    assert not any(house.direct)
    assert house.heard() == [1]


def test_events_of_several_threads_keep_their_order_whichever_way_each_of_them_goes(house: House) -> None:
    counters = house.subscribed("demo:on_event")
    house.calm()
    house.bus.publish(event([4, 0]))

    def publish(thread: int) -> None:
        chance = random.Random(thread)
        for number in range(500):
            house.bus.publish(event([thread, number]))
            if chance.random() < 0.03:
                house.heard()

    threads = [threading.Thread(target=publish, args=(thread,)) for thread in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(TIMEOUT_S)
    heard = house.heard()
    assert all([number for by, number in heard if by == thread] == list(range(500)) for thread in range(4))
    assert counters == Counters(delivered=2001)
    assert {True, False} == set(house.direct), "both ways were taken"


def test_a_call_sees_an_event_that_was_sent_before_it(house: House) -> None:
    house.subscribed("demo:on_event")
    house.calm()
    for number in range(50):
        house.bus.publish(event(number))
        assert house.heard() == list(range(number + 1))
    assert any(house.direct)


def test_a_handlers_failure_is_counted_and_told_and_goes_to_nobody_else(house: House) -> None:
    counters = house.subscribed("demo:fail")
    house.calm()
    house.bus.publish(event(1))
    house.calm()
    assert house.direct == [True]
    assert counters == Counters(delivered=1, failed=1)
    assert ["demo:fail" in each.text for each in house.activity.lines()] == [True]
    assert [line.level for line in house.log.lines] == ["error"]


def test_what_a_handler_publishes_is_checked_and_is_one_hop_further(house: House) -> None:
    counters, told = house.subscribed("demo:pass_on"), list[Event]()
    house.bus.subscribe("plugin.**", told.append)
    for each in (event(TOLD, hops=3), event(SECRET), event(TOLD, hops=BusLimits().hops)):
        house.calm()
        house.bus.publish(each)
    house.calm()
    assert house.direct == [True] * 3
    assert [(each.type, each.hops) for each in told] == [(TOLD, 4)]
    assert counters == Counters(delivered=3, failed=2)
    errors = [line.text for line in house.log.lines]
    assert "events:publish:plugin.acme.demo.secret" in errors[0]
    assert "16" in errors[1]


def test_a_worker_that_takes_nothing_gets_the_event_by_the_queue(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where its socket is full."""
    counters, worker = house.subscribed("demo:on_event"), house.calm()

    class Full:
        def send(self, data: bytes, flags: int) -> int:
            raise BlockingIOError

    with monkeypatch.context() as full:
        full.setattr(worker._channel, "_sock", Full())
        assert not house.runner.send_now(house.bus.subscribers()[0], event(1))  # type: ignore[arg-type]
    house.bus.publish(event(2))
    assert house.heard() == [2]
    assert counters == Counters(delivered=1)
    assert house.runner.worker is worker


def test_what_its_socket_takes_only_in_part_arrives_whole_and_before_what_comes_after_it(house: House) -> None:
    counters, worker = house.subscribed("demo:on_event"), house.calm()
    house.bus.publish(event("x" * 2_000_000))
    house.bus.publish(event("next"))
    assert house.direct[0], "as far as there was room"
    assert [len(each) for each in house.heard()] == [2_000_000, 4]
    assert counters == Counters(delivered=2)
    assert house.runner.worker is worker


def test_what_was_retained_comes_before_what_is_published_next(house: House) -> None:
    house.bus.publish(event("kept"), retain=True)
    house.calm()
    house.subscribed("demo:on_event", retained=True)
    house.bus.publish(event("next"))
    assert house.direct[0]
    assert house.heard() == ["kept", "next"]


@pytest.mark.parametrize("sent", [True, False])
def test_an_interrupt_while_an_event_is_sent_costs_neither_worker_nor_order(
    house: House, monkeypatch: pytest.MonkeyPatch, sent: bool
) -> None:
    house.subscribed("demo:on_event")
    worker = house.calm()
    send_now = worker._channel.send_now

    def interrupted(*args: Any) -> None:
        if sent:
            send_now(*args)
        raise KeyboardInterrupt

    with monkeypatch.context() as once:
        once.setattr(worker._channel, "send_now", interrupted)
        with pytest.raises(KeyboardInterrupt):
            house.bus.publish(event(1))
    house.bus.publish(event(2))
    assert house.heard() == ([1, 2] if sent else [2])
    assert house.runner.worker is worker


@pytest.fixture
def interruptible() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("calm", [True, False])
def test_an_interrupt_anywhere_in_publishing_costs_neither_worker_nor_order_nor_what_is_published_next(
    house: House, calm: bool
) -> None:
    counters, worker, sent = house.subscribed("demo:on_event"), house.calm(), list[int]()
    for number, interruption in enumerate(interruptions(), 1):
        house.calm()
        if not calm:
            house.duty.cell(running=True)
        interruption(partial(house.bus.publish, event(number)))
        house.bus.publish(event(-number))
        house.duty.cell(running=False)
        sent += [number, -number]
    heard = house.heard()
    assert [each for each in sent if each in heard] == heard, "in order, none twice"
    assert {each for each in sent if each < 0} <= set(heard), "what was not interrupted arrived"
    assert {each for each in sent if each > 0} - set(heard), "some were interrupted before they were sent"
    assert house.runner.worker is worker
    assert len(sent) > 40
    assert counters == Counters(delivered=len(heard))


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_anywhere_in_a_call_leaves_a_plugin_that_answers_the_next_one(house: House) -> None:
    house.calm()
    interrupted = 0
    for interruption in interruptions():
        try:
            interrupted += interruption(house.heard)
        except CallInterrupted:
            interrupted += 1
        answers: list[object] = []
        asking = threading.Thread(target=lambda: answers.append(house.heard()))  # noqa: B023 - joined below
        asking.start()
        asking.join(TIMEOUT_S)
        assert answers == [[]], f"{interruption.where}: the next call hangs"
    assert interrupted > 15


def test_stopping_ends_what_was_sent_and_counts_it(house: House) -> None:
    counters, worker = house.subscribed("demo:spin"), house.calm()
    house.bus.publish(event(1))
    assert house.direct == [True]
    assert house.log.spinning.wait(TIMEOUT_S)
    house.runner.stop()
    assert counters == Counters(delivered=1, failed=1)
    assert not worker.alive
