"""What durable state costs beside plain sqlite3 with the same durability, and how fair it is to four writers.

``python tests/bench/state.py``; it exits with 1 where a bound is missed. Values vary, since an identical page is not
written again.
"""

from __future__ import annotations

import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from time import perf_counter

from automatosx_nb.host.broker import CapabilityBroker
from automatosx_nb.host.capabilities.storage import StorageCapability
from automatosx_nb.host.grants import Grants
from automatosx_nb.host.metering import RATES, Meter, Rate
from automatosx_nb.model.state import Entry
from automatosx_nb.profile import snapshots
from automatosx_nb.profile.keyvalue import KeyValueState
from automatosx_nb.sandbox.limits import Limits
from automatosx_nb.sandbox.supervisor import Program, Sandbox

ROUNDS, PUTS, GETS = 40, 25, 500
WRITERS, SECONDS = 4, 2.0
RATIO = 0.7
"""Least speed, as a part of plain sqlite3's."""
VALUE = {"rows": 344, "columns": ["species", "mass"], "note": "x" * 100}


class Plain:
    """The least code that keeps JSON values durably."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.connection.execute("PRAGMA journal_mode=WAL")
        self.connection.execute("PRAGMA synchronous=FULL")
        self.connection.execute("CREATE TABLE entries (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID")

    def put(self, key: str, value: object) -> None:
        self.connection.execute("INSERT OR REPLACE INTO entries VALUES (?, ?)", (key, json.dumps(value)))

    def get(self, key: str) -> object:
        (text,) = self.connection.execute("SELECT value FROM entries WHERE key = ?", (key,)).fetchone()
        return json.loads(text)


def us(action: Callable[[int], object], times: int) -> float:
    started = perf_counter()
    for number in range(times):
        action(number)
    return 1e6 * (perf_counter() - started) / times


def beside(what: str, ours: Callable[[int], object], plain: Callable[[int], object], times: int) -> float:
    """The median speed of ``ours`` as a part of that of ``plain``, taken in turns."""
    pairs = [(us(ours, times), us(plain, times)) for _ in range(ROUNDS)]
    mine, theirs = (statistics.median(pair[place] for pair in pairs) for place in (0, 1))
    ratio = statistics.median(pair[1] / pair[0] for pair in pairs)
    print(f"{what:<34} {mine:8.1f} µs   plain sqlite3 {theirs:8.1f} µs   {ratio:.2f} of its speed")
    return ratio


def alone(folder: Path) -> list[float]:
    state, plain, numbers = KeyValueState(folder / "ours.sqlite3"), Plain(folder / "plain.sqlite3"), count()

    def value() -> object:
        return {**VALUE, "n": next(numbers)}

    for number in range(1000):
        state.put(f"k{number}", VALUE)
        plain.put(f"k{number}", VALUE)
    found = [
        beside("put", lambda n: state.put(f"k{n}", value()), lambda n: plain.put(f"k{n}", value()), PUTS),
        beside("get", lambda n: state.get(f"k{n}"), lambda n: plain.get(f"k{n}"), GETS),
    ]
    state.close()
    return found


_WRITE = """
import sys, time
from pathlib import Path
kind, path, seconds = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3])
if kind == "ours":
    from automatosx_nb.profile.keyvalue import KeyValueState
    put = KeyValueState(path).put
else:
    import sqlite3
    connection = sqlite3.connect(path, isolation_level=None, timeout=30)
    connection.execute("PRAGMA synchronous=FULL")
    put = lambda key, value: connection.execute("INSERT OR REPLACE INTO entries VALUES (?, ?)", (key, str(value)))
print("ready", flush=True)
sys.stdin.readline()
until, done = time.perf_counter() + seconds, 0
while time.perf_counter() < until:
    put(sys.argv[4] + str(done % 100), done)
    done += 1
