"""The bundled plugins' modules in plain Python, so that their parts can be tested one by one."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pandas as pd
import pyarrow as pa
import pytest

from automatosx_nb.catalog import ROOT

PENGUINS = Path(__file__).parents[2] / "notebooks" / "data" / "penguins_raw.csv"
PROFILERS = ("1.0.0", "1.1.0")

Importer = Callable[[str], ModuleType]
"""A module's name, without its package → the module."""


def modules_of(folder: Path, package: str) -> Iterator[Importer]:
    """Import from ``folder/src`` until the test is over; two versions of a package never meet.

    No byte code is written: the folders are what is packed and published.
    """
    sys.path.insert(0, str(folder / "src"))
    writing, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    importlib.invalidate_caches()
    yield lambda name: importlib.import_module(f"{package}.{name}")
    sys.dont_write_bytecode = writing
    sys.path.remove(str(folder / "src"))
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        del sys.modules[name]


@pytest.fixture(scope="module", params=PROFILERS)
def profiler(request: pytest.FixtureRequest) -> Iterator[Importer]:
    yield from modules_of(ROOT / "data-profiler" / request.param, "data_profiler")


@pytest.fixture(scope="module")
def ledger() -> Iterator[Importer]:
    yield from modules_of(ROOT / "cell-ledger" / "1.0.0", "cell_ledger")


@pytest.fixture(scope="session")
def frame() -> pd.DataFrame:
    return pd.read_csv(PENGUINS, parse_dates=["Date Egg"])


@pytest.fixture(scope="session")
def penguins(frame: pd.DataFrame) -> pa.Table:
    return pa.table(frame)


@pytest.fixture(scope="module")
def newest_profiler() -> Iterator[Importer]:
    yield from modules_of(ROOT / "data-profiler" / PROFILERS[-1], "data_profiler")
