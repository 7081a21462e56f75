"""The bus against a model of it that is nothing but lists."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from automatosx_nb.host.bus import Bus
from automatosx_nb.host.bus.counters import Counters
from automatosx_nb.host.bus.queue import EventQueue
from automatosx_nb.model.events import Event, matches
from automatosx_nb.model.events.delivery import OVERFLOWS

SEGMENT = st.sampled_from(["a", "b"])
TOPICS = st.lists(SEGMENT, min_size=1, max_size=3).map(".".join)
PATTERNS = st.sampled_from(["a", "a.b", "*", "a.*", "*.b", "**", "a.**", "b.*.a", "b.**"])
START = datetime(2026, 1, 1, tzinfo=UTC)


class Queued:
    """A subscriber with a real queue, which is emptied when the test says so."""

    def __init__(self, pattern: str, most: int, overflow: str, now: list[datetime]) -> None:
        self.pattern = pattern
        self.owner = "test"
        self.counters = Counters()
        self.queue = EventQueue(most, overflow, self.counters, now=lambda: now[0])

    def deliver(self, event: Event) -> None:
        self.queue.put(event)

    def close(self) -> None:
        self.queue.clear()


@dataclass(eq=False)
class Model:
    """What a subscriber of ``pattern`` should have: the events that wait, and its counters."""

    pattern: str
    most: int
    overflow: str
    waiting: list[Event] = field(default_factory=list)
    counters: Counters = field(default_factory=Counters)

    def put(self, event: Event) -> None:
        if self.overflow == "coalesce":
            same = [each for each in self.waiting if each.type == event.type]
            self.counters.coalesced += len(same)
            self.waiting = [each for each in self.waiting if each not in same]
        if len(self.waiting) == self.most:
            if self.overflow == "reject":
                self.counters.rejected += 1
                return
            self.waiting.pop(0)
            self.counters.dropped += 1
        self.waiting.append(event)

    def take(self, most: int, now: datetime) -> list[Event]:
        taken: list[Event] = []
        while self.waiting and len(taken) < most:
            event = self.waiting.pop(0)
            if event.expired(now):
                self.counters.expired += 1
            else:
                taken.append(event)
        return taken


class BusAgainstModel(RuleBasedStateMachine):
    subscribers: Bundle[tuple[Queued, Model, object]] = Bundle("subscribers")

    def __init__(self) -> None:
        super().__init__()
        self.errors: list[str] = []
        self.bus = Bus(lambda pattern, error: self.errors.append(pattern))
        self.now = [START]
        self.numbers = count()
        self.models: list[Model] = []
        self.real: list[Queued] = []
        self.kept: dict[str, Event] = {}
        self.published: dict[str, int] = {}

    @rule(
        target=subscribers,
        pattern=PATTERNS,
        most=st.integers(1, 4),
        overflow=st.sampled_from(OVERFLOWS),
        retained=st.booleans(),
    )
    def subscribe(self, pattern: str, most: int, overflow: str, retained: bool) -> tuple[Queued, Model, object]:
        real, model = Queued(pattern, most, overflow, self.now), Model(pattern, most, overflow)
        undo = self.bus.add(real, retained=retained)
        for event in self.kept.values() if retained else ():
            if matches(pattern, event.type):
                model.put(event)
        self.models.append(model)
        self.real.append(real)
        return real, model, undo

    @rule(gone=consumes(subscribers))
    def unsubscribe(self, gone: tuple[Queued, Model, object]) -> None:
        real, model, undo = gone
        assert callable(undo)
        undo()
        undo()
        self.models.remove(model)
        self.real.remove(real)
        assert real.counters.dropped == model.counters.dropped + len(model.waiting)

    @rule(topic=TOPICS, expires_s=st.one_of(st.none(), st.integers(1, 5)), retain=st.booleans())
    def publish(self, topic: str, expires_s: int | None, retain: bool) -> None:
        expires = None if expires_s is None else (self.now[0] + timedelta(seconds=expires_s)).isoformat()
        event = Event(str(next(self.numbers)), "test", topic, START.isoformat(), expires=expires)
        wanted = any(matches(model.pattern, topic) for model in self.models)
        assert self.bus.wants(topic) is wanted
        self.bus.publish(event, retain=retain)
        self.published[topic] = self.published.get(topic, 0) + 1
        if retain:
            self.kept.pop(topic, None)
            self.kept[topic] = event
        for model in self.models:
            if matches(model.pattern, topic):
                model.put(event)

    @rule(one=subscribers, most=st.integers(1, 3))
    def take(self, one: tuple[Queued, Model, object], most: int) -> None:
        real, model, _ = one
        assert real.queue.take(most) == model.take(most, self.now[0])

    @rule(seconds=st.integers(1, 4))
    def wait(self, seconds: int) -> None:
        self.now[0] += timedelta(seconds=seconds)

    @invariant()
    def the_counts_agree(self) -> None:
        assert self.errors == []
        assert [each.counters for each in self.real] == [each.counters for each in self.models]
        assert [len(each.queue) for each in self.real] == [len(each.waiting) for each in self.models]
        assert self.bus.published() == self.published
        assert [each.pattern for each in self.bus.subscribers()] == [each.pattern for each in self.models]


TestBusAgainstModel = BusAgainstModel.TestCase
TestBusAgainstModel.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