print(done)
"""


def together(kind: str, path: Path) -> tuple[float, float]:
    """Four processes write at once: puts a second in all, and the least share as a part of the largest."""
    command = [sys.executable, "-c", _WRITE, kind, str(path), str(SECONDS)]
    made = [
        subprocess.Popen([*command, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for name in "abcd"[:WRITERS]
    ]
    for each in made:
        assert each.stdout is not None
        each.stdout.readline()
    for each in made:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    shares = [int(each.communicate()[0]) for each in made]
    fair = min(shares) / max(shares)
    print(f"four writers at once, {kind:<5} {sum(shares) / SECONDS:8.0f} puts/s in all, shares {shares}: {fair:.2f}")
    return sum(shares) / SECONDS, fair


CALLS = 300
SOURCE = f"""
from automatosx_nb.sdk import storage

def read():
    for number in range({CALLS}):
        storage.get("key")

def write():
    for number in range({CALLS}):
        storage.put("key", number)

def count():
    for number in range({CALLS}):
        storage.update("count", lambda n: n + 1, 0)
"""


class Bare:
    """Answers at once, and looks at nothing."""

    def ask(self, capability: str, method: str, args: Sequence[object]) -> object:
        return [True, 1]

    def output(self, stream: str, text: str) -> None:
        """Dropped."""


class Real(CapabilityBroker):
    def output(self, stream: str, text: str) -> None:
        """Dropped."""


def from_a_worker(folder: Path) -> None:
    grants, meter = Grants("acme.demo", ("storage",)), Meter()
    storage = StorageCapability(grants, meter, lambda: KeyValueState(folder / "worker.sqlite3"))
    rates = {**RATES, "storage": Rate(per_s=1e6, burst=10_000_000)}
    real = Real(grants, {"storage": storage}, meter=meter, rates=rates)
    real.ask("storage", "put", ["key", 1])
    program = Program("acme.demo", "1.0.0", {"demo.py": SOURCE.encode()}, ("demo:read", "demo:write", "demo:count"))
    with Sandbox() as sandbox:
        worker = sandbox.start(program, Limits(messages=10**6, messages_per_s=10**6))

        def per_call(handler: str, broker: Real | Bare) -> float:
            runs = [us(lambda _n: worker.call(handler, broker=broker), 1) / CALLS for _ in range(9)]
            return statistics.median(runs)

        bare = per_call("demo:read", Bare())
        for what, handler in (("get", "read"), ("put, on disk", "write"), ("update: read, compare, set", "count")):
            found = per_call(f"demo:{handler}", real)
            print(f"storage.{what:<27} {found:8.1f} µs   {found / bare:.1f} bare round trips ({bare:.1f} µs)")
        worker.stop()
    real.close()


def opening(folder: Path) -> None:
    for entries, size in ((100, 100), (10_000, 100), (60, 1 << 20)):
        path = folder / f"{entries}-{size}.sqlite3"
        state = KeyValueState(path)
        state.replace_all(Entry(f"{number:06d}", os.urandom(size), 0) for number in range(entries))
        state.close()
        opened, taken = [], []
        for _ in range(5):
            begun = perf_counter()
            state = KeyValueState(path)
            opened.append(perf_counter() - begun)
            begun = perf_counter()
            state.snapshot()
            taken.append(perf_counter() - begun)
            state.close()
        mib, open_ms, take_ms = (
            path.stat().st_size / 2**20,
            *(1e3 * statistics.median(each) for each in (opened, taken)),
        )
        print(
            f"{entries:>6} entries, {mib:5.1f} MiB: open and look at all {open_ms:6.1f} ms, snapshot {take_ms:6.1f} ms"
        )


def main() -> int:
    snapshots.EVERY_S = 1e9
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        slow = [ratio for ratio in alone(folder) if ratio < RATIO]
        KeyValueState(folder / "four.sqlite3").close()
        _total, fair = together("ours", folder / "four.sqlite3")
        Plain(folder / "four-plain.sqlite3").connection.close()
        together("plain", folder / "four-plain.sqlite3")
        from_a_worker(folder)
        opening(folder)
    return bool(slow or fair < 0.5)


if __name__ == "__main__":
    sys.exit(main())
