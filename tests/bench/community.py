"""The community's plugins on a million rows, confined: ``python tests/bench/community.py``."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
import pyarrow as pa
from IPython.core.interactiveshell import InteractiveShell

from automatosx_nb import app, catalog, magics
from automatosx_nb.home import default_home
from automatosx_nb.registry.catalog import publish_folder_tree
from automatosx_nb.registry.service import EmbeddedRegistry
from automatosx_nb.sandbox.supervisor import Sandbox

ROWS = 1_000_000
PLUGINS = ("meadow.privacy-scan", "lantern.quick-charts")
CALLS = (
    ("privacy", "people"),
    ("mask", "people --columns email,phone --into masked"),
    ("mask", "people --columns email,phone --how partial --into masked"),
    ("chart", "numbers --x a --y b --by g"),
    ("chart", "numbers --x t --y a --kind line"),
    ("chart", "numbers --x b --kind histogram --log x"),
    ("chart", "numbers --x g --y a --kind box"),
    ("chart", "numbers --x g --y a --kind bar"),
)


def tables() -> dict[str, pa.Table]:
    random = np.random.default_rng(1)
    people = {
        "id": range(ROWS),
        "email": [f"user{place}@example.org" for place in range(ROWS)],
        "phone": [f"+49 30 {place:07}" for place in range(ROWS)],
        "note": [f"nothing at all {place}" for place in range(ROWS)],
    }
    numbers = {
        "a": random.normal(size=ROWS),
        "b": random.lognormal(size=ROWS),
        "g": pa.array(random.integers(0, 5, ROWS)).cast(pa.string()),
        "t": pa.array(np.arange(ROWS) * 60, pa.timestamp("s")),
    }
    return {"people": pa.table(people), "numbers": pa.table(numbers)}


def calls(home: Path) -> None:
    registry = EmbeddedRegistry(home / "registry")
    market = app.Marketplace(home / "profile", registry=registry)
    publish_folder_tree(registry, catalog.ROOT)
    for plugin in PLUGINS:
        market.install(plugin, grant=["modules:pyarrow"])
    app._current.clear()
    app._current[default_home()] = market
    make: Any = InteractiveShell
    shell = InteractiveShell._instance = make()
    magics.load(shell)
    shell.user_ns |= tables()
    for name, line in CALLS:
        times = []
        for _ in range(3):
            started = perf_counter()
            shell.run_line_magic(name, line)
            times.append(perf_counter() - started)
        sys.stderr.write(f"%{name} {line}: {min(times):.2f} s (least of 3)\n")
    magics.unload(shell)


def first_search(home: Path) -> None:
    """Publishing what comes bundled, with the community's and without, in turns; processor time of this process."""
    ours = home / "ours"
    ours.mkdir()
    for name in ("cell-ledger", "data-profiler"):
        (ours / name).symlink_to(catalog.ROOT / name)
    for turn in range(3):
        for what, root in (("ours", ours), ("all", catalog.ROOT)):
            with Sandbox() as sandbox, EmbeddedRegistry(home / f"{turn}{what}", sandbox=sandbox) as registry:
                started, worked = perf_counter(), process_time()
                count = len(publish_folder_tree(registry, root))
                took, work = perf_counter() - started, process_time() - worked
                sys.stderr.write(f"publish {count} bundled ({what}): {took:.2f} s, {work:.2f} s of its own\n")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        calls(Path(folder))
        first_search(Path(folder))
