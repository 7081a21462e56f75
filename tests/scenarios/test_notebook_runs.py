"""A notebook with a lock, opened in a kernel, run headless, and saved with what its plugins showed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbclient
import nbformat as untyped_nbformat
import pytest

from automatosx_nb import cli
from automatosx_nb.commands import locking
from tests.scenarios.test_kernel import PROFILER, TIMEOUT_S

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace

nbformat: Any = untyped_nbformat
PYARROW = "modules:pyarrow"


@pytest.fixture
def notebook(market: Marketplace, tmp_path: Path) -> Path:
    """One that carries the profiler's lock, where nothing is installed any more."""
    cells = (
        "%load_ext automatosx_nb",
        f"%ax sync --notebook --grant {PYARROW}",
        "import pyarrow\nnumbers = pyarrow.table({'n': [1, 2, 3]})",
        "%profile numbers",
        "%ax sync --notebook --check",
    )
    path = tmp_path / "report.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells]), path)
    market.install(PROFILER, grant=[PYARROW])
    market.lock_notebook(path)
    market.remove(PROFILER)
    return path


def text_of(cell: Any) -> str:
    return "".join(output.get("text", "") for output in cell.outputs)


def test_opening_says_what_is_missing_one_command_restores_it_and_outputs_say_who_made_them(
    notebook: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", str(notebook))
    monkeypatch.setenv("IPYTHONDIR", str(notebook.parent / "ipython"))
    document = nbformat.read(notebook, 4)
    nbclient.NotebookClient(document, timeout=TIMEOUT_S, kernel_name="python3").execute(cwd=str(notebook.parent))
    nbformat.write(document, notebook)
    saved = nbformat.read(notebook, 4)
    nbformat.validate(saved)
    loaded, synced, _, profiled, checked = saved.cells
    (line,) = text_of(loaded).splitlines()
    assert line.startswith(f"report.ipynb was written with other plugins: {PROFILER} 1.1.0 is not installed.")
    assert "%ax sync --notebook makes it so" in line
    assert "adds %profile" in text_of(synced)
    made = [output for output in profiled.outputs if output.output_type in ("display_data", "execute_result")]
    assert made
    assert [output.metadata["automatosx"] for output in made] == [{"plugin": f"{PROFILER}@1.1.0"}] * len(made)
    assert text_of(checked).strip() == "This profile has what report.ipynb needs."


def test_a_headless_run_syncs_with_a_grant_or_the_grants_digest_and_never_without(
    notebook: Path, market: Marketplace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["sync", str(notebook), "--check"]) == locking.DIFFERS
    assert cli.main(["sync", str(notebook)]) == cli.EXIT_ERROR
    refused = capsys.readouterr().err
    assert PYARROW in refused
    assert market.installed() == ()
    digest = next(word.strip(".,()") for word in refused.split() if word.startswith("sha256:"))
    assert cli.main(["sync", str(notebook), "--grants-digest", digest]) == 0
    assert cli.main(["sync", str(notebook), "--check"]) == 0
    assert market.installed_plugin(PROFILER).grants == (PYARROW,)


@pytest.mark.parametrize(
    ("lock", "says"),
    [
        ('{"lock-version": 99}', "knows up to 1"),
        ('{"lock-version": [], "plugins": "\\u001b[2J"}', "problem"),
        ("[" * 100_000 + '"lock-version"' + "]" * 100_000, "nested too deeply"),
    ],
)
def test_a_hostile_lock_is_told_in_one_line_and_keeps_nobody_from_the_extension(
    shell: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    lock: str,
    says: str,
) -> None:
    path = tmp_path / "n.ipynb"
    path.write_text(f'{{"nbformat": 4, "metadata": {{"automatosx": {{"lock": {lock}}}}}, "cells": []}}')
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    shell.run_line_magic("load_ext", "automatosx_nb")
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("The lock in n.ipynb was not read: ")
    assert says in line
    assert "\x1b" not in line
    assert shell.find_line_magic("ax") is not None


@pytest.mark.parametrize("name", ["", "console-1", "gone.ipynb", os.devnull])
def test_where_no_notebook_is_known_nothing_is_said(
    shell: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", name)
    shell.run_line_magic("load_ext", "automatosx_nb")
    assert capsys.readouterr().out == ""
