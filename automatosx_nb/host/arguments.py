"""What the user typed after a magic, as the arguments that its manifest declares.

Designation is authorization: a ``variable``, ``file:read``, ``file:write`` or ``secret`` argument hands over the one
object that the user named, for this one call.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from automatosx_nb.errors import UsageError
from automatosx_nb.host.words import split_line
from automatosx_nb.model.contributions.arguments import DESIGNATED
from automatosx_nb.model.spelling import nearest

if TYPE_CHECKING:
    from automatosx_nb.host.handover import Handover

_INTO, _OVERWRITE = "--into", "--overwrite"
"""The host's own options. No parameter has a hyphen, so they are their own names among what was typed."""


class Parser(argparse.ArgumentParser):
    """argparse that raises in place of printing and ending the process. ``-h`` raises :class:`HelpAsked`."""

    def __init__(self, prog: str, description: str = "", **options: Any) -> None:
        options.setdefault("add_help", False)
        self.color = False  # from Python 3.14 on: colours would go into cells and messages
        super().__init__(prog=prog, description=_literal(description), allow_abbrev=False, **options)
        self.add_argument("-h", "--help", action=_Help, nargs=0, help="show this and do nothing")

    def parse_anywhere(self, words: Sequence[str]) -> argparse.Namespace:
        """As ``parse_args``, with options also between words of which there may be several, or none."""
        if any(action.nargs == argparse.REMAINDER for action in self._get_positional_actions()):
            return self.parse_args(list(words))
        self.usage = self.format_usage().removeprefix("usage: ").replace("%", "%%")  # argparse makes its own unescaped
        return self.parse_intermixed_args(list(words))

    def error(self, message: str) -> NoReturn:
        said = re.sub(r"invalid int value: (.*)", r"\1 is no whole number", message)
        raise UsageError(f"{said}{self._meant(message)}", self.usage_line())

    def _meant(self, message: str) -> str:
        """The options nearest to the first one that argparse does not know; '' where it says something else."""
        what, _, words = message.partition("unrecognized arguments: ")
        typed = next((word.partition("=")[0] for word in words.split() if word.startswith("--")), "")
        known = {option[2:]: option for option in self._option_string_actions if option.startswith("--")}
        near = [known[name] for name in nearest(typed[2:], known)] if typed and not what else []
        return f"; did you mean {' or '.join(near)}?" if near else ""

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


def parser_of(prog: str, contribution: Mapping[str, Any]) -> Parser:
    """A parser of the arguments that the manifest declares for a magic or a command, in their order."""
    parser = Parser(prog, contribution.get("summary") or contribution.get("title", ""))
    for argument in contribution["args"]:
        _add(parser, argument)
    parser.add_argument(_INTO, metavar="NAME", dest=_INTO, help="keep what is returned as this variable")
    if any(argument["type"] == "file:write" for argument in contribution["args"]):
        parser.add_argument(_OVERWRITE, action="store_true", dest=_OVERWRITE, help="replace files that are there")
    return parser


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a handler is called with, and the name under which the user wants its result; '' for none."""

    args: list[Any] = field(default_factory=list)
    kwargs: dict[str, Any] = field(default_factory=dict)
    into: str = ""


def magic_arguments(magic: Mapping[str, Any], line: str, cell: str | None, handover: Handover) -> Arguments:
    """Positional and keyword arguments for the handler: ``--max-rows`` becomes ``max_rows``, a body ``cell``.

    :raises UsageError:
    :raises HelpAsked:
    :raises InvalidVariableName: of ``--into``. What is named raises as :meth:`Handover.hand` does.
    """
    parser = parser_of(f"{'%%' if magic['cell'] else '%'}{magic['name']}", magic)
    found = typed_arguments(parser, magic["args"], split_line(line, parser.usage_line()), handover)
    if magic["cell"]:
        found.kwargs["cell"] = cell or ""
    return found


def typed_arguments(
    parser: Parser, declared: Iterable[Mapping[str, Any]], words: Sequence[str], handover: Handover
) -> Arguments:
    """As :func:`magic_arguments`, from the words that were typed."""
    typed = vars(parser.parse_args(list(words)))
    found = Arguments(into="" if typed[_INTO] is None else handover.name_for_result(typed[_INTO]))
    for argument in declared:
        name = destination(argument["name"])
        value = typed[name]
        if argument["type"] in DESIGNATED and value is not None:
            overwrite = typed.get(_OVERWRITE, False)
            value = handover.hand(argument["type"], value, name=argument["name"], overwrite=overwrite)
        if argument["name"].startswith("-"):
            found.kwargs[name] = value
        else:
            found.args.append(value)
    return found


def _add(parser: Parser, argument: Mapping[str, Any]) -> None:
    name, kind = argument["name"], argument["type"]
    options: dict[str, Any] = {"help": (argument.get("help") or "").replace("%", "%%") or None}
    if kind == "flag":
        parser.add_argument(name, action="store_true", dest=destination(name), **options)
        return
    options["default"] = argument.get("default")
    options["type"] = {"integer": int, "number": float}.get(kind, str)
    if kind == "choice":
        options["choices"] = list(argument["choices"])
    if name.startswith("-"):
        metavar = kind.partition(":")[0] if kind != "choice" else None
        parser.add_argument(
            name, dest=destination(name), required=bool(argument.get("required")), metavar=metavar, **options
        )
    else:
        parser.add_argument(name, nargs=None if argument.get("required", True) else "?", **options)


def destination(name: str) -> str:
    """The parameter that an argument fills: ``--max-rows`` → ``max_rows``."""
    return name.lstrip("-").replace("-", "_")
