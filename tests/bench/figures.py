"""The figures of docs/performance.md, measured here and now: ``python tests/bench/figures.py``.

Each is the median of several runs, beside a yardstick measured in the same run, since machines differ and drift.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

PROFILER = "automatosx.data-profiler"

_LOAD = """
import sys, time
import ipykernel.kernelapp, ipykernel.ipkernel, ipywidgets
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell()
shell.run_line_magic("load_ext", "IPython.extensions.storemagic")
started = time.perf_counter()
import automatosx_nb
imported = time.perf_counter()
shell.run_line_magic("load_ext", "automatosx_nb")
print(imported - started, time.perf_counter() - imported)
"""

_NOTHING = "def run(x=None):\n    return x\n"


def median_ms(action: Callable[[], object], runs: int) -> float:
    times = []
    for _ in range(runs):
        started = perf_counter()
        action()
        times.append(perf_counter() - started)
    return 1e3 * statistics.median(times)


def show(what: str, value: float, yardstick: str = "", other: float = 0.0) -> None:
    beside = f"   {yardstick} {other:8.3f} ms   ratio {value / other:6.2f}" if other else ""
    sys.stdout.write(f"{what:<58} {value:8.3f} ms{beside}\n")


def loading() -> None:
    pairs = []
    for _ in range(9):
        done = subprocess.run([sys.executable, "-c", _LOAD], capture_output=True, text=True, check=True)
        pairs.append([1e3 * float(word) for word in done.stdout.split()])
    show("import automatosx_nb", statistics.median(pair[0] for pair in pairs))
    show("%load_ext automatosx_nb", statistics.median(pair[1] for pair in pairs))


def cells() -> None:
    """What IPython's two callbacks of a cell cost: bare, with the extension loaded, with one subscriber."""
    from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell

    from automatosx_nb.magics import load

    make: Any = InteractiveShell
    shell = make()
    info: Any = ExecutionInfo("x = 1\n" * 20, True, False, True, None)  # type: ignore[no-untyped-call]
    result: Any = ExecutionResult(info)  # type: ignore[no-untyped-call]

    def run() -> None:
        for _ in range(200):
            shell.events.trigger("pre_run_cell", info)
            shell.events.trigger("post_run_cell", result)

    bare = median_ms(run, 40) / 200
    load(shell)
    loaded = median_ms(run, 40) / 200
    shell._automatosx_session.host.bus.subscribe("kernel.cell.*", lambda _event: None)
    shell._automatosx_session.host.follow()
    watched = median_ms(run, 40) / 200
    show("a cell's callbacks, extension loaded, no subscriber", loaded, "bare", bare)
    show("a cell's callbacks, one subscriber", watched, "bare", bare)


def workers() -> None:
    from automatosx_nb.sandbox.supervisor import Program, Sandbox

    class Silent:
        def ask(self, capability: str, method: str, args: Any) -> object:
            return None

        def output(self, stream: str, text: str) -> None:
            return None

    program = Program("acme.bench", "1.0.0", {"bench.py": _NOTHING.encode()}, ("bench:run",))
    with Sandbox() as sandbox:
        sandbox.start(program).stop()
        show("worker: start, load a one-line plugin, stop", median_ms(lambda: sandbox.start(program).stop(), 60))
        worker = sandbox.start(program)
        show(
            "worker: call round trip",
            median_ms(lambda: worker.call("bench:run", broker=Silent()), 2000),
            "bare echo of another process",
            echo_ms(),
        )
        worker.stop()


def namespaces() -> None:
    """What namespaces cost, beside the same without: a fork server's start, and a worker's up to its greeting."""
    from automatosx_nb.sandbox.launcher import ForkServer
    from automatosx_nb.sandbox.limits import Limits
    from automatosx_nb.sandbox.running import Worker

    def start_one(given: bool) -> None:
        ForkServer(namespaces=given).close()

    without, within = (median_ms(partial(start_one, given), 9) for given in (False, True))
    show("fork server with namespaces: start, stop", within, "without", without)
    servers = {given: ForkServer(namespaces=given) for given in (False, True)}
    times: dict[bool, list[float]] = {False: [], True: []}
    for given in [False, True] * 100:
        started = perf_counter()
        worker = Worker(servers[given], "acme.bench", Limits(), ())
        times[given].append(1e3 * (perf_counter() - started))
        worker.stop()
    medians = {given: statistics.median(each) for given, each in times.items()}
    show("worker with namespaces: start, nothing loaded", medians[True], "without", medians[False])
    for server in servers.values():
        server.close()


_ECHO = """
import socket, sys
there = socket.socket(fileno=int(sys.argv[1]))
while data := there.recv(4096):
    there.sendall(data)
"""


def echo_ms() -> float:
    """64 bytes to another process and back, over the same kind of socket."""
    here, there = socket.socketpair()
    command = [sys.executable, "-c", _ECHO, str(there.fileno())]
    with subprocess.Popen(command, pass_fds=[there.fileno()]):
        there.close()

        def ask() -> None:
            here.sendall(b"x" * 64)
            here.recv(4096)

        ask()
        value = median_ms(ask, 2000)
        here.close()
    return value


def marketplace() -> None:
    from automatosx_nb.app import Marketplace

    market = Marketplace()
    show("first search: open the registry, publish the catalog", median_ms(lambda: market.search("profile"), 1))
    show("search again", median_ms(lambda: market.search("profile"), 200))
    show("plan an install", median_ms(lambda: market.plan_install(PROFILER, "1.0.0"), 30))

    def install() -> None:
        market.install(PROFILER, "1.0.0", grant=["modules:pyarrow"])
        market.update()

    install()
    show("install, then update (from the store, tried out twice)", median_ms(install, 10))

    def there_and_back() -> None:
        market.rollback()
        market.rollback(2)

    show("roll back, and back again", median_ms(there_and_back, 20))
    market.close()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["AUTOMATOSX_HOME"] = str(Path(folder) / "home")
        os.environ["IPYTHONDIR"] = str(Path(folder) / "ipython")
        for part in (loading, cells, workers, namespaces, marketplace):
            part()


if __name__ == "__main__":
    main()
