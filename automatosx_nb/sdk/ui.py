"""What a handler shows: nodes that the host renders. Text in them is shown as text, never as HTML.

Nodes are immutable. ``Node.tree()`` is the plain form that crosses to the host; each dict in it has its kind
under ``node`` and the arguments of the function of that name beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from automatosx_nb.sdk._scalars import unboxed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MAX_IMAGE_BYTES = 16 * 1024 * 1024
_CONTROLS = ("text_field", "number", "slider", "checkbox", "select", "pick")


class Node:
    """One piece of a display. Made by the functions of this module."""

    __slots__ = ("_fields", "_kind")

    _kind: str
    _fields: tuple[tuple[str, Any], ...]

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a display node is immutable: make another one instead of setting {name!r}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a display node is immutable: make another one instead of deleting {name!r}")

    @property
    def kind(self) -> str:
        """As the function is called that makes it: ``text``, ``heading``, ``markdown``, ``table``, ``svg``, ``png``,
        ``metric``, ``stack``, ``row``, ``form``, ``button``, ``text_field``, ``number``, ``slider``, ``checkbox``,
        ``select`` or ``pick``.
        """
        return self._kind

    def tree(self) -> dict[str, Any]:
        """A new dict: ``{"node": kind, argument: value, ...}``; sequences become lists, nodes dicts."""
        return {"node": self._kind, **{name: _plain(value) for name, value in self._fields}}

    def __repr__(self) -> str:
        return f"<ui.{self._kind}>"


Cell: TypeAlias = "str | int | float | bool | Node | None"


def text(text: str) -> Node:
    """A paragraph, shown as written. Tree: ``text``."""
    return _node("text", text=_str("ui.text", "text", text))


def heading(text: str, level: int = 2) -> Node:
    """A heading; ``level`` 1 to 4. Tree: ``text``, ``level``."""
    if type(level) is not int or not 1 <= level <= 4:
        raise ValueError(f"ui.heading: level is 1, 2, 3 or 4, not {level!r}")
    return _node("heading", text=_str("ui.heading", "text", text), level=level)


def markdown(text: str) -> Node:
    """Markdown; HTML in it is sanitised. Tree: ``text``."""
    return _node("markdown", text=_str("ui.markdown", "text", text))


def table(columns: Iterable[str], rows: Iterable[Sequence[Cell]], caption: str = "") -> Node:
    """A table. A cell is a str, int, float, bool, None, or a node. Tree: ``columns``, ``rows``, ``caption``.

    :raises ValueError: if a row is not as long as ``columns``.
    """
    heads = tuple(_str("ui.table", "a column", name) for name in columns)
    body = tuple(_row(number, row, len(heads)) for number, row in enumerate(rows))
    return _node("table", columns=heads, rows=body, caption=_str("ui.table", "caption", caption))


def svg(source: str, alt: str) -> Node:
    """A picture as SVG; ``alt`` says in words what it shows. Scripts in it are removed.

    Tree: ``source``, ``alt``.
    """
    if "<svg" not in _str("ui.svg", "source", source)[:1024]:
        raise ValueError("ui.svg: source has to be an SVG document, beginning with <svg ...>")
    return _node("svg", source=source, alt=_alt("ui.svg", alt))


def png(data: bytes, alt: str) -> Node:
    """A picture as PNG; ``alt`` says in words what it shows. Tree: ``data`` (bytes), ``alt``."""
    if not isinstance(data, bytes) or not data.startswith(b"\x89PNG\r\n\x1a\n"):
        raise ValueError("ui.png: data has to be the bytes of a PNG file")
    if len(data) > MAX_IMAGE_BYTES:
        raise ValueError(f"ui.png: {len(data)} bytes are more than a picture's {MAX_IMAGE_BYTES}")
    return _node("png", data=data, alt=_alt("ui.png", alt))


def metric(label: str, value: str | int | float, note: str = "") -> Node:
    """One number that matters, with its label. Tree: ``label``, ``value``, ``note``."""
    number = unboxed(value)
    if not isinstance(number, str | int | float):
        raise TypeError(f"ui.metric: value is a str, int or float, not {_type(value)}")
    return _node(
        "metric",
        label=_str("ui.metric", "label", label),
        value=number,
        note=_str("ui.metric", "note", note),
    )


def stack(*nodes: Node) -> Node:
    """Nodes below each other. Tree: ``children``."""
    return _node("stack", children=_nodes("ui.stack", nodes))


def row(*nodes: Node) -> Node:
    """Nodes beside each other; they wrap where there is no room. Tree: ``children``."""
    return _node("row", children=_nodes("ui.row", nodes))


def form(command: str, *controls: Node, submit: str = "Run", title: str = "") -> Node:
    """Controls, and a button that calls a command of this plugin's manifest with what they say.

    Without controls it has one for each argument that the command declares.
    Tree: ``command``, ``controls``, ``submit``, ``title``.
    """
    for control in controls:
        if not isinstance(control, Node) or control.kind not in _CONTROLS:
            raise TypeError(f"ui.form takes controls ({', '.join(_CONTROLS)}), not {_named(control)}")
    return _node(
        "form",
        command=_str("ui.form", "command", command),
        controls=controls,
        submit=_str("ui.form", "submit", submit),
        title=_str("ui.form", "title", title),
    )


def button(label: str, command: str, values: Mapping[str, str | int | float | bool] | None = None) -> Node:
    """A button that calls a command of this plugin's manifest with these values of its arguments.

    Tree: ``label``, ``command``, ``values``.
    """
    given = {} if values is None else dict(values)
    for name, value in given.items():
        _str("ui.button", "the name of a value", name)
        if not isinstance(unboxed(value), str | int | float):
            raise TypeError(f"ui.button: the value {name!r} is a str, int, float or bool, not {_type(value)}")
    return _node(
        "button",
        label=_str("ui.button", "label", label),
        command=_str("ui.button", "command", command),
        values={name: unboxed(value) for name, value in given.items()},
    )


def text_field(name: str, label: str = "", value: str = "", help: str = "") -> Node:
    """A line of text, for an argument of type ``string``. Tree: ``name``, ``label``, ``value``, ``help``."""
    return _control("text_field", name, label, help, value=_str("ui.text_field", "value", value))


def number(
    name: str,
    label: str = "",
    value: int | float | None = None,
    minimum: int | float | None = None,
    maximum: int | float | None = None,
    step: int | float | None = None,
    help: str = "",
) -> Node:
    """A number, for an argument of type ``integer`` or ``number``.

    Tree: ``name``, ``label``, ``value``, ``minimum``, ``maximum``, ``step``, ``help``.
    """
    given = {"value": value, "minimum": minimum, "maximum": maximum, "step": step}
    return _control("number", name, label, help, **_numbers("ui.number", given))


def slider(
    name: str,
    minimum: int | float,
    maximum: int | float,
    value: int | float | None = None,
    label: str = "",
    step: int | float | None = None,
    help: str = "",
) -> Node:
    """A number between two others. Tree: as :func:`number`.

    :raises ValueError: ``minimum`` is not below ``maximum``.
    """
    given = _numbers("ui.slider", {"minimum": minimum, "maximum": maximum, "value": value, "step": step})
    if given["minimum"] is None or given["maximum"] is None or not given["minimum"] < given["maximum"]:
        raise ValueError(f"ui.slider: {minimum!r} is not below {maximum!r}")
    return _control("slider", name, label, help, **given)


def checkbox(name: str, label: str = "", value: bool = False, help: str = "") -> Node:
    """Yes or no, for an argument of type ``flag``. Tree: ``name``, ``label``, ``value``, ``help``."""
    if not isinstance(value, bool):
        raise TypeError(f"ui.checkbox: value is a bool, not {_type(value)}")
    return _control("checkbox", name, label, help, value=value)


def select(name: str, choices: Iterable[str], label: str = "", value: str | None = None, help: str = "") -> Node:
    """One of several texts, for an argument of type ``choice`` or ``string``.

    Tree: ``name``, ``choices``, ``label``, ``value``, ``help``.

    :raises ValueError: there is no choice, or ``value`` is none of them.
    """
    texts = tuple(_str("ui.select", "a choice", choice) for choice in choices)
    if not texts or value not in (None, *texts):
        raise ValueError(
            f"ui.select: {value!r} is none of its {len(texts)} choices" if texts else "ui.select: no choice"
        )
    return _control("select", name, label, help, choices=texts, value=value)


def pick(name: str, label: str = "", help: str = "") -> Node:
    """What the user names is handed over for this one call: for an argument of type ``variable``,
    ``file:read``, ``file:write`` or ``secret``. Tree: ``name``, ``label``, ``help``.
    """
    return _control("pick", name, label, help)


def _control(kind: str, name: object, label: object, help: object, **fields: Any) -> Node:
    where = f"ui.{kind}"
    texts = {"name": _str(where, "name", name), "label": _str(where, "label", label), "help": _str(where, "help", help)}
    return _node(kind, **texts, **fields)


def _numbers(where: str, given: dict[str, Any]) -> dict[str, Any]:
    plain = {name: unboxed(value) for name, value in given.items()}
    for name, value in plain.items():
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise TypeError(f"{where}: {name} is an int or a float, not {_type(value)}")
    return plain


def _named(thing: object) -> str:
    return f"ui.{thing.kind}" if isinstance(thing, Node) else _type(thing)


def _node(kind: str, **fields: Any) -> Node:
    node = object.__new__(Node)
    object.__setattr__(node, "_kind", kind)
    object.__setattr__(node, "_fields", tuple(fields.items()))
    return node


def _plain(value: Any) -> Any:
    if isinstance(value, Node):
        return value.tree()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def _type(value: object) -> str:
    return type(value).__name__


def _str(where: str, what: str, value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{where}: {what} is a str, not {_type(value)}; str(...) makes one")
    return str(value)


def _alt(where: str, value: object) -> str:
    if not _str(where, "alt", value).strip():
        raise ValueError(f"{where}: alt says in words what the picture shows; it may not be empty")
    return str(value)


def _nodes(where: str, nodes: tuple[object, ...]) -> tuple[Node, ...]:
    for node in nodes:
        if not isinstance(node, Node):
            raise TypeError(f"{where} takes nodes, not {_type(node)}; ui.text(...) makes one of a str")
    return nodes  # type: ignore[return-value]


def _row(number: int, row: Sequence[Cell], width: int) -> tuple[Cell, ...]:
    cells = tuple(map(unboxed, row)) if isinstance(row, list | tuple) else None
    if cells is None:
        raise TypeError(f"ui.table: row {number} is a list or tuple of cells, not {_type(row)}")
    if len(cells) != width:
        raise ValueError(f"ui.table: row {number} has {len(cells)} cells where there are {width} columns")
    for cell in cells:
        if cell is not None and not isinstance(cell, str | int | float | Node):
            raise TypeError(
                f"ui.table: a cell of row {number} is a {_type(cell)}; "
                "it can be a str, int, float, bool, None or a node"
            )
    return cells  # type: ignore[return-value]
