"""Forms in a display: controls of a command that the manifest declares, each of one of its arguments.

What a control means is the manifest's: its argument's type says what may be typed, and whether that is handed over. A
form of anything else is malformed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from automatosx_nb.host.arguments import destination
from automatosx_nb.model.contributions.arguments import DESIGNATED

MAX_FORMS = 32
"""In one display, buttons included."""
MAX_CONTROLS = 128
"""Of all forms of one display together."""
MAX_LABEL = 200
MAX_VALUE = 10_000
"""Characters of a text that is typed, or stands in a field at first."""
MAX_CHOICES = 500
_FITTING = {
    **dict.fromkeys(DESIGNATED, ("pick",)),
    "string": ("text_field", "select"),
    "integer": ("number", "slider"),
    "number": ("number", "slider"),
    "flag": ("checkbox",),
    "choice": ("select",),
}
"""An argument's type → the controls that it may have; the first where the plugin chose none."""

HANDED_OVER = {
    "variable": "Names a variable, which is handed over.",
    "file:read": "Names a file, which is handed over to be read.",
    "file:write": "Names a file, which is handed over to be written.",
    "secret": "Names a secret, which is handed over.",
}
"""What the host says of a control before its author does, whose label could say anything."""


@dataclass(frozen=True, slots=True)
class Field:
    """One control. ``name`` is its argument's keyword, ``type`` the argument's, ``control`` is as in ``sdk.ui``."""

    name: str
    type: str
    control: str
    label: str
    help: str = ""
    value: str | int | float | bool | None = None
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """``values`` are those that no field asks for, as a button has them."""

    command: str
    title: str
    submit: str
    fields: tuple[Field, ...] = ()
    values: tuple[tuple[str, str | int | float | bool], ...] = ()

    def view(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self) | {"values": dict(self.values)}


class FormFault(ValueError):
    """A form is not one of a declared command."""


Control = Mapping[str, Any]
Command = Mapping[str, Any]


def bound(commands: Mapping[str, Command], name: str, controls: Sequence[Control], *, title: str, submit: str) -> Form:
    """The form of a command; without controls it has one for each argument.

    :raises FormFault:
    """
    command = _command(commands, name)
    arguments = {destination(each["name"]): each for each in command["args"]}
    chosen = {destination(each["name"].replace("_", "-")): each for each in controls}
    _check_names(name, arguments, chosen, len(controls))
    left_out = {key: each for key, each in arguments.items() if key not in chosen}
    if controls:
        _check_required(name, left_out)
    shown = chosen if controls else dict.fromkeys(arguments, None)
    fields = tuple(_field(key, arguments[key], control) for key, control in shown.items())
    if any(field.type == "file:write" for field in fields):
        fields += (Field("--overwrite", "flag", "checkbox", "Replace files that are there", value=False),)
    return Form(name, title or (command["title"] if fields else ""), submit, fields)


def bound_button(commands: Mapping[str, Command], name: str, values: Mapping[str, Any], *, label: str) -> Form:
    """A form without fields.

    :raises FormFault:
    """
    command = _command(commands, name)
    arguments = {destination(each["name"]): each for each in command["args"]}
    given = {destination(key.replace("_", "-")): value for key, value in values.items()}
    _check_names(name, arguments, given, len(values))
    for key in given:
        if arguments[key]["type"] in DESIGNATED:
            raise FormFault(f"a button names what {key!r} is: a plugin does not choose what is handed over to it")
    _check_required(name, {key: each for key, each in arguments.items() if key not in given})
    return Form(name, "", label, (), tuple(given.items()))


def _command(commands: Mapping[str, Command], name: str) -> Command:
    if name not in commands:
        raise FormFault(f"a form calls the command {name[:40]!r}, and the manifest declares {_listed(commands)}")
    return commands[name]


def _check_names(command: str, arguments: Mapping[str, Any], given: Mapping[str, Any], count: int) -> None:
    for key in given:
        if key not in arguments:
            raise FormFault(f"a form has {key[:40]!r}, and the command {command!r} takes {_listed(arguments)}")
    if len(given) != count:
        raise FormFault(f"a form of {command!r} has two controls for one argument")


def _check_required(command: str, left_out: Mapping[str, Any]) -> None:
    for key, argument in left_out.items():
        if argument.get("required"):
            raise FormFault(f"a form of {command!r} has nothing for {key!r}, which the command requires")


def _field(key: str, argument: Mapping[str, Any], control: Control | None) -> Field:
    kind = argument["type"]
    given = control or {}
    called = given.get("node") or _FITTING[kind][0]
    if called not in _FITTING[kind]:
        raise FormFault(f"{key!r} is a {kind}, for which there is {' or '.join(_FITTING[kind])}, not {called}")
    choices = tuple(given.get("choices") or argument.get("choices") or ())
    if kind == "choice" and not set(choices) <= set(argument["choices"]):
        raise FormFault(f"{key!r} offers more than the manifest's choices")
    value = given.get("value")
    return Field(
        name=key,
        type=kind,
        control=called,
        label=given.get("label") or key.replace("_", " ").capitalize(),
        help=f"{HANDED_OVER.get(kind, '')} {given.get('help') or argument.get('help') or ''}".strip(),
        value=argument.get("default") if value is None else value,
        choices=choices,
        minimum=given.get("minimum"),
        maximum=given.get("maximum"),
        step=given.get("step"),
        required=bool(argument.get("required")),
    )


def _listed(names: Mapping[str, Any]) -> str:
    return ", ".join(list(names)[:10]) or "none"
