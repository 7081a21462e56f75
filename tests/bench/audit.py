"""What the audit costs: ``python tests/bench/audit.py``.

Counting a call beside calling a function that does nothing; writing an entry beside a bare durable commit, in turns. It
exits with 1 where counting takes a microsecond or more.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path
from time import perf_counter

from automatosx_nb.host.audit import Audit
from automatosx_nb.host.tally import CallTally
from automatosx_nb.profile.database import connect

ROUNDS, TIMES, ENTRIES = 30, 5000, 20
BOUND_US = 1.0


def us(action: Callable[[], object], times: int) -> float:
    started = perf_counter()
    for _ in range(times):
        action()
    return 1e6 * (perf_counter() - started) / times


def show(what: str, value: float, yardstick: str, other: float) -> None:
    sys.stdout.write(f"{what:<40} {value:9.2f} µs   {yardstick} {other:9.2f} µs   ratio {value / other:5.1f}\n")


def counting() -> float:
    tally = CallTally(lambda _kind, /, **_detail: None)

    def nothing(*_args: object) -> None:
        pass

    def called() -> None:
        tally.called("acme.bench", "storage", "get", "done", 64, "storage")

    def bare() -> None:
        nothing("acme.bench", "storage", "get", "done", 64, "storage")

    pairs = [(us(called, TIMES), us(bare, TIMES)) for _ in range(ROUNDS)]
    least, yardstick = (min(pair[place] for pair in pairs) for place in (0, 1))
    show("count a call", least, "a function that does nothing", yardstick)
    return least


def writing(folder: Path) -> None:
    audit = Audit(folder / "audit.sqlite3")
    plain = connect(folder / "plain.sqlite3", "CREATE TABLE IF NOT EXISTS t (number INTEGER PRIMARY KEY, text TEXT)")
    numbers = count(1)

    def entry() -> None:
        audit.add("capability-calls", "acme.bench", "1.0.0", capability="storage", method="get", calls=7)

    def commit() -> None:
        plain.execute("INSERT INTO t VALUES (?, ?)", (next(numbers), "capability-calls acme.bench 1.0.0 storage get 7"))

    entry()
    pairs = [(us(entry, ENTRIES), us(commit, ENTRIES)) for _ in range(ROUNDS)]
    medians = [statistics.median(pair[place] for pair in pairs) for place in (0, 1)]
    show("write an entry", medians[0], "a bare durable commit", medians[1])
    audit.close()
    plain.close()


def main() -> int:
    counted = counting()
    with tempfile.TemporaryDirectory() as folder:
        writing(Path(folder))
    return counted >= BOUND_US


if __name__ == "__main__":
    sys.exit(main())
