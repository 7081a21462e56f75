"""What permissions cost a call: ``python tests/bench/permissions.py``.

The yardstick of a whole storage call is a bare round trip, measured in turns with it: 64 bytes through another process
over a socket pair. The rate of messages is raised, or it alone would be measured. It exits with 1 where a figure
misses its bound.
"""

from __future__ import annotations

import os
import socket
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from traitlets.config import Config

from automatosx_nb.app import Marketplace
from automatosx_nb.host.kernel import make_runner
from automatosx_nb.host.runner import PluginRunner
from automatosx_nb.host.tally import CallTally

ROUNDS, TIMES = 15, 500
SOURCE = """
from automatosx_nb.sdk import storage

def run(times):
    for _ in range(times):
        storage.get("key")
"""
MANIFEST = """
schema = 1
[plugin]
id = "acme.bench"
version = "1.0.0"
summary = "Asks for one value, often."
license = "MIT"
authors = [{name = "A. Tester"}]
categories = ["data-quality"]
main = "demo"
[requires]
automatosx = "^1.0"
[permissions]
storage = "Measured here."
[[contributes.magics]]
name = "bench"
handler = "demo:run"
"""


def us(action: Callable[[], object], times: int) -> float:
    started = perf_counter()
    action()
    return 1e6 * (perf_counter() - started) / times


def show(what: str, value: float, bound: str, held: bool) -> bool:
    sys.stdout.write(f"{what:<66} {value:9.3f}   bound {bound:<6} {'held' if held else 'MISSED'}\n")
    return held


def checking(runner: PluginRunner) -> bool:
    """The broker's whole share of a granted call: what it adds to its capability, the audit's count included."""
    broker = runner._broker
    storage = broker._capabilities["storage"]

    def routed() -> None:
        for _ in range(TIMES):
            broker.ask("storage", "get", ["key"])

    def direct() -> None:
        for _ in range(TIMES):
            storage.ask("get", ["key"])

    pairs = [(us(routed, TIMES), us(direct, TIMES)) for _ in range(ROUNDS)]
    added = min(pair[0] for pair in pairs) - min(pair[1] for pair in pairs)
    return show("check and count of a granted call, µs", added, "2", added < 2)


def counting() -> bool:
    tally = CallTally(lambda _kind, /, **_detail: None)

    def count() -> None:
        for _ in range(TIMES):
            tally.called("acme.bench", "storage", "get", "done", 64, "storage")

    added = min(us(count, TIMES) for _ in range(ROUNDS))
    return show("of that, the audit's count, µs", added, "1", added < 1)


def round_trip(runner: PluginRunner) -> bool:
    near, far = socket.socketpair()
    child = os.fork()
    if not child:
        near.close()
        while data := far.recv(64):
            far.sendall(data)
        os._exit(0)
    far.close()

    def bare() -> None:
        for _ in range(TIMES):
            near.sendall(b"x" * 64)
            near.recv(64)

    def asked() -> None:
        runner.call("demo:run", [TIMES])

    asked()
    pairs = [(us(bare, TIMES), us(asked, TIMES)) for _ in range(ROUNDS)]
    near.close()
    os.waitpid(child, 0)
    medians = [statistics.median(pair[place] for pair in pairs) for place in (0, 1)]
    sys.stdout.write(f"bare round trip {medians[0]:.1f} µs, granted storage call {medians[1]:.1f} µs (medians)\n")
    ratio = statistics.median(pair[1] / pair[0] for pair in pairs)
    return show("granted storage call, in bare round trips", ratio, "5", ratio <= 5)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["AUTOMATOSX_HOME"] = folder
        source = Path(folder) / "bench"
        (source / "src").mkdir(parents=True)
        (source / "plugin.toml").write_text(MANIFEST)
        (source / "README.md").write_text("# Bench\n\nMeasured.\n")
        (source / "CHANGELOG.md").write_text("## 1.0.0\n\n- First.\n")
        (source / "src" / "demo.py").write_text(SOURCE)
        market = Marketplace(config=Config({"SandboxLimits": {"messages_per_s": 10**6}}))
        market.publish(source)
        market.install("acme.bench", grant=["storage"])
        runner = make_runner(market, market.installed()[0], dict, on_error=lambda _what, error: sys.exit(str(error)))
        held = [counting(), checking(runner), round_trip(runner)]
        runner.stop()
        market.close()
    return not all(held)


if __name__ == "__main__":
    sys.exit(main())
