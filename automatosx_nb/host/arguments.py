"""What the user typed after a magic, as the arguments that its manifest declares.

Designation is authorization: a ``variable`` argument hands over that one object of the notebook, for this one call.
"""

from __future__ import annotations

import argparse
import os
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn

from automatosx_nb.errors import UnknownVariable, UsageError
from automatosx_nb.model.spelling import nearest

BACKSLASH_ESCAPES = os.name != "nt"
"""Whether a backslash takes the meaning of the next sign away; on Windows it parts folders."""


class Parser(argparse.ArgumentParser):
    """argparse that raises in place of printing and ending the process. ``-h`` raises :class:`HelpAsked`."""

    def __init__(self, prog: str, description: str = "", **options: Any) -> None:
        options.setdefault("add_help", False)
        self.color = False  # from Python 3.14 on: colours would go into cells and messages
        super().__init__(prog=prog, description=_literal(description), allow_abbrev=False, **options)
        self.add_argument("-h", "--help", action=_Help, nargs=0, help="show this and do nothing")

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, self.usage_line())

    def usage_line(self) -> str:
        return " ".join(self.format_usage().removeprefix("usage: ").split())


def _literal(description: str) -> str:
    """argparse expands ``%`` in a description only where it finds ``%(prog)`` in it."""
    return description.replace("%", "%%") if "%(prog)" in description else description


class HelpAsked(Exception):
    """The user asked for help; ``text`` is it."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class _Help(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_rest: Any, **_options: Any) -> NoReturn:
        raise HelpAsked(parser.format_help())


def split_line(line: str, usage: str) -> list[str]:
    """The words of a typed line, with shell quoting.

    :raises UsageError: a quote that is not closed.
    """
    words = shlex.shlex(line, posix=True, punctuation_chars=False)
    words.whitespace_split, words.commenters = True, ""
    if not BACKSLASH_ESCAPES:
        words.escape = ""
    try:
        return list(words)
    except ValueError as error:
        raise UsageError(f"cannot read the line: {str(error).lower()}", usage) from error


def parser_of(prog: str, contribution: Mapping[str, Any]) -> Parser:
    """A parser of the arguments that the manifest declares for a magic or a command, in their order."""
    parser = Parser(prog, contribution.get("summary") or contribution.get("title", ""))
    for argument in contribution["args"]:
        _add(parser, argument)
    return parser


def magic_arguments(
    magic: Mapping[str, Any], line: str, cell: str | None, variables: Mapping[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """Positional and keyword arguments for the handler: ``--max-rows`` becomes ``max_rows``, a body ``cell``.

    :raises UsageError:
    :raises UnknownVariable:
    :raises HelpAsked:
    """
    parser = parser_of(f"{'%%' if magic['cell'] else '%'}{magic['name']}", magic)
    args, kwargs = typed_arguments(parser, magic["args"], split_line(line, parser.usage_line()), variables)
    if magic["cell"]:
        kwargs["cell"] = cell or ""
    return args, kwargs


def typed_arguments(
    parser: Parser, declared: Iterable[Mapping[str, Any]], words: Sequence[str], variables: Mapping[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """As :func:`magic_arguments`, from the words that were typed."""
    typed = vars(parser.parse_args(list(words)))
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    for argument in declared:
        name = _destination(argument["name"])
        value = typed[name]
        if argument["type"] == "variable" and value is not None:
            value = _variable(value, variables)
        if argument["name"].startswith("-"):
            kwargs[name] = value
        else:
            args.append(value)
    return args, kwargs


def _add(parser: Parser, argument: Mapping[str, Any]) -> None:
    name, kind = argument["name"], argument["type"]
    options: dict[str, Any] = {"help": (argument.get("help") or "").replace("%", "%%") or None}
    if kind == "flag":
        parser.add_argument(name, action="store_true", dest=_destination(name), **options)
        return
    options["default"] = argument.get("default")
    options["type"] = {"integer": int, "number": float}.get(kind, str)
    if kind == "choice":
        options["choices"] = list(argument["choices"])
    if name.startswith("-"):
        metavar = kind if kind != "choice" else None
        parser.add_argument(
            name, dest=_destination(name), required=bool(argument.get("required")), metavar=metavar, **options
        )
    else:
        parser.add_argument(name, nargs=None if argument.get("required", True) else "?", **options)


def _destination(name: str) -> str:
    return name.lstrip("-").replace("-", "_")


def _variable(name: str, variables: Mapping[str, Any]) -> Any:
    if name not in variables:
        known = [each for each in variables if not each.startswith("_")]
        raise UnknownVariable(name, nearest(name, known))
    return variables[name]
