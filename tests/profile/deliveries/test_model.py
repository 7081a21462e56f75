"""Two kernels on one profile, against a model in memory: who is owed what, after anything that may happen."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from automatosx_nb.model.delivery import Outcome, Owed, Terms
from automatosx_nb.profile.deliveries import Deliveries
from tests.profile.deliveries.conftest import LISTENER, RETRIES, Clock, event

QUEUE, LEASE_S, TAKEN = 4, 30.0, 3
_KERNELS = st.sampled_from(["one", "two"])


@dataclass
class Entry:
    number: int
    lane: tuple[str, str]
    expires: float | None
    tried: int = 0
    not_before: float = 0.0
    holder: str | None = None
    until: float = 0.0


@dataclass
class Model:
    """What the documentation says of one subscriber's queue, the short way."""

    overflow: str
    entries: list[Entry] = field(default_factory=list)
    dead: list[Entry] = field(default_factory=list)
    published: int = 0

    def publish(self, lane: tuple[str, str], expires: float | None) -> bool:
        waiting = [entry for entry in self.entries if entry.holder is None]
        going = [entry for entry in waiting if entry.lane[1] == lane[1]] if self.overflow == "coalesce" else []
        if len(waiting) >= QUEUE and self.overflow == "reject":
            return False
        too_many = len(waiting) + 1 - QUEUE  # more than the queue wait where a kernel ended that had taken some
        others = [entry for entry in waiting if entry not in going]
        for entry in going + others[: max(0, too_many - len(going))]:
            self.entries.remove(entry)
        self.published += 1
        self.entries.append(Entry(self.published, lane, expires))
        return True

    def take(self, kernel: str, now: float) -> list[tuple[int, int]]:
        """Number and attempt."""
        self.expire(now)
        held: set[tuple[str, str]] = set()
        due = []
        for entry in self.entries:
            if entry.holder is None and entry.not_before <= now and entry.lane not in held:
                due.append(entry)
            else:
                held.add(entry.lane)
        chosen: list[Entry] = []
        for entry in due:
            if len(chosen) == TAKEN or (chosen and (chosen[0].tried or entry.tried)):
                break
            chosen.append(entry)
        for entry in chosen:
            entry.holder, entry.until, entry.tried = kernel, now + LEASE_S, entry.tried + 1
        return [(entry.number, entry.tried) for entry in chosen]

    def expire(self, now: float) -> None:
        self.entries = [each for each in self.entries if each.holder or each.expires is None or each.expires > now]

    def free(self, kernel: str, now: float, *, ended: bool) -> None:
        """What ``kernel`` held is another one's: it ended, or its lease did."""
        for entry in [each for each in self.entries if each.holder == kernel and (ended or each.until <= now)]:
            entry.holder, entry.not_before = None, 0.0
            if entry.tried >= RETRIES.attempts:
                self.bury(entry)

    def failed(self, entry: Entry, now: float) -> None:
        wait_s = RETRIES.wait_s(entry.tried)
        entry.holder = None
        if wait_s is None:
            self.bury(entry)
        else:
            entry.not_before = now + wait_s

    def bury(self, entry: Entry) -> None:
        self.entries.remove(entry)
        self.dead.append(entry)

    def replay(self) -> None:
        self.entries += [Entry(entry.number, entry.lane, None) for entry in self.dead]
        self.entries.sort(key=lambda entry: entry.number)
        self.dead = []


