"""What the first search in a new home costs: ``python tests/bench/first_search.py [TURNS [OTHER_SOURCES]]``.

A whole ``jupyter automatosx search``, its children included; opening and filling the registry alone, in a process that
has loaded all; and a search in a home that is there. Processor time, to which others' load adds little, and the clock:
median, and least to most. With the sources of another version (``git worktree add FOLDER COMMIT``) both take turns,
also at being the first of a turn. A turn that is not counted goes before, so that there is byte code.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
TURNS = 5
SEARCH = "import sys; from automatosx_nb.cli import main; sys.exit(main(['search', 'profile']))"
FILL = """
import resource, sys, time
from pathlib import Path
from automatosx_nb.app import rooms
rooms.open_registry(Path(sys.argv[1]) / "another").close()
def spent():
    own, children = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
cpu, clock = spent(), time.perf_counter()
rooms.open_registry(Path(sys.argv[1])).close()
print(spent() - cpu, time.perf_counter() - clock)
"""


class Cost(NamedTuple):
    """Seconds."""

    cpu: float
    clock: float


def main(turns: str = str(TURNS), *others: str) -> None:
    sources = [ROOT, *map(Path, others)]
    found: dict[tuple[str, Path], list[Cost]] = {}
    for turn in range(-1, int(turns)):
        for source in sources[:: -1 if turn % 2 else 1]:
            for what, cost in costs(source).items():
                found.setdefault((what, source), []).extend([cost] if turn >= 0 else [])
    for (what, source), some in sorted(found.items(), key=lambda each: each[0][0]):
        spent, passed = zip(*some, strict=True)
        print(f"{what:<28} {source.name:<16} {spread(spent)} of processor time, {spread(passed)} by the clock")
    print(f"load {os.getloadavg()[0]:.1f}, {turns} turns")


def costs(source: Path) -> dict[str, Cost]:
    """Of one turn: what → its cost."""
    with tempfile.TemporaryDirectory() as home:
        first, again = (whole(source, home) for _ in range(2))
    with tempfile.TemporaryDirectory() as home:
        filled = Cost(*map(float, python(source, home, FILL, home).split()))
    return {"first search": first, "the registry of it, loaded": filled, "search again": again}


def whole(source: Path, home: str) -> Cost:
    """Of a process that searches in ``home``, with all that it starts."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    python(source, home, SEARCH)
    passed, after = perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, passed)


def python(source: Path, home: str, code: str, *words: str) -> str:
    environment = os.environ | {"AUTOMATOSX_HOME": home, "PYTHONPATH": str(source)}
    command = [sys.executable, "-c", code, *words]
    return subprocess.run(command, env=environment, cwd=home, check=True, capture_output=True, text=True).stdout


def spread(seconds: tuple[float, ...]) -> str:
    return f"{median(seconds):.2f} s ({min(seconds):.2f}–{max(seconds):.2f})"


if __name__ == "__main__":
    main(*sys.argv[1:])
