"""What tests of locks lock, and how they change one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from automatosx_nb.app import Marketplace
from automatosx_nb.model.lockfile import Lockfile, parse, render

PROFILER, LEDGER = "automatosx.data-profiler", "automatosx.cell-ledger"
PYARROW = "modules:pyarrow"
LEDGER_GRANTS = ("events:subscribe:kernel.cell.finished", "storage")
STORING = "from automatosx_nb.sdk import storage\n\ndef run():\n    return storage.keys()\n"
ASKS = {"storage": "To remember."}

Write = Callable[[Lockfile], Path]


def state(market: Marketplace) -> dict[str, tuple[str, str | None, tuple[str, ...]]]:
    return {entry.id: (entry.version, entry.wish, entry.grants) for entry in market.installed()}


def edit(path: Path, change: Callable[[Lockfile], Lockfile]) -> None:
    """Change a lock as a person could who keeps it in itself consistent."""
    path.write_text(render(change(parse(path.read_text()))))


def edit_plugin(path: Path, plugin: str, **changes: Any) -> None:
    edit(path, lambda lock: replace(lock, plugins={**lock.plugins, plugin: replace(lock.plugins[plugin], **changes)}))


def mark(registry: Path, column: str, version: str) -> None:
    """As a registry's moderator does."""
    with closing(sqlite3.connect(registry / "registry.sqlite")) as connection:
        connection.execute(f"UPDATE releases SET {column} = 'loses data' WHERE version = ?", (version,))
        connection.commit()