class TwoKernels(RuleBasedStateMachine):
    @initialize(overflow=st.sampled_from(["drop-oldest", "coalesce", "reject"]))
    def begin(self, overflow: str) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.clock = Clock()
        self.kernels = {name: self.started() for name in ("one", "two")}
        self.held: dict[str, list[Owed]] = {"one": [], "two": []}
        self.model = Model(overflow)
        self.kernels["one"].follow(1, {LISTENER: Terms(overflow, QUEUE)})  # type: ignore[arg-type]

    def started(self) -> Deliveries:
        return Deliveries(Path(self.folder.name), retries=RETRIES, lease_s=LEASE_S, clock=self.clock)

    @rule(kernel=_KERNELS, source=st.sampled_from("ab"), topic=st.sampled_from("xy"), brief=st.booleans())
    def publish(self, kernel: str, source: str, topic: str, brief: bool) -> None:
        expires = self.clock.now + 3 if brief else None
        lane = (source, f"plugin.{topic}")
        kept = event("", source=source, topic=lane[1], expires=expires)
        rejected = self.kernels[kernel].publish(kept, [LISTENER])
        assert self.model.publish(lane, expires) == (rejected == ())

    @rule(kernel=_KERNELS)
    def take(self, kernel: str) -> None:
        if self.held[kernel]:
            return
        other = "two" if kernel == "one" else "one"
        self.model.free(other, self.clock.now, ended=False)
        self.held[kernel] = list(self.kernels[kernel].exchange(wanted=[LISTENER], most=TAKEN).owed)
        found = [(each.number, each.attempt) for each in self.held[kernel]]
        assert found == self.model.take(kernel, self.clock.now)

    @precondition(lambda self: any(self.held.values()))
    @rule(kernel=_KERNELS, kind=st.sampled_from(["handled", "handled", "failed", "released"]), wait=st.integers(0, 9))
    def settle(self, kernel: str, kind: str, wait: int) -> None:
        if not self.held[kernel]:
            return
        owed = self.held[kernel].pop(0)
        self.kernels[kernel].exchange(outcomes=[Outcome(owed.number, kind, "said so", float(wait))])  # type: ignore[arg-type]
        mine = [each for each in self.model.entries if each.number == owed.number]
        for entry in mine:
            if kind == "handled":
                self.model.entries.remove(entry)
            elif entry.holder == kernel and kind == "failed":
                self.model.failed(entry, self.clock.now)
            elif entry.holder == kernel:
                entry.holder, entry.tried, entry.not_before = None, entry.tried - 1, self.clock.now + wait
        for entry in self.model.entries:  # an exchange renews what its kernel holds
            if entry.holder == kernel and entry.until < self.clock.now + 0.75 * LEASE_S:
                entry.until = self.clock.now + LEASE_S

    @rule(seconds=st.sampled_from([1, 4, 40]))
    def wait(self, seconds: int) -> None:
        self.clock.now += seconds

    @rule(kernel=_KERNELS)
    def end(self, kernel: str) -> None:
        """It ends, and what it held is taken over by whoever looks next; it is started again."""
        self.kernels[kernel].close()
        self.kernels[kernel] = self.started()
        self.held[kernel] = []
        other = "two" if kernel == "one" else "one"
        self.model.free(other, self.clock.now, ended=False)
        self.model.free(kernel, self.clock.now, ended=True)
        self.kernels[kernel].exchange(wanted=[LISTENER], most=0)
        self.model.expire(self.clock.now)

    @precondition(lambda self: self.model.dead)
    @rule()
    def replay(self) -> None:
        assert self.kernels["one"].replay() == len(self.model.dead)
        self.model.replay()

    @invariant()
    def agree(self) -> None:
        if not hasattr(self, "model"):
            return
        (pending,) = self.kernels["one"].pending()
        waiting = [entry for entry in self.model.entries if entry.holder is None]
        assert (pending.waiting, pending.in_flight, pending.dead) == (
            len(waiting),
            len(self.model.entries) - len(waiting),
            len(self.model.dead),
        )
        assert [letter.number for letter in self.kernels["two"].dead()] == sorted(
            each.number for each in self.model.dead
        )

    def teardown(self) -> None:
        if hasattr(self, "model"):
            for kernel in self.kernels.values():
                kernel.close()
            self.folder.cleanup()


TestTwoKernels = TwoKernels.TestCase
TestTwoKernels.settings = settings(max_examples=15, stateful_step_count=30, deadline=None)


def test_what_comes_back_beyond_the_queue_gives_way_to_what_is_new() -> None:
    state = TwoKernels()
    state.begin("drop-oldest")
    for _ in range(QUEUE):
        state.publish("one", "a", "x", brief=False)
    state.take("one")
    state.publish("one", "a", "x", brief=False)
    state.end("one")
    state.agree()
    assert len(state.model.entries) == QUEUE + 1
    state.publish("one", "a", "x", brief=False)
    state.agree()
    assert len(state.model.entries) == QUEUE
    state.teardown()
