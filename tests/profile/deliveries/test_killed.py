"""Kernels that are killed at any moment: at least once, stated exactly.

What was published when ``publish`` returned is handled by somebody. What was acknowledged when ``exchange`` returned is
never owed again. Only what a killed kernel held without an acknowledgement on disk may be handled twice. Within one
publisher and topic, events are first handled in the order in which they were published.

``AUTOMATOSX_LONG_RUNS=1`` kills fifty times as often.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from automatosx_nb.model.delivery import Outcome, Retries, Subscriber, Terms
from automatosx_nb.profile.deliveries import Deliveries

LISTENER = Subscriber("acme.demo", "plugin.**", "demo:on_event")
ROUNDS = 200 if os.environ.get("AUTOMATOSX_LONG_RUNS") else 4
LINES = 150
"""A kernel is killed before it said more."""

_KERNEL = """
import json, os, random, sys
from itertools import count
from pathlib import Path
from automatosx_nb.model.delivery import Envelope, Outcome, Retries, Subscriber
from automatosx_nb.profile.deliveries import Deliveries

folder, name = sys.argv[1:]
chance = random.Random(name)
store = Deliveries(Path(folder), retries=Retries(attempts=10_000, first_s=0.0))
who = Subscriber("acme.demo", "plugin.**", "demo:on_event")
numbers, held = count(), []

def say(*words):
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())

def publish():
    topic = f"plugin.{chance.choice('xy')}"
    text = f"{name}/{topic}/{next(numbers):06d}"
    store.publish(Envelope(name, topic, json.dumps(text).encode()), [who])
    say("published", text)

def handle():
    outcomes = []
    while held and chance.random() < 0.8:
        owed = held.pop(0)
        if chance.random() < 0.1:
            outcomes.append(Outcome(owed.number, "failed", "by chance"))
            outcomes.extend(Outcome(each.number, "released") for each in held)
            held.clear()
        else:
            say("handled", json.loads(owed.body))
            outcomes.append(Outcome(owed.number, "handled"))
    return outcomes

say("started")
while True:
    for _ in range(chance.randrange(5)):
        publish()
    outcomes = handle()
    owed = store.exchange(outcomes=outcomes, wanted=[] if held else [who]).owed
    for outcome in outcomes:
        if outcome.kind == "handled":
            say("acknowledged", outcome.number)
    for each in owed:
        say("took", each.number)
    held.extend(owed)
"""

Lines = list[list[str]]


def start(folder: Path, name: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _KERNEL, str(folder), name]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def lines_until_killed(kernel: subprocess.Popen[str], most: int) -> Lines:
    """What it said up to the moment at which it was killed, whole lines only."""
    said = kernel.stdout
    assert said is not None
    found = [line for _, line in zip(range(most), said, strict=False)]
    kernel.kill()
    found += said.readlines()
    assert kernel.wait() == -signal.SIGKILL
    said.close()
    return [line.split() for line in found if line.endswith("\n")]


def said(lines: Lines, what: str) -> list[str]:
    return [words[1] for words in lines if words[0] == what]


@pytest.mark.skipif(sys.platform == "win32", reason="kills as POSIX does")
def test_nothing_published_is_lost_and_nothing_acknowledged_comes_again(tmp_path: Path) -> None:
    chance = random.Random(7)
    store = Deliveries(tmp_path, retries=Retries(attempts=10_000, first_s=0.0))
    store.follow(1, {LISTENER: Terms(queue=1_000_000, most_bytes=1 << 30)})
    published: set[str] = set()
    handled: Counter[str] = Counter()
    acknowledged: Counter[str] = Counter()
    for number in range(ROUNDS):
        pair = [start(tmp_path, f"kernel{number}{side}") for side in "ab"]
        before = set(acknowledged)
        for lines in [lines_until_killed(kernel, chance.randrange(2, LINES)) for kernel in pair]:
            assert not before & set(said(lines, "took"))
            published.update(said(lines, "published"))
            handled.update(said(lines, "handled"))
            acknowledged.update(said(lines, "acknowledged"))
            assert in_order(said(lines, "handled"))
    rest = drain(store)
    store.close()
    assert in_order(rest)
    handled.update(rest)
    assert len(published) > 20 * ROUNDS
    assert published <= set(handled)
    assert set(acknowledged.values()) == {1}
    twice = sum(times - 1 for times in handled.values())
    assert twice <= handled.total() - len(rest) - acknowledged.total()


def in_order(texts: list[str]) -> bool:
    """Within each publisher and topic, and nothing twice."""
    lanes: dict[str, list[str]] = {}
    for text in texts:
        lanes.setdefault(text.rpartition("/")[0], []).append(text)
    return all(lane == sorted(set(lane)) for lane in lanes.values())


def drain(store: Deliveries) -> list[str]:
    """Handle all that is owed, and be owed nothing."""
    found: list[str] = []
    outcomes: list[Outcome] = []
    while owed := store.exchange(outcomes=outcomes, wanted=[LISTENER]).owed:
        found += [json.loads(each.body) for each in owed]
        outcomes = [Outcome(each.number, "handled") for each in owed]
    (pending,) = store.pending()
    assert (pending.waiting, pending.in_flight, pending.dead) == (0, 0, 0)
    return found
