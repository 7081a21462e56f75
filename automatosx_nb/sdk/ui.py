"""What a handler shows: nodes that the host renders. Text in them is shown as text, never as HTML.

Nodes are immutable. ``Node.tree()`` is the plain form that crosses to the host; each dict in it has its kind
under ``node`` and the arguments of the function of that name beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from automatosx_nb.sdk._scalars import unboxed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_IMAGE_BYTES = 16 * 1024 * 1024


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
        """``text``, ``heading``, ``markdown``, ``table``, ``svg``, ``png``, ``metric``,
        ``stack`` or ``row``.
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
