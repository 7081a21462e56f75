"""What the search index costs by the number of plugins: ``python tests/bench/index.py PLUGINS``.

Milliseconds of CPU, median and P95: other work on the machine adds nothing to them. No server, one thread.
"""

from __future__ import annotations

import resource
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from time import process_time
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from sqlalchemy import update

from automatosx_nb.model.release import SearchQuery
from automatosx_nb.registry import schema
from automatosx_nb.registry.service import EmbeddedRegistry
from tests.bench import generated

QUERIES, CHANGES = 400, 10
T = TypeVar("T")


def main() -> None:
    number = int(sys.argv[1])
    with tempfile.TemporaryDirectory() as name:
        ids = generated.fill(Path(name), number)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with EmbeddedRegistry(Path(name)) as registry:
            built = timed([""], lambda text: registry.search(SearchQuery(text)))[0]
            grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
            typed = list(generated.queries(QUERIES))
            anew = timed(typed, lambda text: registry.search(SearchQuery(text)))
            filtered = timed(typed, lambda text: registry.search(SearchQuery(text, category="text", verified=True)))
            everything = timed([""] * 20, lambda text: registry.search(SearchQuery(text)))
            changed = timed(range(CHANGES), lambda n: change(registry, ids[n], number + n + 1))
        print(
            f"{number:9,} plugins | built in {built / 1e3:.1f} s, {grown:.0f} MB more | search {both(anew)}"
            f" | with two filters {both(filtered)} | everything {both(everything)} | one change {both(changed)}"
        )


def change(registry: EmbeddedRegistry, plugin: str, revision: int) -> None:
    """Until it is found."""
    with registry._database.write() as connection:
        connection.execute(update(schema.sequence).values(value=revision))
        connection.execute(update(schema.plugins).where(schema.plugins.c.id == plugin).values(revision=revision))
    registry.search(SearchQuery(plugin))


def timed(each: Sequence[T], call: Callable[[T], object]) -> list[float]:
    """Of each, sorted."""
    found = []
    for one in each:
        began = process_time()
        call(one)
        found.append((process_time() - began) * 1e3)
    return sorted(found)


def both(times: list[float]) -> str:
    return f"{times[len(times) // 2]:.2f}/{times[len(times) * 95 // 100]:.2f} ms"


if __name__ == "__main__":
    main()
