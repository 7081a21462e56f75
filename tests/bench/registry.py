"""What a registry costs over HTTP, beside tornado alone: ``python tests/bench/registry.py [--plugins 100000]``.

A Jupyter server with the extension, on a registry of as many generated plugins; a tornado server that answers with the
very same bytes from a handler of one line, and tornado's own static files; each in a process of its own, and the load
from another, at 1, 16 and 64 connections, in turns, the median of several. What nobody asked before is asked of a
server for each of ``--search-processes``, in turns. Exits with 1 where a bound is missed, a new search's by the last.

``--registry FOLDER`` keeps what was generated, for the next time.

``--curve``: also how long it takes to build the index, to search it and to take one change, at 1,000, 10,000 and so on.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import islice
from pathlib import Path
from time import perf_counter, sleep
from urllib.parse import quote
from urllib.request import Request, urlopen

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))
from tests.bench import generated  # noqa: E402

TOKEN = "bench"
API = "/automatosx/api/v1/"
CONNECTIONS = (1, 16, 64)
BARE, STATIC, SEARCH_MS = 1.2, 0.8, 100.0
"""Bounds: P95 at 64 connections of bare tornado's; downloads a second of its static files'; P95 of a new search."""
TORNADO = """
import asyncio, sys
from pathlib import Path
from tornado import web

class Same(web.RequestHandler):
    def initialize(self, body):
        self.body = body
    def get(self):
        self.set_header("Content-Type", "application/json")
        self.write(self.body)

async def main():
    folder = Path(sys.argv[1])
    rules = [(f"/{each.name}", Same, {"body": each.read_bytes()}) for each in folder.glob("*.json")]
    rules.append((r"/files/(.*)", web.StaticFileHandler, {"path": str(folder)}))
    server = web.Application(rules).listen(0, "127.0.0.1")
    print(next(iter(server._sockets.values())).getsockname()[1], flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--plugins", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--search-processes", type=int, nargs="+", default=[0, 2], metavar="N")
    parser.add_argument("--registry", type=Path, metavar="FOLDER")
    parser.add_argument("--only-new", action="store_true", help="measure nothing but what nobody asked before")
    parser.add_argument("--curve", type=int, nargs="*", metavar="PLUGINS", help="measure the index alone, of so many")
    options = parser.parse_args()
    if options.curve is not None:
        for number in options.curve or [1_000, 10_000, 100_000]:
            subprocess.run([sys.executable, str(HERE / "index.py"), str(number)], check=True)
        return 0
    with tempfile.TemporaryDirectory() as name:
        return measure(Path(name), options)


def measure(folder: Path, options: argparse.Namespace) -> int:
    registry = options.registry or folder / "registry"
    ids = generate(registry, options.plugins)
    missed = 0
    with ExitStack() as open_servers:
        ports = [open_servers.enter_context(jupyter(folder / str(n), registry, n)) for n in options.search_processes]
        for port, processes in zip(ports, options.search_processes, strict=True):
            began = perf_counter()
            fetch(port, f"{API}plugins?q=table")
            took = perf_counter() - began
            print(f"first search, which builds {processes or 'the'} index: {took:.1f} s", flush=True)
        if not options.only_new:
            missed = known(folder, ports[0], ids, options)
        missed += search_anew(dict(zip(options.search_processes, ports, strict=True)), options)
    return 1 if missed else 0


def generate(registry: Path, number: int) -> list[str]:
    """The ids of its plugins."""
    names = registry / "ids.json"
    if not names.exists():
        began = perf_counter()
        names.write_text(json.dumps(generated.fill(registry, number)), "utf-8")
        print(f"{number:,} plugins written in {perf_counter() - began:.0f} s", flush=True)
    ids: list[str] = json.loads(names.read_text("utf-8"))
    assert len(ids) == number, f"there are {len(ids)} in {registry}"
    return ids


def known(folder: Path, port: int, ids: list[str], options: argparse.Namespace) -> int:
    """How many bounds are missed by what was asked before."""
    ours = {
        "detail": f"{API}plugins/{ids[3]}",
        "index": f"{API}index/{ids[3]}",
        "search": f"{API}plugins?q=histogram",
        "download": f"{API}plugins/{ids[3]}/1.0.0/artifact",
    }
    files = folder / "files"
    files.mkdir()
    for what, path in ours.items():
        (files / (f"{what}.axp" if what == "download" else f"{what}.json")).write_bytes(fetch(port, path))
    beside = {what: f"/{what}.json" for what in ours} | {"download": "/files/download.axp"}
    with tornado(files) as bare:
        return sum(
            compare(what, (port, path), (bare, beside[what]), options.seconds, options.turns)
            for what, path in ours.items()
        )


