"""What a magic or a command takes, as the manifest declares it: enough to parse a line without running plugin code."""

from __future__ import annotations

import keyword
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from automatosx_nb.model.reader import Spot, Table, boolean, line, one_of, tuple_of

if TYPE_CHECKING:
    from collections.abc import Callable

DESIGNATED = ("variable", "file:read", "file:write", "secret")
"""Resolved by the host from what the user typed: the one object that the call may have."""
TYPES = (*DESIGNATED, "string", "integer", "number", "flag", "choice")
RESERVED = ("help", "cell", "--help", "--cell", "--into", "--overwrite")
"""Names of arguments that are the host's."""
NAME = "a parameter's name ('table') or an option ('--max-rows'): small letters, digits, '_' (options: '-')"
POSITIONAL_PATTERN = r"[a-z][a-z0-9_]{0,39}"
OPTION_PATTERN = r"--[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
_POSITIONAL = re.compile(POSITIONAL_PATTERN)
_OPTION = re.compile(OPTION_PATTERN)


@dataclass(frozen=True, slots=True)
class Argument:
    """``name`` is ``table`` for a positional argument, ``--strict`` for an option."""

    name: str
    type: str
    choices: tuple[str, ...] = ()
    default: str | int | float | None = None
    required: bool = False
    help: str = ""

    @property
    def positional(self) -> bool:
        return not self.name.startswith("--")

    @property
    def parameter(self) -> str:
        """The name of the handler's keyword that it fills: ``--max-rows`` → ``max_rows``."""
        return self.name.removeprefix("--").replace("-", "_")

    def record(self) -> dict[str, Any]:
        return {**asdict(self), "choices": list(self.choices)}


def arguments(spot: Spot) -> tuple[Argument, ...]:
    """A reader of ``args``: what a magic or a command takes, positional arguments in their order."""
    args = tuple_of(argument, "a list of tables, as in [{name = 'table', type = 'variable'}]")(spot) or ()
    check_order(args, spot)
    return args


def argument(spot: Spot) -> Argument | None:
    table = spot.table()
    if table is None:
        return None
    name = table.need("name", _name, NAME)
    kind = table.need("type", one_of(TYPES, "one of"), f"one of {', '.join(TYPES)}")
    choices = _choices(table, kind)
    default = table.get("default", _default_of(kind, choices))
    required = table.get("required", lambda at: _required(at, kind, table.has("default")))
    text = table.get("help", line(200)) or ""
    table.finish()
    if name is None or kind is None:
        return None
    if required is None:
        required = not name.startswith("--") and default is None
    return Argument(name, kind, choices, default, required, text)


def check_order(arguments: tuple[Argument, ...], spot: Spot) -> None:
    """What one argument means beside the others: no parameter twice, nothing required after what is not."""
    seen: set[str] = set()
    optional = ""
    for one in arguments:
        if one.parameter in seen:
            spot.refuse("each parameter once", found=f"two arguments for the parameter {one.parameter!r}")
        seen.add(one.parameter)
        if one.positional and one.required and optional:
            spot.refuse(
                "required positional arguments before optional ones",
                found=f"{one.name!r} (required) after {optional!r} (optional)",
            )
        if one.positional and not one.required:
            optional = optional or one.name


def _name(spot: Spot) -> str | None:
    text = spot.value if isinstance(spot.value, str) else ""
    parameter = text.removeprefix("--").replace("-", "_")
    fits = _POSITIONAL.fullmatch(text) or (_OPTION.fullmatch(text) and len(text) <= 42)
    if not fits or keyword.iskeyword(parameter):
        spot.refuse(NAME)
        return None
    if text in RESERVED:
        spot.refuse(f"a name other than {', '.join(RESERVED)}: those are the host's")
        return None
    return text


def _choices(table: Table, kind: str | None) -> tuple[str, ...]:
    read = tuple_of(line(60), "a list of texts, one at least", least=1)
    if kind == "choice":
        return table.need("choices", read, "the list of words to choose from") or ()
    if table.get("choices", read) and kind is not None:
        table.refuse("choices", "no 'choices' unless type is 'choice'")
    return ()


def _default_of(kind: str | None, choices: tuple[str, ...]) -> Callable[[Spot], Any]:
    def read(spot: Spot) -> str | int | float | None:
        return _default(spot, kind, choices)

    return read


def _default(spot: Spot, kind: str | None, choices: tuple[str, ...]) -> str | int | float | None:
    value = spot.value
    if kind == "string" and isinstance(value, str) and len(value) <= 200:
        return value
    if kind == "choice" and isinstance(value, str) and value in choices:
        return value
    if kind == "integer" and isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53:
        return value
    if kind == "number" and isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300:
        return value
    if kind in (*DESIGNATED, "flag"):
        spot.refuse(f"no 'default': a {kind} has none")
    elif kind == "choice":
        spot.refuse(f"one of its choices: {', '.join(choices)}", word=str(value), known=choices)
    elif kind is not None:
        spot.refuse(f"{'an' if kind == 'integer' else 'a'} {kind}, as its type says")
    return None


def _required(spot: Spot, kind: str | None, has_default: bool) -> bool | None:
    value = boolean(spot)
    if value and kind == "flag":
        spot.refuse("false: a flag that has to be given says nothing")
        return None
    if value and has_default:
        spot.refuse("false, or no 'default': what has a default is not required")
        return None
    return value
