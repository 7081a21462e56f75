"""What a capability call costs beside a bare round trip, and what the check of its grant does: in one run.

Run it by itself, ``python tests/bench/capabilities.py``; docs/performance.md keeps the figures with their machine.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from automatosx_nb.host.broker import CapabilityBroker
from automatosx_nb.host.capabilities.storage import StorageCapability
from automatosx_nb.host.grants import Grants
from automatosx_nb.host.metering import RATES, Bucket, Meter, Rate
from automatosx_nb.host.tally import CallTally
from automatosx_nb.model.permissions import Permission
from automatosx_nb.profile.keyvalue import KeyValueState
from automatosx_nb.sandbox.limits import Limits
from automatosx_nb.sandbox.supervisor import Program, Sandbox

CALLS, RUNS = 500, 15
SOURCE = f"""
from automatosx_nb.sdk import storage

def read():
    for _ in range({CALLS}):
        storage.get("key")

def write():
    for number in range({CALLS}):
        storage.put("key", number)
"""
UNPACED = Limits(messages=10**6, messages_per_s=10**6)
GRANTED = ("modules:pyarrow", "files:read:data/*", "network:api.example.org/v1", "storage:256MiB")


class Bare:
    """Answers at once, and looks at nothing."""

    def ask(self, capability: str, method: str, args: Sequence[object]) -> object:
        return [True, 1]

    def output(self, stream: str, text: str) -> None:
        """Dropped."""


class Real(CapabilityBroker):
    def output(self, stream: str, text: str) -> None:
        """Dropped."""


def microseconds(action: Callable[[], object], calls: int) -> float:
    """Median of a run, for one of its calls."""
    times = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        action()
        times.append((time.perf_counter() - begun) / calls * 1e6)
    return median(times)


def storage_calls(root: Path) -> None:
    grants, meter = Grants("acme.demo", GRANTED), Meter()
    storage = StorageCapability(grants, meter, lambda: KeyValueState(root / "state.sqlite3"))
    rates = {**RATES, "storage": Rate(per_s=1e6, burst=1_000_000)}
    real = Real(grants, {"storage": storage}, meter=meter, rates=rates)
    real.ask("storage", "put", ["key", 1])
    with Sandbox() as sandbox:
        program = Program("acme.demo", "1.0.0", {"demo.py": SOURCE.encode()}, ("demo:read", "demo:write"), ())
        worker = sandbox.start(program, UNPACED)
        bare_us = microseconds(lambda: worker.call("demo:read", broker=Bare()), CALLS)
        granted_us = microseconds(lambda: worker.call("demo:read", broker=real), CALLS)
        written_us = microseconds(lambda: worker.call("demo:write", broker=real), CALLS)
        worker.stop()
    real.close()
    print(f"a bare round trip            {bare_us:8.1f} µs")
    print(f"a granted storage.get        {granted_us:8.1f} µs   {granted_us / bare_us:.2f} times that")
    print(f"a granted storage.put, synced{written_us:8.1f} µs   {written_us / bare_us:.2f} times that")


def checks() -> None:
    grants = Grants("acme.demo", GRANTED)
    for text in ("storage", "files:read:data/a.csv", "network:api.example.org/v1/x:GET"):
        needed = Permission.parse(text)

        def seen(needed: Permission = needed) -> None:
            for _ in range(10_000):
                grants.require(needed)

        def unseen(needed: Permission = needed) -> None:
            for _ in range(1000):
                grants._answers.clear()
                grants.require(needed)

        print(f"the check of {text:<34} {microseconds(seen, 10_000):6.2f} µs, {microseconds(unseen, 1000):6.2f} µs new")


def unwritten(kind: str, /, **detail: object) -> None:
    """An audit log that costs nothing."""


def parts(root: Path) -> None:
    """Where the host's own part of a granted ``storage.get`` goes, without the wire."""
    grants, meter, tally = Grants("acme.demo", GRANTED), Meter(), CallTally(unwritten)
    state = KeyValueState(root / "parts.sqlite3")
    rates = {**RATES, "storage": Rate(per_s=1e6, burst=1_000_000)}
    storage = StorageCapability(grants, meter, lambda: state)
    broker = CapabilityBroker(grants, {"storage": storage}, meter=meter, observer=tally, rates=rates)
    broker.ask("storage", "put", ["key", 1])
    needed, bucket = Permission.parse("storage"), Bucket(rates["storage"])
    shown: dict[str, Callable[[], object]] = {
        "all of it": lambda: broker.ask("storage", "get", ["key"]),
        "the state's own get": lambda: state.get("key"),
        "the grant": lambda: grants.require(needed),
        "the rate": bucket.take,
        "the count for the audit log": lambda: tally.called("acme.demo", "storage", "get", "done", 0, "storage"),
    }
    for name, action in shown.items():
        each_us = microseconds(lambda action=action: [action() for _ in range(CALLS)], CALLS)  # type: ignore[misc]
        print(f"in the host, {name:<28} {each_us:6.2f} µs")
    broker.close()


def main() -> None:
    checks()
    with tempfile.TemporaryDirectory() as folder:
        parts(Path(folder))
        storage_calls(Path(folder))


if __name__ == "__main__":
    main()
