"""What is typed after a plugin's magic."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest

from automatosx_nb.errors import InvalidVariableName, UnknownVariable, UsageError
from automatosx_nb.host import arguments
from automatosx_nb.host.arguments import Arguments, HelpAsked
from automatosx_nb.host.handover import Handover


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


def magic_arguments(
    magic: Mapping[str, Any], line: str, cell: str | None, variables: Mapping[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    found = parse(magic, line, cell, variables)
    return found.args, found.kwargs


def parse(magic: Mapping[str, Any], line: str, cell: str | None, variables: Mapping[str, Any]) -> Arguments:
    with Handover("acme.demo", variables) as handover:
        return arguments.magic_arguments(magic, line, cell, handover)


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
        ("df --max-rows many", "'many' is no whole number"),
        ("df --level middle", "invalid choice: 'middle'"),
        ("df --str", "unrecognized arguments: --str; did you mean --strict?"),
        ("--max-row=5 df", "did you mean --max-rows?"),
        ("--max-row 5 df", "did you mean --max-rows?"),
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


def test_a_part_of_a_variable_is_typed_with_blanks_and_quotes_and_options_follow_it() -> None:
    df = {"a": {"b c": [1, 2, 3]}}
    args, kwargs = magic_arguments(MAGIC, """df["a"]['b c'][1:] "two words" --strict""", None, {"df": df})
    assert args == [[2, 3], "two words"]
    assert kwargs["strict"] is True


def test_a_name_for_the_result_is_an_option_of_every_magic() -> None:
    assert parse(MAGIC, "df --into clean", None, {"df": 1}).into == "clean"
    assert parse(MAGIC, "df", None, {"df": 1}).into == ""


@pytest.mark.parametrize(
    "name",
    ["a;b", "a b", "a.b", "a[0]", "1a", "", "class", "None", "_", "__x", "_1", "In", "Out", "exit", "quit", "print",
     "open", "get_ipython", "__builtins__", "ｐrint", "a\nb"],
)  # fmt: skip
def test_a_result_is_kept_only_under_a_name_that_is_free_for_it(name: str) -> None:
    with pytest.raises(InvalidVariableName):
        parse(MAGIC, f"df --into '{name}'", None, {"df": 1})


def test_outside_of_a_notebook_nothing_can_be_kept() -> None:
    with pytest.raises(InvalidVariableName, match="no notebook here"):
        parse(MAGIC, "--into x df", None, MappingProxyType({"df": 1}))
