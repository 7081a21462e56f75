"""What is typed after a plugin's magic."""

from __future__ import annotations

from typing import Any

import pytest

from automatosx_nb.errors import UnknownVariable, UsageError
from automatosx_nb.host import arguments
from automatosx_nb.host.arguments import HelpAsked, magic_arguments, split_line


def argument(name: str, kind: str, **rest: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "choices": (), "default": None, "required": False, "help": ""} | rest


MAGIC = {
    "name": "doctor",
    "handler": "demo:run",
    "summary": "Looks at 5 % of a %(prog)s table.",
    "cell": False,
    "args": [
        argument("table", "variable", required=True),
        argument("title", "string"),
        argument("--strict", "flag", help="be 100 % strict"),
        argument("--max-rows", "integer", default=10),
        argument("--level", "choice", choices=("low", "high"), default="low"),
        argument("--ratio", "number"),
    ],
}


def test_a_variable_is_handed_over_and_options_have_python_names() -> None:
    args, kwargs = magic_arguments(MAGIC, "df 'two words' --strict --max-rows 5 --ratio .5", None, {"df": [1, 2]})
    assert args == [[1, 2], "two words"]
    assert kwargs == {"strict": True, "max_rows": 5, "level": "low", "ratio": 0.5}


def test_defaults_are_those_of_the_manifest() -> None:
    args, kwargs = magic_arguments(MAGIC, "df", None, {"df": 1})
    assert args == [1, None]
    assert kwargs == {"strict": False, "max_rows": 10, "level": "low", "ratio": None}


def test_an_unknown_variable_names_the_nearest_and_hides_private_ones() -> None:
    with pytest.raises(UnknownVariable) as caught:
        magic_arguments(MAGIC, "penguin", None, {"penguins": 1, "_penguin": 2})
    assert caught.value.nearest == ("penguins",)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "required: table"),
        ("df a b", "unrecognized arguments: b"),
        ("df --max-rows many", "invalid int value: 'many'"),
        ("df --level middle", "invalid choice: 'middle'"),
        ("df --str", "unrecognized arguments: --str"),
        ("df 'open", "no closing quotation"),
    ],
)
def test_what_does_not_fit_says_so_with_the_usage(line: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        magic_arguments(MAGIC, line, None, {"df": 1})
    assert message in caught.value.problem()
    assert caught.value.usage.startswith("%doctor")


def test_help_is_an_answer_and_lists_every_argument() -> None:
    with pytest.raises(HelpAsked) as caught:
        magic_arguments(MAGIC, "--help", None, {})
    for word in ("Looks at 5 % of a %(prog)s table.", "table", "--strict", "be 100 % strict", "--max-rows"):
        assert word in caught.value.text


def test_a_cell_magic_gets_its_body() -> None:
    magic = {"name": "sql", "handler": "demo:run", "summary": "", "cell": True, "args": []}
    assert magic_arguments(magic, "", "select 1\n", {}) == ([], {"cell": "select 1\n"})


def test_a_windows_path_keeps_its_backslashes_there(monkeypatch: pytest.MonkeyPatch) -> None:
    line = r"pack C:\plugins\mine -o 'C:\my out'"
    assert split_line(line, "")[1:] == ["C:pluginsmine", "-o", r"C:\my out"]
    monkeypatch.setattr(arguments, "BACKSLASH_ESCAPES", False)
    assert split_line(line, "")[1:] == [r"C:\plugins\mine", "-o", r"C:\my out"]


def test_quotes_signs_and_other_alphabets_are_kept_as_typed() -> None:
    line = "install 'a.b@>=1.0 <2' --grant x#y \"zwei Wörter\""
    assert split_line(line, "") == ["install", "a.b@>=1.0 <2", "--grant", "x#y", "zwei Wörter"]
    assert split_line("  ", "") == []
    assert split_line("a ''", "") == ["a", ""]


@pytest.mark.parametrize("typed", ["df.columns", "df['a']", "df[0]"])
def test_a_part_of_a_variable_is_told_how_to_be_handed_over(typed: str) -> None:
    with pytest.raises(UnknownVariable) as caught:
        magic_arguments(MAGIC, f'"{typed}"', None, {"df": 1})
    assert f"part = {typed}" in caught.value.next_step()
