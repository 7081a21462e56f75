"""The extension's cost, and what it adds to a shell and takes away again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = (
    "sqlalchemy",
    "alembic",
    "tantivy",
    "jupyter_server",
    "httpx",
    "pandas",
    "numpy",
    "pyarrow",
    "anywidget",
    "RestrictedPython",
    "msgspec",
    "resolvelib",
    "packaging.requirements",
    "sqlite3",
    "filelock",
)
MAX_MODULES_LOAD = 30

_LOAD = """
import json, sys
import ipykernel.kernelapp, ipykernel.ipkernel, ipywidgets
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell()
shell.run_line_magic("load_ext", "IPython.extensions.storemagic")
before = set(sys.modules)
import automatosx_nb
imported = set(sys.modules) - before
shell.run_line_magic("load_ext", "automatosx_nb")
loaded = set(sys.modules) - before - imported
print(json.dumps([sorted(imported), sorted(loaded)]))
"""


@pytest.fixture
def loaded(home: Path) -> tuple[list[str], list[str]]:
    done = subprocess.run([sys.executable, "-c", _LOAD], capture_output=True, text=True, check=True)
    imported, loaded = json.loads(done.stdout)
    return imported, loaded


def test_importing_the_package_imports_nothing_else(loaded: tuple[list[str], list[str]]) -> None:
    assert loaded[0] == ["automatosx_nb"]


def test_loading_the_extension_loads_few_modules_and_nothing_heavy(loaded: tuple[list[str], list[str]]) -> None:
    modules = loaded[1]
    heavy = [name for name in modules if name.startswith(HEAVY)]
    assert heavy == []
    assert len(modules) <= MAX_MODULES_LOAD, modules


def test_a_notebook_without_a_lock_costs_one_small_module(
    loaded: tuple[list[str], list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "plain.ipynb"
    path.write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    done = subprocess.run([sys.executable, "-c", _LOAD], capture_output=True, text=True, check=True)
    assert set(json.loads(done.stdout)[1]) - set(loaded[1]) == {"automatosx_nb.host.open_notebook"}


def test_loading_the_extension_makes_no_file(loaded: tuple[list[str], list[str]], home: Path) -> None:
    assert not home.exists()
