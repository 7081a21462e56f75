"""The bundled plugins where they run: in a confined worker, asking a host for what they need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from automatosx_nb.catalog import ROOT
from automatosx_nb.host.display import render
from automatosx_nb.model import manifest
from automatosx_nb.sandbox.limits import Limits
from automatosx_nb.sandbox.running import Worker
from automatosx_nb.sandbox.supervisor import Program, Sandbox
from automatosx_nb.sandbox.values import DisplayTree

PROFILE = "data_profiler.magic:profile"
CELL = {"cell": "c0ffee", "lines": 2, "duration_s": 1.5, "ok": True, "error": None}
EVENT = {"id": "1", "source": "kernel/1", "type": "kernel.cell.finished", "time": "2026-03-01T09:30:00Z", "data": CELL}


class Host:
    """Answers for storage as the kernel's side does; everything else is a mistake of the plugin."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    def ask(self, capability: str, method: str, args: Sequence[object]) -> object:
        assert capability == "storage"
        key = str(args[0])
        match method:
            case "get":
                return [key in self.values, self.values.get(key)]
            case "put":
                self.values[key] = args[1]
            case "delete":
                del self.values[key]
            case "keys":
                return sorted(k for k in self.values if k.startswith(key))
            case "items":
                return [[k, self.values[k]] for k in sorted(self.values) if k.startswith(key)]
        return None

    def output(self, stream: str, text: str) -> None:
        raise AssertionError(f"nothing is printed, and this was: {text}")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


def start(sandbox: Sandbox, folder: Path) -> Worker:
    described = manifest.parse((folder / "plugin.toml").read_text(encoding="utf-8"))
    source = folder / "src"
    program = Program(
        described.id,
        str(described.version),
        {path.relative_to(source).as_posix(): path.read_bytes() for path in source.rglob("*.py")},
        described.contributes.handlers,
        tuple(p.removeprefix("modules:") for p in described.permissions if p.startswith("modules:")),
    )
    return sandbox.start(program, Limits(memory_mb=int(described.limits["memory_mb"])))


def text_of(tree: object) -> str:
    assert isinstance(tree, DisplayTree)
    return render(tree.root, plugin="automatosx.any", version="1.0.0").text


@pytest.mark.parametrize("version", ["1.0.0", "1.1.0"])
def test_a_pandas_frame_is_profiled(sandbox: Sandbox, frame: pd.DataFrame, version: str) -> None:
    worker = start(sandbox, ROOT / "data-profiler" / version)
    text = text_of(worker.call(PROFILE, [frame], {"top": 2}, broker=Host()))
    assert "Rows: 344" in text
    assert ("Where values are missing" in text) is (version == "1.1.0")
    worker.stop()


def test_groups_are_compared(sandbox: Sandbox, frame: pd.DataFrame) -> None:
    worker = start(sandbox, ROOT / "data-profiler" / "1.1.0")
    text = text_of(worker.call(PROFILE, [frame], {"by": "Species"}, broker=Host()))
    assert "Compared by Species" in text
    worker.stop()


def test_a_table_of_many_types_is_profiled(sandbox: Sandbox) -> None:
    table = pa.table(
        {
            "i": [1, None],
            "d": pa.array([0, None], pa.timestamp("ns", "Europe/Berlin")),
            "s": pa.array(["a", None], pa.string_view()),
            "c": pa.array(["a", None]).dictionary_encode(),
            "l": [[1], None],
            "n": pa.array([None, None], pa.null()),
        }
    )
    worker = start(sandbox, ROOT / "data-profiler" / "1.1.0")
    text = text_of(worker.call(PROFILE, [table], {}, broker=Host()))
    assert "not profiled: list" in text
    assert "1970-01-01" in text
    worker.stop()


def test_the_ledger_knows_an_earlier_worker_s_cells(sandbox: Sandbox) -> None:
    host, folder = Host(), ROOT / "cell-ledger" / "1.0.0"
    first = start(sandbox, folder)
    first.call("cell_ledger.watch:on_cell", [EVENT], broker=host, event=True)
    first.stop()
    second = start(sandbox, folder)
    second.call("cell_ledger.watch:on_cell", [{**EVENT, "source": "kernel/2"}], broker=host, event=True)
    text = text_of(second.call("cell_ledger.magic:ledger", broker=host))
    assert "Runs: 2   Failures: 0   Cells: 1   Kernel sessions: 2" in text
    assert text_of(second.call("cell_ledger.magic:ledger", [], {"clear": True}, broker=host)).startswith("Forgot 1")
    assert host.values == {}
    second.stop()
