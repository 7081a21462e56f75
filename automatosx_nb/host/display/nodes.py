"""The closed set of display nodes, and the parser that lets nothing else through.

A node on the wire is a dict with a ``node`` key that names its kind; the other keys are the fields of the
dataclass of that kind below, all of them and no others.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from automatosx_nb.errors import ProtocolViolation
from automatosx_nb.host.display.forms import (
    MAX_CHOICES,
    MAX_CONTROLS,
    MAX_FORMS,
    MAX_LABEL,
    MAX_VALUE,
    Command,
    Form,
    FormFault,
    bound,
    bound_button,
)
from automatosx_nb.model.escaping import html_size

MAX_DEPTH = 32
"""Deepest nesting of nodes, a table's cells included."""
MAX_NODES = 50_000
"""Most nodes and table cells in one display."""
MAX_TEXT = 16 * 2**20
"""Most bytes of all the fields of one display, a text as it is escaped in a saved notebook."""
MAX_MARKDOWN = 2**18
"""Most characters of markdown in one display: rendering hostile markdown takes some 20 µs a character."""
MAX_COLUMNS = 500
T = TypeVar("T")
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Heading:
    text: str
    level: int
    """1–6."""


@dataclass(frozen=True, slots=True)
class Markdown:
    text: str


@dataclass(frozen=True, slots=True)
class Svg:
    source: str
    alt: str


@dataclass(frozen=True, slots=True)
class Png:
    data: bytes
    alt: str


@dataclass(frozen=True, slots=True)
class Metric:
    label: str
    value: str | int | float | bool | None
    note: str


@dataclass(frozen=True, slots=True)
class Table:
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    """Each as long as ``columns``."""
    caption: str


@dataclass(frozen=True, slots=True)
class Stack:
    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Row:
    children: tuple[Node, ...]


Node: TypeAlias = Text | Heading | Markdown | Svg | Png | Metric | Table | Stack | Row | Form
Scalar: TypeAlias = str | int | float | bool | None
Cell: TypeAlias = Scalar | Node


def parse(tree: object, commands: Mapping[str, Command] | None = None) -> Node:
    """The node that ``tree`` stands for; ``commands`` are those that its forms may call.

    :raises ProtocolViolation: on anything that is not exactly a node, and over a limit of this module.
    """
    return _Parser(commands or {}).node(tree, depth=1)


def forms_of(node: Node) -> tuple[Form, ...]:
    """In the order in which they stand."""
    if isinstance(node, Form):
        return (node,)
    children = node.children if isinstance(node, Stack | Row) else ()
    return tuple(form for child in children for form in forms_of(child))


def without_forms(node: Node) -> Node | None:
    """``node`` without its forms; None where nothing is left."""
    if isinstance(node, Form):
        return None
    if not isinstance(node, Stack | Row):
        return node
    children = tuple(child for child in map(without_forms, node.children) if child is not None)
    return type(node)(children) if children or not node.children else None


