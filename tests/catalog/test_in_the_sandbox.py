"""The bundled plugins where they run: in a confined worker, asking a host for what they need."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from automatosx_nb.catalog import ROOT
from automatosx_nb.errors import PermissionDenied
from automatosx_nb.host.broker import CapabilityBroker
from automatosx_nb.host.capabilities.storage import StorageCapability
from automatosx_nb.host.display import render
from automatosx_nb.host.grants import Grants
from automatosx_nb.host.metering import Meter
from automatosx_nb.model import manifest
from automatosx_nb.model.events import CELL_FINISHED, Event
from automatosx_nb.profile.keyvalue import KeyValueState
from automatosx_nb.sandbox.limits import Limits
from automatosx_nb.sandbox.running import Worker
from automatosx_nb.sandbox.supervisor import Program, Sandbox
from automatosx_nb.sandbox.values import DisplayTree

PROFILE = "data_profiler.magic:profile"
CELL = {"cell": "c0ffee", "lines": 2, "duration_s": 1.5, "ok": True, "error": None}
EVENT = asdict(Event("1", "kernel/1", CELL_FINISHED, "2026-03-01T09:30:00.000+00:00", CELL))
"""As the host hands it over."""


class Host(CapabilityBroker):
    """One kernel's side of a plugin: what it was granted, with its state on disk."""

    def __init__(self, root: Path, *grants: str) -> None:
        held = Grants("automatosx.any", grants)
        storage = StorageCapability(held, Meter(), lambda: KeyValueState(root / "state.sqlite3"))
        super().__init__(held, {"storage": storage})

    def output(self, stream: str, text: str) -> None:
        raise AssertionError(f"nothing is printed, and this was: {text}")


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    host = Host(tmp_path, "storage")
    yield host
    host.close()


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
def test_a_pandas_frame_is_profiled(sandbox: Sandbox, frame: pd.DataFrame, host: Host, version: str) -> None:
    worker = start(sandbox, ROOT / "data-profiler" / version)
    text = text_of(worker.call(PROFILE, [frame], {"top": 2}, broker=host))
    assert "Rows: 344" in text
    assert ("Where values are missing" in text) is (version == "1.1.0")
    worker.stop()


def test_groups_are_compared(sandbox: Sandbox, frame: pd.DataFrame, host: Host) -> None:
    worker = start(sandbox, ROOT / "data-profiler" / "1.1.0")
    text = text_of(worker.call(PROFILE, [frame], {"by": "Species"}, broker=host))
    assert "Compared by Species" in text
    worker.stop()


def test_a_table_of_many_types_is_profiled(sandbox: Sandbox, host: Host) -> None:
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
    text = text_of(worker.call(PROFILE, [table], {}, broker=host))
    assert "not profiled: list" in text
    assert "1970-01-01" in text
    worker.stop()


def test_the_ledger_knows_what_another_kernel_noted(sandbox: Sandbox, tmp_path: Path) -> None:
    folder = ROOT / "cell-ledger" / "1.0.0"
    for kernel in ("kernel/1", "kernel/2"):
        host, worker = Host(tmp_path, "storage"), start(sandbox, folder)
        worker.deliver("cell_ledger.watch:on_cell", [Event(**{**EVENT, "source": kernel})], broker=host)
        text = text_of(worker.call("cell_ledger.magic:ledger", broker=host))
        worker.stop()
        host.close()
    assert "Runs: 2   Failures: 0   Cells: 1   Kernel sessions: 2" in text


def test_two_kernels_that_finish_cells_at_once_lose_no_run(sandbox: Sandbox, tmp_path: Path) -> None:
    folder, runs = ROOT / "cell-ledger" / "1.0.0", 20
    with (
        closing(Host(tmp_path, "storage")) as first,
        closing(Host(tmp_path, "storage")) as second,
        ThreadPoolExecutor(2) as kernels,
    ):
        done = kernels.map(lambda host: run_cells(start(sandbox, folder), host, runs), (first, second))
        assert list(done) == [None, None]
        worker = start(sandbox, folder)
        text = text_of(worker.call("cell_ledger.magic:ledger", broker=first))
        worker.stop()
    assert f"Runs: {2 * runs}   Failures: 0   Cells: 1   Kernel sessions: 1" in text


def run_cells(worker: Worker, host: Host, runs: int) -> None:
    for _ in range(runs):
        worker.deliver("cell_ledger.watch:on_cell", [Event(**EVENT)], broker=host)
    worker.stop()


def test_a_cleared_ledger_is_empty(sandbox: Sandbox, host: Host) -> None:
    worker = start(sandbox, ROOT / "cell-ledger" / "1.0.0")
    worker.deliver("cell_ledger.watch:on_cell", [Event(**EVENT)], broker=host)
    assert text_of(worker.call("cell_ledger.magic:ledger", [], {"clear": True}, broker=host)).startswith("Forgot 1")
    assert text_of(worker.call("cell_ledger.magic:ledger", broker=host)).startswith("The ledger is empty")
    worker.stop()


def test_the_ledger_keeps_nothing_where_storage_was_not_granted(sandbox: Sandbox, tmp_path: Path) -> None:
    worker, host = start(sandbox, ROOT / "cell-ledger" / "1.0.0"), Host(tmp_path)
    faults = worker.deliver("cell_ledger.watch:on_cell", [Event(**EVENT)], broker=host)
    assert [type(error) for error in faults.values()] == [PermissionDenied]
    assert list(tmp_path.iterdir()) == []
    worker.stop()
