"""Handing over as it is typed into a notebook: through IPython, from the manifest of an installed plugin."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from automatosx_nb import app, cli, magics
from automatosx_nb.errors import InvalidVariableName, UnknownSecret

if TYPE_CHECKING:
    from tests.conftest import MakePlugin

SOURCE = """
import csv
from automatosx_nb.sdk import tables


def run():
    return None


def clean(table, keep=None, strict=False):
    names = [name for name in table.column_names if name != keep]
    return tables.Table.from_columns({name: table.column(name) for name in names})


def pick(table, cell, note=None):
    return {"columns": table.column_names, "cell": cell, "note": note}


def export(table, target):
    writer = csv.writer(target)
    writer.writerow(table.column_names)


def count(file):
    return sum(1 for line in file)


def fetch(token):
    return token.name
"""
EXTRA = """
[[contributes.magics]]
name = "clean"
handler = "demo:clean"
args = [
  { name = "table", type = "variable" },
  { name = "--keep", type = "string" },
  { name = "--strict", type = "flag" },
]
[[contributes.magics]]
name = "pick"
handler = "demo:pick"
cell = true
args = [{ name = "table", type = "variable" }, { name = "--note", type = "string" }]
[[contributes.magics]]
name = "export"
handler = "demo:export"
summary = "Write a table."
args = [{ name = "table", type = "variable" }, { name = "target", type = "file:write" }]
[[contributes.commands]]
name = "count"
title = "Count lines"
handler = "demo:count"
args = [{ name = "file", type = "file:read" }]
[[contributes.commands]]
name = "clean"
title = "Clean"
handler = "demo:clean"
args = [{ name = "table", type = "variable" }]
[[contributes.commands]]
name = "fetch"
title = "Fetch"
handler = "demo:fetch"
args = [{ name = "token", type = "secret" }]
"""


@pytest.fixture
def shell(shell: Any, make_plugin: MakePlugin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """With the extension, the plugin and a frame."""
    market = app.current()
    market.publish(make_plugin(source=SOURCE, extra=EXTRA))
    market.install("acme.demo")
    monkeypatch.chdir(tmp_path)
    magics.load(shell)
    shell.user_ns["df"] = pd.DataFrame({"a": [1, 2], "b": ["x", "y"], "c d": [True, False]})
    return shell


def run(shell: Any, cell: str) -> Any:
    """The cell's result, after a run in which nothing may be raised."""
    found = shell.run_cell(cell)
    found.raise_error()
    return found.result


@pytest.mark.parametrize(
    "line",
    [
        '%clean df[["a", "b"]] --keep b --strict --into out',
        "%clean df[['a','b']] --keep=b --into out --strict",
        '%clean --keep "b" --into=out df[ ["a", "b"] ]',
        '%clean \'df[["a", "b"]]\' --into out --keep b',
        "%clean df.loc[0:1, ['b', 'a']] --keep b --into out",
        "%ax run acme.demo clean df[['a']] --into out",
        "ignored = %clean df[['a']] --into out",
    ],
)
def test_a_part_goes_in_and_a_frame_comes_out_however_it_is_typed(shell: Any, line: str) -> None:
    assert run(shell, line) is None
    pd.testing.assert_frame_equal(shell.user_ns["out"], pd.DataFrame({"a": [1, 2]}))
    assert list(shell.user_ns["df"]) == ["a", "b", "c d"]


def test_a_cell_magic_takes_parts_and_names_too(shell: Any) -> None:
    run(shell, "%%pick df[[\"c d\"]] --into out --note 'two words'\nfirst\nsecond\n")
    assert shell.user_ns["out"] == {"columns": ["c d"], "cell": "first\nsecond\n", "note": "two words"}


def test_the_last_result_and_a_kept_one_are_handed_over(shell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("builtins._", raising=False)  # where something set one, as gettext does, IPython sets none
    shell.run_cell("df[['b']]", store_history=True)
    run(shell, "%clean _ --into last")
    run(shell, "%clean Out[1] --into first")
    assert list(shell.user_ns["last"]) == list(shell.user_ns["first"]) == ["b"]


def test_a_file_is_written_beside_the_notebook_and_read_back(
    shell: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(shell, "%export df[['a', 'b']] 'my table.csv'")
    assert (tmp_path / "my table.csv").read_text() == "a,b\n"
    assert "Wrote my table.csv (5 bytes)." in capsys.readouterr().out
    assert run(shell, "%ax run acme.demo count 'my table.csv'") == 1
    assert run(shell, "n = %ax run acme.demo count 'my table.csv'") is None
    assert shell.user_ns["n"] == 1


def test_help_names_what_the_host_adds(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    run(shell, "%export --help")
    said = capsys.readouterr().out
    assert "--into NAME" in said
    assert "--overwrite" in said
    run(shell, "%clean --help")
    assert "--overwrite" not in capsys.readouterr().out
    documented = shell.magics_manager.magics["line"]["export"].__doc__
    assert "TABLE TARGET [--into NAME] [--overwrite]" in documented


def test_a_shell_reads_and_writes_files_and_keeps_no_variables(
    shell: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "lines").write_text("1\n2\n3")
    assert cli.main(["run", "acme.demo", "count", "lines"]) == 0
    assert capsys.readouterr().out == "3\n"
    assert cli.main(["run", "acme.demo", "count", "lines", "--into", "x"]) == 1
    assert "no notebook here" in capsys.readouterr().err


def test_a_secret_is_handed_over_once_it_is_set(shell: Any) -> None:
    with pytest.raises(UnknownSecret):
        run(shell, "%ax run acme.demo fetch token")
    app.current().secrets.put("acme.demo", "token", "s3cr3t-value")
    assert run(shell, "%ax run acme.demo fetch token") == "token"


@pytest.mark.parametrize("name", ["a;b", "print", "_", "__class__", "class", "In", "exit", "x y", "x[0]", "os.path"])
def test_no_other_name_is_ever_set(shell: Any, name: str) -> None:
    before = dict(shell.user_ns)
    with pytest.raises(InvalidVariableName):
        run(shell, f"%clean df --into '{name}'")
    assert {key: shell.user_ns[key] for key in before if not key.startswith("_")}.keys() == {
        key for key in shell.user_ns if not key.startswith("_")
    }
