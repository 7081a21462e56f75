"""What a cold install of 50 plugins costs beside curl fetching the same bytes: ``python tests/bench/fetching.py``.

A Jupyter server with the extension serves both, in a process of its own. curl fetches the 50 artifacts alone, over one
connection, one after the other, into files. The marketplace does everything: 50 documents of the index, 50 of details
for the plan, the artifacts, their check, the store on disk, and the switch; only starting plugins is left out, which
needs no network. A proxy on loopback delays and meters each connection, as a line of ``--rtt-ms`` and ``--mbit`` does.
Taken in turns, least of several runs. Exits with 1 where a ratio is over 2.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

PLUGINS, RUNS, BOUND = 50, 3, 2.0
TOKEN = "bench"
MANIFEST = """\
schema = 1
[plugin]
id = "acme.p{number}"
version = "1.0.0"
summary = "A plugin made to be measured."
license = "MIT"
authors = [{{name = "A. Tester"}}]
categories = ["data-quality"]
main = "demo"
[requires]
automatosx = "^1.0"
plugins = {{{requires}}}
[[contributes.magics]]
name = "m{number}"
handler = "demo:run"
"""


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--rtt-ms", type=float, nargs="*", default=[0.0, 20.0])
    options.add_argument("--mbit", type=float, default=100.0)
    options.add_argument("--kb", type=int, default=100, help="bytes of noise in each artifact, KiB")
    chosen = options.parse_args()
    worst = 0.0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        artifacts = filled(folder, chosen.kb)
        with served(folder) as address:
            for rtt_ms in chosen.rtt_ms:
                with link(address, rtt_ms / 1e3, chosen.mbit * 125_000) as near:
                    ours, theirs = measured(folder / f"rtt-{rtt_ms}", near, artifacts)
                worst = max(worst, ours / theirs)
                what = f"{PLUGINS} plugins of {chosen.kb} KiB, {rtt_ms:.0f} ms, {chosen.mbit:.0f} Mbit/s"
                sys.stdout.write(
                    f"{what:<48} install {ours:6.2f} s   curl {theirs:6.2f} s   ratio {ours / theirs:.2f}\n"
                )
    return int(worst > BOUND)


def filled(folder: Path, kb: int) -> list[str]:
    """A registry of ``PLUGINS`` plugins, of which the first requires all others; the paths of their artifacts."""
    from automatosx_nb import package
    from automatosx_nb.registry.service import EmbeddedRegistry

    with EmbeddedRegistry(folder / "registry") as registry:
        for number in reversed(range(PLUGINS)):
            requires = ", ".join(f'"acme.p{each}" = "^1"' for each in range(1, PLUGINS)) if number == 0 else ""
            source = folder / "sources" / str(number)
            (source / "src").mkdir(parents=True)
            (source / "docs").mkdir()
            (source / "plugin.toml").write_text(MANIFEST.format(number=number, requires=requires))
            (source / "README.md").write_text("# Measured\n\nIt is.\n")
            (source / "CHANGELOG.md").write_text("## 1.0.0\n\nFirst.\n")
            (source / "src" / "demo.py").write_text("def run():\n    return 1\n")
            (source / "docs" / "noise.bin").write_bytes(os.urandom(kb << 10))
            registry.publish(package.build(source))
    return [f"/api/v1/plugins/acme.p{number}/1.0.0/artifact" for number in range(PLUGINS)]


@contextmanager
def served(folder: Path) -> Iterator[str]:
    options = {"port": 0, "ip": "127.0.0.1", "open_browser": False, "allow_root": True, "root_dir": folder}
    command = [sys.executable, "-m", "jupyter_server", *(f"--ServerApp.{name}={it}" for name, it in options.items())]
    command += ["--ServerApp.jpserver_extensions=automatosx_nb=True", f"--IdentityProvider.token={TOKEN}"]
    command += [f"--AutomatosxExtension.home={folder / 'registry'}", "--ServerApp.log_level=INFO"]
    jupyter = {f"JUPYTER_{name}_DIR": str(folder / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, **jupyter}) as server:
        assert server.stderr is not None
        found = next(filter(None, (re.search(r"http://127\.0\.0\.1:\d+/", line) for line in server.stderr)))
        drain = threading.Thread(target=server.stderr.read)
        drain.start()
        try:
            yield found[0] + "automatosx"
        finally:
            server.terminate()
            drain.join()


@contextmanager
def link(address: str, rtt_s: float, bytes_per_s: float) -> Iterator[str]:
    """``address`` behind a line: half of ``rtt_s`` each way, and ``bytes_per_s`` for all connections together."""
    port = int(re.findall(r":(\d+)/", address)[0])
    loop, ready, found = asyncio.new_event_loop(), threading.Event(), list[int]()
    free_at = [0.0]

    async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter, metered: bool) -> None:
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def deliver() -> None:
            while True:
                at, data = await waiting.get()
                await asyncio.sleep(max(0.0, at - loop.time()))
                if not data:
                    target.close()
                    return
                target.write(data)
                await target.drain()

        delivering = loop.create_task(deliver())
        data = b"-"
        while data:
            data = await source.read(16 << 10)
            now = loop.time()
            if metered:
                free_at[0] = max(now, free_at[0]) + len(data) / bytes_per_s
            await waiting.put(((free_at[0] if metered else now) + rtt_s / 2, data))
        await delivering

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(rtt_s)  # its own handshake
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pump(reader, far_writer, False), pump(far_reader, writer, True), return_exceptions=True)

    async def serve() -> None:
        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        found.append(server.sockets[0].getsockname()[1])
        ready.set()

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(serve(), loop)
    ready.wait()
    yield address.replace(f":{port}/", f":{found[0]}/")
    loop.call_soon_threadsafe(loop.stop)


def measured(folder: Path, address: str, artifacts: list[str]) -> tuple[float, float]:
    """Seconds of the marketplace, and of curl."""
    ours, theirs = [], []
    for run in range(RUNS):
        here = folder / str(run)
        here.mkdir(parents=True)
        theirs.append(curl(here / "curl", address, artifacts))
        ours.append(install(here / "home", address))
    return min(ours), min(theirs)


def curl(folder: Path, address: str, artifacts: list[str]) -> float:
    folder.mkdir()
    asked = "\n".join(f'url = "{address}{path}"\noutput = "{folder / str(n)}"' for n, path in enumerate(artifacts))
    command = [shutil.which("curl") or "curl", "-sSf", "-H", f"Authorization: token {TOKEN}", "-K", "-"]
    started = perf_counter()
    subprocess.run(command, input=asked.encode(), check=True)
    took = perf_counter() - started
    assert len(list(folder.iterdir())) == PLUGINS
    return took


def install(home: Path, address: str) -> float:
    from automatosx_nb.app import Marketplace
    from automatosx_nb.registry.client.remote import RemoteRegistry

    os.environ["AUTOMATOSX_HOME"] = str(home)
    with RemoteRegistry(address, home / "cache", token=TOKEN) as registry:
        market = Marketplace(registry=registry)
        vars(market)["_try_out"] = lambda *_: None
        started = perf_counter()
        market.install("acme.p0")
        took = perf_counter() - started
        assert len(market.installed()) == PLUGINS
        market.close()
    return took


if __name__ == "__main__":
    raise SystemExit(main())
