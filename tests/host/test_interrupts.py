"""Whoever waits in a cell presses stop at any moment: what comes next is done all the same."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from automatosx_nb.host.bus.activity import Activity
from automatosx_nb.host.bus.functions import Dispatcher
from automatosx_nb.host.bus.tracing import Traces
from automatosx_nb.host.durable import courier
from automatosx_nb.host.errands import Errands
from automatosx_nb.host.interrupts import Latch, interrupts_deferred
from automatosx_nb.host.jobs import Batch, Due, Job, JobQueue
from automatosx_nb.model.events import Event
from automatosx_nb.profile.deliveries import Deliveries
from automatosx_nb.sandbox.channel import Sending
from tests.host.interrupting import interruptions
from tests.no_failure import no_failure

SOON_S = 10.0


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Source:
    """A subscription, as far as a queue knows it."""

    handler = "demo:on_event"

    def __init__(self) -> None:
        self.is_due = False
        self.newest = 0
        self.handed = 0

    def event(self, queue: JobQueue) -> None:
        """As ``PluginSubscriber.deliver``."""
        self.newest += 1
        if not self.is_due:
            queue.post(self)  # type: ignore[arg-type]


class Plugin:
    """A queue whose thread hands over and answers at once; what it did is in ``done``."""

    def __init__(self, *, begun: bool) -> None:
        self.done: list[object] = []
        self.queue = JobQueue("a plugin", self._serve, None)
        if begun:
            self.call()

    def _serve(self) -> None:
        while (job := self.queue.next(60.0, lambda: None)) is not None:
            if isinstance(job, Due):
                job.source.handed = job.upto  # type: ignore[attr-defined]
            self.done.append(job)
            if isinstance(job, Job):
                job.done.set()

    def call(self) -> None:
        job = Job("demo:run")
        assert self.queue.put(job)
        assert job.done.wait(SOON_S), "the next call hangs"

    def calm(self) -> None:
        """Return when its thread waits."""
        until = time.monotonic() + SOON_S
        while self.queue.running is not None and time.monotonic() < until:
            time.sleep(0)


def put(plugin: Plugin, source: Source) -> None:
    plugin.queue.put(Job("demo:run"))


def post(plugin: Plugin, source: Source) -> None:
    source.event(plugin.queue)


def post_then_put(plugin: Plugin, source: Source) -> None:
    post(plugin, source)
    put(plugin, source)


def send(plugin: Plugin, source: Source) -> None:
    plugin.queue.begin(
        Batch(source, [], Sending()),  # type: ignore[arg-type]
        lambda batch: batch.sending.taken.extend(map(len, (b"sent",))) if batch.sending else None,
    )


def begin_what_is_not_sent(plugin: Plugin, source: Source) -> None:
    plugin.queue.begin(Batch(source, [], Sending()), lambda _batch: None)  # type: ignore[arg-type]


@pytest.mark.parametrize("begun", [True, False])
@pytest.mark.parametrize("action", [put, post, post_then_put, send, begin_what_is_not_sent])
def test_wherever_somebody_is_interrupted_who_puts_something_in_a_queue_the_next_event_and_call_are_done(
    action: Callable[[Plugin, Source], None], begun: bool
) -> None:
    points = 0
    for interruption in interruptions():
        plugin, source = Plugin(begun=begun), Source()
        plugin.calm()
        interruption(partial(action, plugin, source))
        source.event(plugin.queue)
        plugin.calm()
        until = time.monotonic() + SOON_S
        while source.handed < source.newest and time.monotonic() < until:
            time.sleep(0)
        assert source.handed == source.newest, f"{interruption.where}: its events hang"
        plugin.call()
        plugin.calm()
        assert plugin.queue.running is None, interruption.where
        plugin.queue.close()
        points += 1
    assert points > 5


@pytest.mark.parametrize("action", ["wait", "set"])
def test_a_latch_that_somebody_was_interrupted_in_can_be_set_and_waited_for(action: str) -> None:
    for interruption in interruptions():
        latch = Latch()
        interruption(partial(latch.wait, 0.001) if action == "wait" else latch.set)
        latch.set()
        assert latch.is_set(), interruption.where
        assert latch.wait(), interruption.where
        assert latch.wait(0), interruption.where


def test_a_latch_is_waited_for_as_long_as_was_said_and_wakes_who_waits() -> None:
    latch = Latch()
    assert not latch.wait(0.0)
    assert not latch.wait(-1.0), "the time is over"
    thread = threading.Thread(target=latch.set)
    thread.start()
    assert latch.wait()
    thread.join()


@pytest.mark.parametrize("when", ["while the person is asked", "as it ends"])
def test_wherever_an_errand_is_interrupted_the_plugins_thread_goes_on(when: str) -> None:
    for interruption in interruptions():
        errands, answers = Errands(), list[bool]()
        thread = threading.Thread(target=lambda: answers.append(errands.do(lambda: True)))  # noqa: B023 - joined below
        thread.start()
        while errands._waiting is None:
            time.sleep(0)
        interruption(errands.attend if when == "while the person is asked" else errands.end)
        errands.end()
        thread.join(SOON_S)
        assert len(answers) == 1, interruption.where


def test_an_interrupt_that_is_deferred_comes_at_the_end_once_and_the_handler_is_back() -> None:
    handler = signal.getsignal(signal.SIGINT)
    done = []

    def interrupted() -> None:
        with interrupts_deferred():
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
            done.append("all of it")

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert done
    assert signal.getsignal(signal.SIGINT) is handler
    with pytest.raises(ValueError, match="its own"), interrupts_deferred():
        raise ValueError("its own")


def test_another_thread_and_who_ignores_interrupts_are_left_as_they_are() -> None:
    found: list[object] = []

    def look() -> None:
        with interrupts_deferred():
            found.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert found == [signal.default_int_handler]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    look()
    assert found[1] is signal.SIG_IGN


@pytest.mark.parametrize("begun", [True, False])
def test_wherever_a_publisher_is_interrupted_the_notebooks_own_functions_get_the_next_event(begun: bool) -> None:
    for interruption in interruptions():
        heard, activity = list[Any](), Activity()
        dispatcher = Dispatcher(activity, Traces())
        subscriber = dispatcher.subscriber("user.**", heard.append)
        if begun:
            subscriber.deliver(event(0))
            assert dispatcher.drain(SOON_S)
        interruption(partial(subscriber.deliver, event(1)))
        subscriber.deliver(event(2))
        assert dispatcher.drain(SOON_S), f"{interruption.where}: the notebook's own functions hang"
        assert heard[-1].data == 2, interruption.where
        dispatcher.close()


@pytest.mark.parametrize("begun", [True, False])
def test_wherever_a_publisher_of_durable_events_is_interrupted_the_next_one_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begun: bool
) -> None:
    monkeypatch.setattr(courier, "POLL_S", 0.01)
    deliveries = Deliveries(tmp_path)
    for interruption in interruptions():
        delivery = courier.DurableDelivery(deliveries, no_failure)
        if begun:
            delivery.retain(event(0))
            delivery.flush()
        interruption(partial(delivery.retain, event(1)))
        flushing = threading.Thread(target=_kept, args=(delivery, event(2)))
        flushing.start()
        flushing.join(SOON_S)
        assert not flushing.is_alive(), f"{interruption.where}: the next event never comes to the disk"
        assert delivery.retained("user.**")[-1].data == 2, interruption.where
        delivery.close()
    deliveries.close()


def _kept(delivery: courier.DurableDelivery, last: Event) -> None:
    delivery.retain(last)
    delivery.flush()


def event(data: object) -> Event:
    return Event(str(time.monotonic_ns()), "test", "user.heard", "2026-01-01T00:00:00Z", data)


def test_there_are_points_at_which_python_itself_is_left_with_a_lock_held() -> None:
    """Why there is a latch: where that does not fail any more, ``threading.Event`` would do."""
    for interruption in interruptions():
        done = threading.Event()
        try:
            interruption(partial(done.wait, 0.0))
        except RuntimeError:
            return  # "release unlocked lock", in place of the interrupt
        if not done._cond._lock.acquire(blocking=False):  # type: ignore[attr-defined]
            return
    pytest.fail("threading.Event is left well wherever it is interrupted")