class _Parser:
    """Parses one tree, and counts what it has let through so far."""

    def __init__(self, commands: Mapping[str, Command]) -> None:
        self._commands = commands
        self._forms = 0
        self._controls = 0
        self._nodes = 0
        self._text = 0
        self._markdown = 0

    def node(self, tree: object, depth: int) -> Node:
        if not isinstance(tree, Mapping):
            raise _violation(f"a {type(tree).__name__} where a display node is due")
        if depth > MAX_DEPTH:
            raise _violation(f"nodes are nested deeper than {MAX_DEPTH}")
        self._count()
        kind = tree.get("node")
        parse_kind = _KINDS.get(kind) if isinstance(kind, str) else None
        if parse_kind is None:
            raise _violation(f"there is no node {str(kind)[:40]!r}")
        return parse_kind(self, _Fields(str(kind), tree), depth)

    def _count(self) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise _violation(f"it has more than {MAX_NODES} nodes and cells")

    def _measure(self, size: int) -> None:
        self._text += size
        if self._text > MAX_TEXT:
            raise _violation(f"it is larger than {MAX_TEXT // 2**20} MiB")

    def _string(self, fields: _Fields, name: str, size: Callable[[str], int] = html_size) -> str:
        value = fields.take(name)
        if not isinstance(value, str):
            raise fields.wrong(name, value, "text")
        self._measure(size(value))
        return value

    def _scalar(self, value: object, where: str) -> Scalar:
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, str):
            self._measure(html_size(value))
            return value
        raise _violation(f"{where} is a {type(value).__name__}")

    def _cell(self, value: object, depth: int) -> Cell:
        if isinstance(value, Mapping):
            node = self.node(value, depth + 1)
            if forms_of(node):
                raise _violation("a table's cell holds a form or a button")
            return node
        self._count()
        return self._scalar(value, "a table's cell")

    def _children(self, fields: _Fields, depth: int) -> tuple[Node, ...]:
        return tuple(self.node(child, depth + 1) for child in fields.sequence("children"))

    # --- one method a kind ---

    def text(self, fields: _Fields, depth: int) -> Text:
        return fields.done(Text(self._string(fields, "text")))

    def heading(self, fields: _Fields, depth: int) -> Heading:
        level = fields.take("level")
        if type(level) is not int or not 1 <= level <= 6:
            raise fields.wrong("level", level, "a whole number from 1 to 6")
        return fields.done(Heading(self._string(fields, "text"), level))

    def markdown(self, fields: _Fields, depth: int) -> Markdown:
        text = self._string(fields, "text")
        self._markdown += len(text)
        if self._markdown > MAX_MARKDOWN:
            raise _violation(f"it has more than {MAX_MARKDOWN} characters of markdown")
        return fields.done(Markdown(text))

    def svg(self, fields: _Fields, depth: int) -> Svg:
        source = self._string(fields, "source", len)  # it is no HTML here, but the data of a picture
        if not source.lstrip().startswith("<svg"):
            raise _violation("the source of a svg node does not start with <svg")
        if "<!" in source.replace("<!--", ""):
            raise _violation("a svg node declares a document type or entities")
        return fields.done(Svg(source, self._string(fields, "alt")))

    def png(self, fields: _Fields, depth: int) -> Png:
        data = fields.take("data")
        if not isinstance(data, bytes) or not data.startswith(PNG_SIGNATURE):
            raise fields.wrong("data", data, "the bytes of a PNG file")
        self._measure(len(data))
        return fields.done(Png(data, self._string(fields, "alt")))

    def metric(self, fields: _Fields, depth: int) -> Metric:
        value = self._scalar(fields.take("value"), "a metric's value")
        return fields.done(Metric(self._string(fields, "label"), value, self._string(fields, "note")))

    def table(self, fields: _Fields, depth: int) -> Table:
        columns = fields.sequence("columns")
        if len(columns) > MAX_COLUMNS:
            raise _violation(f"a table has {len(columns)} columns; the most is {MAX_COLUMNS}")
        names = tuple(self._header(name) for name in columns)
        rows = tuple(self._row_of_cells(row, len(names), depth) for row in fields.sequence("rows"))
        return fields.done(Table(names, rows, self._string(fields, "caption")))

    def _header(self, name: object) -> str:
        if not isinstance(name, str):
            raise _violation(f"a column of a table is named by a {type(name).__name__}")
        self._count()
        self._measure(html_size(name))
        return name

    def _row_of_cells(self, row: object, width: int, depth: int) -> tuple[Cell, ...]:
        self._count()
        if not isinstance(row, list | tuple) or len(row) != width:
            raise _violation(f"a row of a table is not a list of {width} cells, one for each column")
        return tuple(self._cell(value, depth) for value in row)

    def stack(self, fields: _Fields, depth: int) -> Stack:
        return fields.done(Stack(self._children(fields, depth)))

    def row(self, fields: _Fields, depth: int) -> Row:
        return fields.done(Row(self._children(fields, depth)))

    # --- forms ---

    def form(self, fields: _Fields, _depth: int) -> Form:
        self._count_form()
        command, title, submit = (self._line(fields, name) for name in ("command", "title", "submit"))
        controls = [self._control(control) for control in fields.sequence("controls")]
        try:
            return fields.done(bound(self._commands, command, controls, title=title, submit=submit))
        except FormFault as fault:
            raise _violation(str(fault)) from fault

    def button(self, fields: _Fields, _depth: int) -> Form:
        self._count_form()
        command, label = (self._line(fields, name) for name in ("command", "label"))
        values = fields.take("values")
        if not isinstance(values, Mapping) or len(values) > MAX_CONTROLS:
            raise fields.wrong("values", values, "a short dict")
        given = {str(name): self._first_value(value, f"the value {str(name)[:40]!r}") for name, value in values.items()}
        try:
            return fields.done(bound_button(self._commands, command, given, label=label))
        except FormFault as fault:
            raise _violation(str(fault)) from fault

    def _count_form(self) -> None:
        self._forms += 1
        if self._forms > MAX_FORMS:
            raise _violation(f"it has more than {MAX_FORMS} forms and buttons")

    def _line(self, fields: _Fields, name: str) -> str:
        text = self._string(fields, name)
        if len(text) > MAX_LABEL:
            raise _violation(f"{name!r} of a form or a control has more than {MAX_LABEL} characters")
        return text

    def _control(self, tree: object) -> dict[str, Any]:
        self._controls += 1
        if self._controls > MAX_CONTROLS:
            raise _violation(f"it has more than {MAX_CONTROLS} controls")
        self._count()
        kind = tree.get("node") if isinstance(tree, Mapping) else None
        if not isinstance(tree, Mapping) or not isinstance(kind, str) or kind not in _CONTROL_FIELDS:
            raise _violation(f"there is no control {str(kind)[:40]!r}")
        fields = _Fields(kind, tree)
        found: dict[str, Any] = {name: self._line(fields, name) for name in ("name", "label", "help")}
        for name in _CONTROL_FIELDS[kind]:
            found[name] = self._choices(fields) if name == "choices" else self._first_value(fields.take(name), name)
        return fields.done({"node": kind, **found})

    def _choices(self, fields: _Fields) -> tuple[str, ...]:
        choices = fields.sequence("choices")
        if not 0 < len(choices) <= MAX_CHOICES:
            raise _violation(f"a select has {len(choices)} choices; it can have 1 to {MAX_CHOICES}")
        return tuple(self._choice(choice) for choice in choices)

    def _choice(self, choice: object) -> str:
        if not isinstance(choice, str) or len(choice) > MAX_LABEL:
            raise _violation(f"a choice is no text of at most {MAX_LABEL} characters")
        self._measure(html_size(choice))
        return choice

    def _first_value(self, value: object, where: str) -> Scalar:
        found = self._scalar(value, where)
        if isinstance(found, str) and len(found) > MAX_VALUE:
            raise _violation(f"{where} has more than {MAX_VALUE} characters")
        if isinstance(found, float) and not math.isfinite(found):
            raise _violation(f"{where} is no finite number")
        return found


