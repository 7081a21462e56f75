"""How soon one node sees what another one did, on one PostgreSQL and one S3: ``python tests/bench/nodes.py``.

Two processes, with the server and the object store beside them on the same cores. One publishes plugins, at any phase
of the other's half second, and the other searches without a pause until it finds each. Then what a change costs, alone
and beside seven others, and a download that is counted beside one that is written at once. Exits with 1 where a
release was found later than 2 s after it was published, or a batch costs more than a tenth of as many writes.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from time import monotonic, perf_counter, sleep

from automatosx_nb import package
from automatosx_nb.registry import schema
from automatosx_nb.registry.database import Database, add
from automatosx_nb.registry.downloads import DownloadCounter
from automatosx_nb.registry.revisions import next_revision
from automatosx_nb.registry.service import EmbeddedRegistry
from tests.registry.conftest import write_plugin
from tests.servers import postgresql, s3

RELEASES, CHANGES, DOWNLOADS, WRITERS = 20, 200, 200, 8
BOUND_S = 2.0

_NODE = """
import sys
from time import monotonic
from automatosx_nb.model.release import SearchQuery
from automatosx_nb.registry.service import EmbeddedRegistry
with EmbeddedRegistry.at(*sys.argv[1:]) as registry:
    for line in sys.stdin:
        searches = 0
        print("looks", flush=True)
        while registry.search(SearchQuery(publisher="acme")).total != int(line):
            searches += 1
        print(monotonic(), searches, flush=True)
"""


def main() -> int:
    programs = postgresql.installed()
    if programs is None:
        print("PostgreSQL is not installed (Debian: postgresql)")
        return 1
    with postgresql.serving(programs) as server, s3.serving_s3() as store, tempfile.TemporaryDirectory() as folder:
        os.environ.update(store.environment)
        place = server.database(), store.bucket()
        lags = found_after(place, Path(folder))
        print(
            f"found after a publish: median {statistics.median(lags):.2f} s, at most {max(lags):.2f} s, of {len(lags)}"
        )
        with closing(Database(place[0])) as database:
            alone, together = changes(database)
            print(
                f"a change: {alone * 1e3:.1f} ms alone, {together * 1e3:.1f} ms a change of {WRITERS} threads together"
            )
            counted, written = downloads(database)
            print(f"a download: {counted * 1e6:.0f} µs counted and flushed, {written * 1e6:.0f} µs written at once")
    return int(max(lags) > BOUND_S or counted > written / 10)


def found_after(place: tuple[str, str], folder: Path) -> list[float]:
    """Seconds from the return of each publish to the first search elsewhere that finds it; less than 0: before it."""
    pipe, lags = subprocess.PIPE, []
    command = [sys.executable, "-c", _NODE, *place]
    with EmbeddedRegistry.at(*place) as here, subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as there:
        assert there.stdin is not None
        assert there.stdout is not None
        for number in range(1, RELEASES + 1):
            artifact = package.build(write_plugin(folder / str(number), f"acme.plugin-{number}"))
            there.stdin.write(f"{number}\n")
            there.stdin.flush()
            assert there.stdout.readline() == "looks\n"
            sleep(0.037 * number)
            here.publish(artifact)
            published = monotonic()
            lags.append(float(there.stdout.readline().split()[0]) - published)
        there.stdin.close()
    return lags


def changes(database: Database) -> tuple[float, float]:
    """Seconds for one, by one thread and by several."""

    def change(_number: int) -> None:
        with database.write() as connection:
            next_revision(connection)

    def one_by_one() -> None:
        for number in range(CHANGES):
            change(number)

    with ThreadPoolExecutor(WRITERS) as threads:
        at_once = timed(lambda: list(threads.map(change, range(CHANGES))))
    return timed(one_by_one) / CHANGES, at_once / CHANGES


def downloads(database: Database) -> tuple[float, float]:
    """Seconds for one, counted with others and written by itself."""
    counter = DownloadCounter(database, 3600)

    def count() -> None:
        for _ in range(DOWNLOADS):
            counter.count("acme.one", 1)
        counter.flush()

    def write() -> None:
        for _ in range(DOWNLOADS):
            with database.write() as connection:
                add(connection, schema.downloads, {"release": 1, "day": "2026-01-01"}, "count", 1)

    took = timed(count) / DOWNLOADS, timed(write) / DOWNLOADS
    counter.close()
    return took


def timed(action: Callable[[], object]) -> float:
    started = perf_counter()
    action()
    return perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
