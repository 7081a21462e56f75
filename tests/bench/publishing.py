"""What publishing costs, with every check: ``python tests/bench/publishing.py``.

A plugin whose artifact has some 20 KB (14 KB of sources, a readme, a picture) is published once a version: into a
registry in this process, and over HTTP into a server of its own; beside them what only reads and stores it, and an
empty answer.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import httpx

from automatosx_nb import package
from automatosx_nb.model.identity import Scope, owner
from automatosx_nb.model.release import PublishReport, Stage
from automatosx_nb.registry.client.limits import ClientLimits
from automatosx_nb.registry.client.remote import RemoteRegistry
from automatosx_nb.registry.service import EmbeddedRegistry
from automatosx_nb.sandbox.supervisor import Sandbox

RUNS = 21
WITHIN_MS = 500
FUNCTION = '''
def measure_{number}(values: list[float], limit: float = {number}.5) -> dict[str, float]:
    """How many of ``values`` are above ``limit``, and what they come to; nothing of it is kept anywhere."""
    above = [value for value in values if value > limit]
    total = sum(above) if above else 0.0
    return {{"count": len(above), "total": total, "mean": total / len(above) if above else 0.0}}

'''
MANIFEST = """
schema = 1
[plugin]
id = "bench.measures"
version = "{version}"
summary = "Measures what there is to measure."
license = "MIT"
authors = [{{name = "Ada"}}]
categories = ["data-quality"]
main = "body"
[requires]
automatosx = "^1.0"
[permissions]
storage = "Keeps what it found."
[[contributes.magics]]
name = "measures"
handler = "body:run"
"""


def artifact(folder: Path, version: str) -> bytes:
    source = "from automatosx_nb.sdk import storage\n\n\ndef run():\n    return storage.get('k')\n"
    source += "".join(FUNCTION.format(number=number) for number in range(35))
    picture = b"\x89PNG" + random.Random(version).randbytes(17_000)
    files = {
        "plugin.toml": MANIFEST.format(version=version).encode(),
        "README.md": ("# Measures\n\n" + "It measures what there is to measure, and says so. " * 60).encode(),
        "CHANGELOG.md": f"## {version}\n\n- Better.\n".encode(),
        "src/body.py": source.encode(),
        "docs/picture.png": picture,
    }
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return package.build(folder)


def timed(
    publish: Callable[[bytes], PublishReport], artifacts: list[bytes]
) -> tuple[list[float], dict[str, list[float]]]:
    """Milliseconds of each, and of each check; the first one warms up and is left out."""
    times, checks = [], defaultdict(list)
    for data in artifacts:
        started = perf_counter()
        report = publish(data)
        times.append(1e3 * (perf_counter() - started))
        failed = [each for each in report.checks if not each.passed]
        assert report.created
        assert not failed, failed
        for each in report.checks:
            checks[each.check].append(each.duration_ms)
    return times[1:], {name: each[1:] for name, each in checks.items()}


def show(what: str, times: list[float]) -> None:
    ordered = sorted(times)
    p95 = ordered[round(0.95 * (len(ordered) - 1))]
    sys.stdout.write(f"{what:<46} median {statistics.median(times):8.1f} ms   P95 {p95:8.1f} ms\n")


@contextmanager
def served(home: Path) -> Iterator[str]:
    command = [
        sys.executable,
        "-m",
        "automatosx_nb.cli",
        "serve",
        "--db",
        f"sqlite:///{home}/registry.sqlite",
        "--port",
        "0",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


def main() -> int:
    os.environ["JUPYTER_TOKEN"] = "nobodys"
    with tempfile.TemporaryDirectory() as folder, Sandbox() as sandbox:
        root = Path(folder)
        made = [artifact(root / "plugin", f"1.{number}.0") for number in range(2 * RUNS + 2)]
        sys.stdout.write(f"artifact {len(made[0]):,} bytes, {RUNS} versions each\n")
        with EmbeddedRegistry(root / "registry", sandbox=sandbox) as registry:
            here, checks = timed(registry.publish, made[: RUNS + 1])
            secret = registry.tokens.new(owner(), "bench", {Scope.READ, Scope.PUBLISH}, 1, user="ada").secret
            with registry._database.write() as connection:
                connection.exec_driver_sql("INSERT INTO members SELECT key, 'ada', 1, '' FROM publishers")
        show("published in this process, all checks", here)
        show("only read and stored durably", only_stored(root, made[: RUNS + 1]))
        for name, each in checks.items():
            show(f"    the check {name}", each)
        with served(root / "registry") as address:
            limits = ClientLimits(fresh_s=0)
            with RemoteRegistry(address, root, token=secret, limits=limits) as remote:
                there, _ = timed(lambda data: remote.publish(data, stage=Stage.STABLE), made[RUNS + 1 :])
            show("published over HTTP, all checks", there)
            show("an empty answer over HTTP", answers(address))
    worst = statistics.median(there)
    sys.stdout.write(json.dumps({"publish_ms": round(worst, 1), "within_ms": WITHIN_MS}) + "\n")
    return int(worst >= WITHIN_MS)


def only_stored(root: Path, artifacts: list[bytes]) -> list[float]:
    times = []
    with EmbeddedRegistry(root / "other") as registry:
        for data in artifacts:
            started = perf_counter()
            package.read(data)
            registry._blobs.put(data)
            times.append(1e3 * (perf_counter() - started))
    return times[1:]


def answers(address: str) -> list[float]:
    times = []
    with httpx.Client(base_url=address, trust_env=False) as client:
        for _ in range(RUNS + 1):
            started = perf_counter()
            client.get(client.base_url.join("/healthz/live")).raise_for_status()
            times.append(1e3 * (perf_counter() - started))
    return times[1:]


if __name__ == "__main__":
    sys.exit(main())