_KINDS: Mapping[str, Callable[[_Parser, _Fields, int], Node]] = {
    "text": _Parser.text,
    "heading": _Parser.heading,
    "markdown": _Parser.markdown,
    "svg": _Parser.svg,
    "png": _Parser.png,
    "metric": _Parser.metric,
    "table": _Parser.table,
    "stack": _Parser.stack,
    "row": _Parser.row,
    "form": _Parser.form,
    "button": _Parser.button,
}
_CONTROL_FIELDS: Mapping[str, tuple[str, ...]] = {
    "text_field": ("value",),
    "number": ("value", "minimum", "maximum", "step"),
    "slider": ("value", "minimum", "maximum", "step"),
    "checkbox": ("value",),
    "select": ("choices", "value"),
    "pick": (),
}
"""A control's own fields, beside its name, label and help."""


class _Fields:
    """The fields of one node: each is taken once, and none may be left over."""

    def __init__(self, kind: str, tree: Mapping[str, Any]) -> None:
        self._kind = kind
        self._rest = {name: value for name, value in tree.items() if name != "node"}

    def take(self, name: str) -> object:
        if name not in self._rest:
            raise _violation(f"a {self._kind} node has no {name!r}")
        value: object = self._rest.pop(name)
        return value

    def sequence(self, name: str) -> list[object] | tuple[object, ...]:
        value = self.take(name)
        if not isinstance(value, list | tuple):
            raise self.wrong(name, value, "a list")
        return value

    def wrong(self, name: str, value: object, valid: str) -> ProtocolViolation:
        return _violation(f"{name!r} of a {self._kind} node is a {type(value).__name__}, not {valid}")

    def done(self, node: T) -> T:
        if self._rest:
            unknown = ", ".join(sorted(map(str, self._rest)))[:80]
            raise _violation(f"a {self._kind} node has no field {unknown}")
        return node


def _violation(reason: str) -> ProtocolViolation:
    return ProtocolViolation(f"its display is malformed: {reason}")
