"""Nodes to plain text: what IPython in a terminal, papermill's log and ``nbconvert --to script`` show."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from automatosx_nb.host.display.cells import first_text, numeric_columns, scalar_text
from automatosx_nb.host.display.forms import Form
from automatosx_nb.host.display.nodes import (
    Cell,
    Heading,
    Markdown,
    Metric,
    Node,
    Png,
    Row,
    Stack,
    Svg,
    Table,
    Text,
)
from automatosx_nb.model.printable import one_line, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

WIDTH = 110
"""Columns of the terminal that tables are cut for."""
MAX_CELL = 38
"""Columns of the terminal that one cell takes at most."""
_LOOKED_AT = 4 * MAX_CELL
"""Characters of a cell that are looked at, combining marks included: what is behind them costs nothing."""


def to_text(node: Node) -> str:
    write: Callable[..., str] = _WRITERS[type(node)]
    return write(node)


def _words(node: Text | Markdown) -> str:
    return printable(node.text.strip("\n"))


def _heading(node: Heading) -> str:
    text = printable(node.text)
    return f"{text}\n{('=' if node.level == 1 else '-') * min(columns(text), WIDTH)}" if node.level < 4 else text


def _picture(node: Svg | Png) -> str:
    return f"[{printable(node.alt)}]"


def _metric(node: Metric) -> str:
    note = f" ({printable(node.note)})" if node.note else ""
    return f"{printable(node.label)}: {printable(scalar_text(node.value))}{note}"


def _stack(node: Stack) -> str:
    return "\n\n".join(filter(None, map(to_text, node.children)))


def _row(node: Row) -> str:
    parts = [to_text(child) for child in node.children]
    return "   ".join(parts) if all("\n" not in part for part in parts) else "\n\n".join(parts)


def _form(node: Form) -> str:
    fields = [f"  {field.label}: {first_text(field)}" for field in node.fields]
    lines = [*([node.title] if node.title else []), *fields, f"  [{node.submit}: %ax run … {node.command}]"]
    return "\n".join(printable(line.replace("\n", " ")) for line in lines)


def _table(node: Table) -> str:
    """The table in blocks no wider than the terminal, the first column at the head of each."""
    grid = [
        [_one_line(name) for name in node.columns],
        *([_one_line(_cell(v)) for v in row] for row in node.rows),
    ]
    if not node.columns:
        return printable(node.caption)
    widths = [max(columns(line[place]) for line in grid) for place in range(len(node.columns))]
    right = numeric_columns(node)
    blocks = ["\n".join(_lines(grid, block, widths, right)) for block in _blocks(widths)]
    return "\n\n".join([printable(node.caption), *blocks] if node.caption else blocks)


def _blocks(widths: Sequence[int]) -> Iterator[list[int]]:
    block, used = [0], widths[0]
    for place in range(1, len(widths)):
        if used + 2 + widths[place] > WIDTH and len(block) > 1:
            yield block
            block, used = [0], widths[0]
        block.append(place)
        used += 2 + widths[place]
    yield block


def _lines(grid: list[list[str]], block: list[int], widths: Sequence[int], right: frozenset[int]) -> Iterator[str]:
    for number, line in enumerate(grid):
        yield "  ".join(_pad(line[place], widths[place], place in right) for place in block).rstrip()
        if number == 0:
            yield "  ".join("─" * widths[place] for place in block)


def _cell(value: Cell) -> str:
    if isinstance(value, Svg | Png):
        return value.alt
    if value is None or isinstance(value, str | int | float):
        return scalar_text(value)
    return to_text(value)


def _one_line(text: str) -> str:
    line = one_line(text[:_LOOKED_AT])
    if columns(line) <= MAX_CELL:
        return line
    while columns(line) > MAX_CELL - 1:
        line = line[: max(1, min(len(line) - 1, MAX_CELL))]
    return f"{line}…"


def _pad(text: str, width: int, right: bool) -> str:
    blank = " " * (width - columns(text))
    return blank + text if right else text + blank


def columns(text: str) -> int:
    """How many columns ``text`` takes in a terminal (Unicode Annex 11; combining marks take none)."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) > 0 for c in text)


_WRITERS: dict[type, Callable[..., str]] = {
    Text: _words,
    Heading: _heading,
    Markdown: _words,
    Svg: _picture,
    Png: _picture,
    Metric: _metric,
    Table: _table,
    Stack: _stack,
    Row: _row,
    Form: _form,
}