def compare(what: str, ours: tuple[int, str], theirs: tuple[int, str], seconds: float, turns: int) -> bool:
    """Whether the bound is missed."""
    missed = False
    for connections in CONNECTIONS:
        both: list[list[dict[str, float]]] = [[], []]
        for _ in range(turns):
            for found, (port, path) in zip(both, (ours, theirs), strict=True):
                found.append(load(port, connections, seconds, [path]))
        mine, bare = (middle(found) for found in both)
        late, fast = mine["p95"] / bare["p95"], mine["rate"] / bare["rate"]
        print(
            f"{what:9}{connections:3} | {told(mine)} | tornado {told(bare)} | P95 {late:.2f}, rate {fast:.2f}",
            flush=True,
        )
        if connections == CONNECTIONS[-1]:
            missed = fast < STATIC if what == "download" else late > BARE
    return missed


def search_anew(ports: dict[int, int], options: argparse.Namespace) -> bool:
    """Whether the bound is missed by the last of the servers, which have so many search processes."""
    missed = False
    queries = iter(dict.fromkeys(generated.queries(60_000 + 12_000 * len(CONNECTIONS) * options.turns)))
    for connections in CONNECTIONS:
        found: dict[int, list[dict[str, float]]] = {processes: [] for processes in ports}
        for _ in range(options.turns):
            paths = [f"{API}plugins?q={quote(each)}" for each in islice(queries, 6000)]
            for processes, port in ports.items():
                found[processes].append(load(port, connections, options.seconds, paths))
        for processes, those in found.items():
            mine = middle(those)
            print(f"new search{connections:3}, {processes} processes | {told(mine)}", flush=True)
            missed = mine["p95"] > SEARCH_MS
    return missed


def load(port: int, connections: int, seconds: float, paths: list[str], token: str = TOKEN) -> dict[str, float]:
    command = [sys.executable, str(HERE / "load.py"), str(port), str(connections), str(seconds), token]
    done = subprocess.run(command, input="\n".join(paths), capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    assert not found["refused"], f"{found['refused']} of {paths[0]} were refused"
    return found


def middle(found: list[dict[str, float]]) -> dict[str, float]:
    return {each: statistics.median(one[each] for one in found) for each in found[0]}


def told(found: dict[str, float]) -> str:
    times = "/".join(f"{found[part]:.2f}" for part in ("p50", "p95", "p99"))
    return f"{times} ms, {found['rate']:.0f}/s"


def fetch(port: int, path: str) -> bytes:
    request = Request(f"http://127.0.0.1:{port}{path}", headers={"Authorization": f"token {TOKEN}"})
    with urlopen(request, timeout=600) as response:
        body: bytes = response.read()
    return body


@contextmanager
def jupyter(folder: Path, registry: Path, search_processes: int = 0) -> Iterator[int]:
    folder.mkdir(exist_ok=True)
    options = {"port": 0, "ip": "127.0.0.1", "open_browser": False, "allow_root": True, "root_dir": folder}
    command = [sys.executable, "-m", "jupyter_server", *(f"--ServerApp.{name}={it}" for name, it in options.items())]
    command += ["--ServerApp.jpserver_extensions=automatosx_nb=True", f"--IdentityProvider.token={TOKEN}"]
    command += [f"--AutomatosxExtension.home={registry}", "--ServerApp.log_level=INFO"]
    command += [f"--AutomatosxExtension.search_processes={search_processes}"]
    around = {f"JUPYTER_{name}_DIR": str(folder / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    environment = {**os.environ, **around, "AUTOMATOSX_HOME": str(folder / "home")}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stderr is not None
        found = next(filter(None, (re.search(r"http://127\.0\.0\.1:(\d+)/", line) for line in server.stderr)))
        drain = threading.Thread(target=server.stderr.read)
        drain.start()
        try:
            wait_for(int(found[1]))
            yield int(found[1])
            taken = " and ".join(f"{resident(each):.0f}" for each in (server.pid, *children(server.pid)))
            print(f"the server, and what it started, take {taken} MB", flush=True)
        finally:
            server.terminate()
            drain.join()


def wait_for(port: int) -> None:
    """A Jupyter server says where it is before it is there."""
    until = perf_counter() + 60
    while perf_counter() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        sleep(0.05)
    raise TimeoutError(f"nobody listens at {port}")


def children(process: int) -> list[int]:
    threads = Path(f"/proc/{process}/task").glob("*/children")
    return [int(each) for thread in threads for each in thread.read_text("utf-8").split()]


def resident(process: int) -> float:
    status = Path(f"/proc/{process}/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return int(re.findall(r"VmRSS:\s+(\d+)", status.read_text("utf-8"))[0]) / 1024


@contextmanager
def tornado(files: Path) -> Iterator[int]:
    with subprocess.Popen([sys.executable, "-c", TORNADO, str(files)], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline())
        finally:
            server.terminate()


if __name__ == "__main__":
    sys.exit(main())
