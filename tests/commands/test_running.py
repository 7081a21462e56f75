"""``run``: the commands of installed plugins, in a shell and in a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from automatosx_nb import app, cli, magics
from automatosx_nb.errors import NotInstalled, UnknownVariable, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MakePlugin

SOURCE = """
from automatosx_nb.sdk import ui

calls = []


def run():
    return len(calls)


def check(table, strict=False):
    calls.append(table)
    return {"rows": len(table), "strict": strict}


def greet(name="you"):
    return ui.text(f"Hello {name}")
"""
COMMANDS = """
[[contributes.commands]]
name = "check-rows"
title = "Check the rows of a table"
handler = "demo:check"
summary = "Counts the rows, 100 % of them."
args = [{name = "table", type = "variable"}, {name = "--strict", type = "flag"}]
[[contributes.commands]]
name = "greet"
title = "Greet"
handler = "demo:greet"
args = [{name = "name", type = "string", default = "you"}]
"""


@pytest.fixture
def shell(shell: Any, make_plugin: MakePlugin) -> Any:
    """With the extension, and the plugin installed."""
    market = app.current()
    market.publish(make_plugin(source=SOURCE, extra=COMMANDS))
    market.install("acme.demo")
    magics.load(shell)
    return shell


def test_a_cell_runs_a_command_with_its_variables_and_shows_what_it_returns(shell: Any) -> None:
    shell.user_ns["df"] = [1, 2, 3]
    assert shell.run_line_magic("ax", "run acme.demo check-rows df --strict") == {"rows": 3, "strict": True}
    shown = shell.run_line_magic("ax", "run acme.demo greet 'dear reader'")
    assert "Hello dear reader" in shown._repr_mimebundle_()[0]["text/html"]


def test_a_command_runs_in_the_worker_that_the_plugins_magics_have(shell: Any) -> None:
    shell.user_ns["df"] = [1]
    shell.run_line_magic("ax", "run acme.demo check-rows df")
    assert shell.run_line_magic("demo", "") == 1


def test_without_a_command_the_plugins_commands_are_listed(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert shell.run_line_magic("ax", "run acme.demo") is None
    said = capsys.readouterr().out
    assert "%ax run acme.demo check-rows  Counts the rows" in said
    assert "%ax run acme.demo greet       Greet" in said


def test_a_commands_own_help_says_what_it_takes(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    shell.run_line_magic("ax", "run acme.demo check-rows --help")
    said = capsys.readouterr().out
    assert "usage: %ax run acme.demo check-rows" in said
    assert "100 % of them" in said


@pytest.mark.parametrize(
    ("line", "error", "message"),
    [
        ("run acme.dema check-rows df", NotInstalled, "acme.demo"),
        ("run acme.demo check-row df", UsageError, "did you mean check-rows"),
        ("run acme.demo check-rows", UsageError, "required: table"),
        ("run acme.demo check-rows dg", UnknownVariable, "no variable 'dg'"),
        ("run", UsageError, "required: plugin"),
    ],
)
def test_what_cannot_be_run_says_what_can(shell: Any, line: str, error: type[Exception], message: str) -> None:
    shell.user_ns["df"] = [1]
    with pytest.raises(error) as caught:
        shell.run_line_magic("ax", line)
    assert message in str(caught.value)


def test_a_plugin_without_commands_says_so(
    shell: Any, make_plugin: MakePlugin, capsys: pytest.CaptureFixture[str]
) -> None:
    app.current().publish(make_plugin("acme.plain", magic="plain"))
    app.current().install("acme.plain")
    shell.run_line_magic("ax", "run acme.plain")
    assert capsys.readouterr().out == "acme.plain 1.0.0 has no commands.\n"
    with pytest.raises(UsageError, match="has no command 'x'"):
        shell.run_line_magic("ax", "run acme.plain x")


def test_a_shell_runs_a_command_in_a_worker_of_its_own(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "acme.demo", "greet", "Ada"]) == 0
    assert "Hello Ada" in capsys.readouterr().out
    assert cli.main(["run", "acme.demo", "check-rows", "df"]) == 1
    assert "'df'" in capsys.readouterr().err


def test_an_install_says_how_its_commands_are_run(
    home: Path, make_plugin: MakePlugin, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_plugin(source=SOURCE, extra=COMMANDS)
    assert cli.main(["publish", str(folder)]) == 0
    assert cli.main(["install", "acme.demo"]) == 0
    assert "acme.demo adds %demo, and commands: jupyter automatosx run acme.demo." in capsys.readouterr().out
