"""What durable delivery costs: ``python tests/bench/durable.py``.

Publishing and acknowledging beside plain sqlite3 that does the least for the same promise (WAL, synchronous FULL: a row
in, a row out, a commit each), in turns; then through one kernel's courier, where many events share a commit. It exits
with 1 where a ratio misses its bound.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from time import perf_counter

from automatosx_nb.host.durable import DurableDelivery
from automatosx_nb.model.delivery import Envelope, Outcome, Subscriber, Terms
from automatosx_nb.model.events import Event
from automatosx_nb.profile.database import connect, transaction
from automatosx_nb.profile.deliveries import Deliveries

ROUNDS, TIMES, TOGETHER = 15, 40, 2000
LISTENER = Subscriber("acme.bench", "plugin.**", "bench:on")
BODY = "x" * 200
LEAST_SHARE = 0.4
"""Of what plain sqlite3 does in the same time, two commits each: publish, acknowledge."""
_PLAIN = "CREATE TABLE IF NOT EXISTS queue (number INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL)"


def per_s(action: Callable[[], object], times: int) -> float:
    started = perf_counter()
    for _ in range(times):
        action()
    return times / (perf_counter() - started)


def one_by_one(folder: Path) -> tuple[float, float]:
    """Events a second, published and acknowledged in a commit each: ours, and plain sqlite3's."""
    store = Deliveries(folder / "ours")
    store.follow(1, {LISTENER: Terms()})
    plain = connect(folder / "plain.sqlite3", _PLAIN)
    numbers = count()

    def ours() -> None:
        envelope = Envelope("bench", "plugin.a.b", f'{{"n": {next(numbers)}, "data": "{BODY}"}}'.encode())
        (owed,) = store.exchange([(envelope, [LISTENER])], wanted=[LISTENER]).owed
        store.exchange(outcomes=[Outcome(owed.number, "handled")])

    def theirs() -> None:
        with transaction(plain):
            body = f'{{"n": {next(numbers)}, "data": "{BODY}"}}'.encode()
            number = plain.execute("INSERT INTO queue (body) VALUES (?)", (body,)).lastrowid
        with transaction(plain):
            plain.execute("DELETE FROM queue WHERE number = ?", (number,))

    ours()
    theirs()
    pairs = [(per_s(ours, TIMES), per_s(theirs, TIMES)) for _ in range(ROUNDS)]
    store.close()
    plain.close()
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


class Counting:
    """Handles events at once, and says when it had them all."""

    def __init__(self, most: int) -> None:
        self._left = most
        self.done = threading.Event()

    def deliver(self, handler: str, events: Sequence[Event]) -> list[Exception | None]:
        self._left -= len(events)
        if self._left <= 0:
            self.done.set()
        return [None] * len(events)


def together(folder: Path) -> tuple[float, float]:
    """Through a courier: µs of a publisher's own time an event, and events handled a second."""
    store = Deliveries(folder / "courier")
    store.follow(1, {LISTENER: Terms(queue=2 * TOGETHER)})
    delivery = DurableDelivery(store, _tell)
    handler = Counting(TOGETHER)
    delivery.serve(LISTENER, lambda: handler)
    events = [Event(str(n), "bench", "plugin.a.b", "2026-01-01T00:00:00Z", BODY) for n in range(TOGETHER)]
    began = perf_counter()
    for event in events:
        delivery.put(event, LISTENER)
    published_s = perf_counter() - began
    handler.done.wait()
    handled_s = perf_counter() - began
    delivery.close()
    store.close()
    return 1e6 * published_s / TOGETHER, TOGETHER / handled_s


def _tell(what: str, error: Exception) -> None:
    sys.stderr.write(f"{what}: {error}\n")


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        ours, plain = one_by_one(Path(folder))
        put_us, handled = together(Path(folder))
    share = ours / plain
    sys.stdout.write(f"published and acknowledged, a commit each {ours:9.0f} /s   plain sqlite3 {plain:9.0f} /s   ")
    sys.stdout.write(f"ratio {share:5.2f} (bound {LEAST_SHARE})\n")
    sys.stdout.write(f"put on the courier's queue                {put_us:9.1f} µs\n")
    sys.stdout.write(f"published, handled and acknowledged       {handled:9.0f} /s   ratio {handled / plain:5.2f}\n")
    return int(share < LEAST_SHARE)


if __name__ == "__main__":
    sys.exit(main())
