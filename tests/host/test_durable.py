"""One kernel's durable delivery: what is published gets to the disk and to the handler, whatever either does."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from queue import Queue

import pytest

from automatosx_nb.errors import (
    AutomatosxError,
    InvalidEvent,
    NotInstalled,
    PluginPaused,
    SandboxUnavailable,
    StorageFailed,
    StorageFull,
    WorkerLost,
)
from automatosx_nb.host.durable import DurableDelivery
from automatosx_nb.host.durable.judging import NOT_HERE_S, judged
from automatosx_nb.model.delivery import Envelope, Retries, Subscriber, Terms
from automatosx_nb.model.events import Event
from automatosx_nb.profile.deliveries import Deliveries

LISTENER = Subscriber("acme.demo", "plugin.**", "demo:on_event")
OTHER = Subscriber("acme.other", "plugin.**", "other:on_event")
WAIT_S = 20.0


def event(text: str, *, source: str = "a") -> Event:
    return Event(text, source, "plugin.a.b", "2026-01-01T00:00:00Z", text)


class Plugin:
    """Handles events as ``answers`` says of each, and puts them into ``seen``."""

    def __init__(self, **answers: Exception) -> None:
        self.answers = answers
        self.seen: Queue[str] = Queue()

    def deliver(self, handler: str, events: Sequence[Event]) -> list[Exception | None]:
        (one,) = events
        self.seen.put(one.data)
        return [self.answers.pop(one.data, None)]

    def sees(self, count: int) -> list[str]:
        return [self.seen.get(timeout=WAIT_S) for _ in range(count)]


@pytest.fixture
def errors() -> list[tuple[str, Exception]]:
    return []


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Deliveries]:
    store = Deliveries(tmp_path / "events", retries=Retries(attempts=3, first_s=0.01))
    store.follow(1, {LISTENER: Terms(), OTHER: Terms()})
    yield store
    store.close()


@pytest.fixture
def delivery(store: Deliveries, errors: list[tuple[str, Exception]]) -> Iterator[DurableDelivery]:
    delivery = DurableDelivery(store, lambda what, error: errors.append((what, error)))
    yield delivery
    delivery.close()
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("automatosx")] == []


def until(true: Callable[[], bool]) -> None:
    """Ends when ``true`` is, which another thread makes it."""
    nothing = threading.Event()
    for _ in range(int(WAIT_S / 0.01)):
        if true():
            return
        nothing.wait(0.01)
    raise AssertionError("it never came true")


def counts(store: Deliveries, plugin: str = "acme.demo") -> dict[str, int]:
    (pending,) = store.pending(plugin)
    return {name: count for name, count in pending.counts.items() if count}


def test_what_is_published_is_handled_in_order_and_acknowledged(store: Deliveries, delivery: DurableDelivery) -> None:
    plugin = Plugin()
    delivery.serve(LISTENER, lambda: plugin)
    for text in "abcdef":
        delivery.put(event(text), LISTENER)
    assert plugin.sees(6) == list("abcdef")
    until(lambda: counts(store) == {"accepted": 6, "handled": 6})


def test_after_a_flush_it_is_on_disk(store: Deliveries, delivery: DurableDelivery) -> None:
    delivery.flush()
    delivery.put(event("a"), LISTENER)
    delivery.put(event("b"), LISTENER)
    delivery.flush()
    assert [each.waiting for each in store.pending("acme.demo")] == [2]


def test_what_waits_when_the_kernel_begins_to_serve_is_handled(store: Deliveries, delivery: DurableDelivery) -> None:
    delivery.put(event("before"), LISTENER)
    delivery.flush()
    plugin = Plugin()
    delivery.serve(LISTENER, lambda: plugin)
    assert plugin.sees(1) == ["before"]


def test_what_another_process_publishes_is_noticed(store: Deliveries, delivery: DurableDelivery) -> None:
    plugin = Plugin()
    delivery.serve(LISTENER, lambda: plugin)
    delivery.put(event("first"), LISTENER)
    assert plugin.sees(1) == ["first"]
    other = Deliveries(store.path.parent)
    other.publish(Envelope.of(event("second")), [LISTENER])
    other.close()
    assert plugin.sees(1) == ["second"]


def test_a_failed_event_is_tried_again_before_what_comes_after_it(store: Deliveries, delivery: DurableDelivery) -> None:
    plugin = Plugin(b=ValueError("boom"))
    for text in "abc":
        delivery.put(event(text), LISTENER)
    delivery.put(event("d", source="other"), LISTENER)
    delivery.flush()
    delivery.serve(LISTENER, lambda: plugin)
    assert plugin.sees(5) == ["a", "b", "d", "b", "c"]
    until(lambda: counts(store) == {"accepted": 4, "handled": 4, "failed": 1})


def test_an_event_that_always_fails_is_a_dead_letter_and_the_next_one_is_handled(
    store: Deliveries, delivery: DurableDelivery
) -> None:
    class Failing(Plugin):
        def deliver(self, handler: str, events: Sequence[Event]) -> list[Exception | None]:
            super().deliver(handler, events)
            return [ValueError("boom") if events[0].data == "bad" else None]

    plugin = Failing()
    delivery.put(event("bad"), LISTENER)
    delivery.put(event("good"), LISTENER)
    delivery.flush()
    delivery.serve(LISTENER, lambda: plugin)
    assert plugin.sees(4) == ["bad", "bad", "bad", "good"]
    (letter,) = store.dead()
    assert (letter.event["data"], letter.attempts, letter.error) == ("bad", 3, "ValueError('boom')")


def test_one_plugin_that_takes_long_keeps_no_other_waiting(store: Deliveries, delivery: DurableDelivery) -> None:
    go_on = threading.Event()

    class Slow(Plugin):
        def deliver(self, handler: str, events: Sequence[Event]) -> list[Exception | None]:
            assert go_on.wait(WAIT_S)
            return super().deliver(handler, events)

    slow, quick = Slow(), Plugin()
    delivery.serve(LISTENER, lambda: slow)
    delivery.serve(OTHER, lambda: quick)
    for text in "ab":
        for subscriber in (LISTENER, OTHER):
            delivery.put(event(text), subscriber)
    assert quick.sees(2) == ["a", "b"]
    go_on.set()
    assert slow.sees(2) == ["a", "b"]


def test_a_plugin_that_is_served_no_more_gives_back_what_it_did_not_begin(
    store: Deliveries, delivery: DurableDelivery
) -> None:
    began, go_on = threading.Event(), threading.Event()

    class Slow(Plugin):
        def deliver(self, handler: str, events: Sequence[Event]) -> list[Exception | None]:
            began.set()
            assert go_on.wait(WAIT_S)
            return super().deliver(handler, events)

    slow, next_one = Slow(), Plugin()
    for text in "ab":
        delivery.put(event(text), LISTENER)
    delivery.flush()
    undo = delivery.serve(LISTENER, lambda: slow)
    assert began.wait(WAIT_S)
    undo()
    go_on.set()
    assert slow.sees(1) == ["a"]
    until(lambda: [(each.waiting, each.in_flight) for each in store.pending("acme.demo")] == [(1, 0)])
    delivery.serve(LISTENER, lambda: next_one)
    assert next_one.sees(1) == ["b"]


def test_a_disk_that_takes_nothing_is_told_to_who_waits_and_what_is_owed_is_handled_when_it_does(
    store: Deliveries,
    delivery: DurableDelivery,
    errors: list[tuple[str, Exception]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_args: object, **_named: object) -> object:
        raise StorageFull(str(store.path), "no space")

    with monkeypatch.context() as patched:
        patched.setattr(store, "exchange", full)
        delivery.put(event("lost"), LISTENER)
        with pytest.raises(StorageFull):
            delivery.flush()
    assert [what for what, _ in errors] == ["durable events"]
    plugin = Plugin()
    delivery.serve(LISTENER, lambda: plugin)
    delivery.put(event("kept"), LISTENER)
    delivery.flush()
    assert plugin.sees(1) == ["kept"]


def test_retained_events_are_there_in_the_next_kernel(store: Deliveries, delivery: DurableDelivery) -> None:
    assert delivery.retained("**") == []
    for text in "ab":
        delivery.retain(event(text))
    delivery.flush()
    again = Deliveries(store.path.parent)
    assert DurableDelivery(again, lambda what, error: None).retained("plugin.*.b") == [event("b")]
    again.close()


def test_a_fork_of_the_kernel_is_told_that_it_keeps_nothing(store: Deliveries, delivery: DurableDelivery) -> None:
    plugin = Plugin()
    delivery.serve(LISTENER, lambda: plugin)
    delivery.put(event("a"), LISTENER)
    assert plugin.sees(1) == ["a"]
    child = os.fork()
    if child == 0:
        status = 1
        try:
            delivery.put(event("b"), LISTENER)
            delivery.flush()
        except StorageFailed:
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    delivery.put(event("c"), LISTENER)
    assert plugin.sees(1) == ["c"]


_ENDS = """
import sys
from pathlib import Path
from automatosx_nb.host.durable import DurableDelivery
from automatosx_nb.model.delivery import Subscriber
from automatosx_nb.model.events import Event
from automatosx_nb.profile.deliveries import Deliveries
delivery = DurableDelivery(Deliveries(Path(sys.argv[1])), print)
delivery.put(Event("1", "a", "plugin.a.b", "2026-01-01T00:00:00Z", "last"), Subscriber(*sys.argv[2:]))
"""


def test_what_was_published_just_before_the_kernel_ends_is_on_disk(store: Deliveries) -> None:
    subscriber = (LISTENER.plugin, LISTENER.topic, LISTENER.handler)
    ended = subprocess.run([sys.executable, "-c", _ENDS, str(store.path.parent), *subscriber], check=True)
    assert ended.returncode == 0
    assert [each.waiting for each in store.pending("acme.demo")] == [1]


def test_a_disk_that_stays_full_is_told_of_once(
    store: Deliveries, errors: list[tuple[str, Exception]], monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = threading.Semaphore(0)

    def full(*_args: object, **_named: object) -> object:
        tries.release()
        raise StorageFull(str(store.path), "no space")

    monkeypatch.setattr("automatosx_nb.host.durable.courier.POLL_S", 0.01)
    monkeypatch.setattr(store, "exchange", full)
    delivery = DurableDelivery(store, lambda what, error: errors.append((what, error)))
    delivery.serve(LISTENER, Plugin)
    for _ in range(5):
        assert tries.acquire(timeout=WAIT_S)
    delivery.close()
    assert len(errors) == 1


def test_an_event_that_is_no_json_costs_no_other_one(
    store: Deliveries, delivery: DurableDelivery, errors: list[tuple[str, Exception]]
) -> None:
    delivery.put(event("a"), LISTENER)
    delivery.put(Event("b", "a", "plugin.a.b", "2026-01-01T00:00:00Z", object()), LISTENER)
    with pytest.raises(InvalidEvent):
        delivery.flush()
    delivery.put(event("c"), LISTENER)
    delivery.flush()
    assert [each.waiting for each in store.pending("acme.demo")] == [2]
    assert len(errors) == 1


def test_a_kept_event_that_cannot_be_read_is_a_dead_letter_in_the_end(
    store: Deliveries, delivery: DurableDelivery
) -> None:
    plugin = Plugin()
    store.publish(Envelope("a", "plugin.a.b", b'{"unknown": 1}'), [LISTENER])
    delivery.serve(LISTENER, lambda: plugin)
    until(lambda: len(store.dead()) == 1)
    delivery.put(event("next"), LISTENER)
    assert plugin.sees(1) == ["next"]


def test_closing_writes_down_what_was_published_and_takes_no_more(store: Deliveries) -> None:
    errors: list[Exception] = []
    delivery = DurableDelivery(store, lambda what, error: errors.append(error))
    delivery.put(event("a"), LISTENER)
    delivery.close()
    assert [each.waiting for each in store.pending("acme.demo")] == [1]
    delivery.put(event("b"), LISTENER)
    with pytest.raises(AutomatosxError):
        delivery.flush()
    assert len(errors) == 1


@pytest.mark.parametrize(
    ("error", "kind", "wait_s"),
    [
        (None, "handled", 0.0),
        (ValueError("boom"), "failed", 0.0),
        (WorkerLost("acme.demo", "signal SIGSEGV"), "failed", 0.0),
        (WorkerLost("acme.demo", WorkerLost.REPLACED), "released", 0.0),
        (NotInstalled("acme.demo", ()), "released", 0.0),
        (WorkerLost("acme.demo", WorkerLost.FORK_SERVER_ENDED), "released", NOT_HERE_S),
        (SandboxUnavailable("no landlock"), "released", NOT_HERE_S),
        (PluginPaused("acme.demo", 5, 60, "worker-lost", 90), "released", 90),
    ],
    ids=repr,
)
def test_only_what_is_the_events_or_the_plugins_fault_counts_as_a_try(
    error: Exception | None, kind: str, wait_s: float
) -> None:
    outcome = judged(7, error)
    assert (outcome.number, outcome.kind, outcome.wait_s) == (7, kind, wait_s)
