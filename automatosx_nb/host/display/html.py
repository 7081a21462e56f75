"""Nodes to HTML that stands by itself: one ``<style>``, scoped by a class prefix, and no script.

JupyterLab drops ``<style>`` from notebooks that it does not trust, so the markup has to read well without it:
real tables, headings and paragraphs. Colours follow JupyterLab's theme variables, VS Code's where those are
not defined, and the page's own text colour elsewhere.
"""

from __future__ import annotations

import base64
from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from automatosx_nb.host.display.cells import first_text, numeric_columns, scalar_text
from automatosx_nb.host.display.forms import Field, Form
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

if TYPE_CHECKING:
    from collections.abc import Callable


def to_html(node: Node, *, byline: str) -> str:
    foot = f'<div class="axd-foot">{escape(byline)}</div>'
    return f'<div class="axd"><style>{_style()}</style>{_html(node)}{foot}</div>'


@cache
def _style() -> str:
    return files(__package__).joinpath("style.css").read_text(encoding="utf-8")


def _html(node: Node) -> str:
    write: Callable[..., str] = _WRITERS[type(node)]
    return write(node)


def _text(node: Text) -> str:
    return f'<p class="axd-text">{escape(node.text)}</p>'


def _heading(node: Heading) -> str:
    return f"<h{node.level}>{escape(node.text)}</h{node.level}>"


def _markdown(node: Markdown) -> str:
    return f'<div class="axd-md">{markdown_to_html(node.text)}</div>'


def _svg(node: Svg) -> str:
    return _image("image/svg+xml", node.source.encode(), node.alt)


def _png(node: Png) -> str:
    return _image("image/png", node.data, node.alt)


def _image(mime: str, data: bytes, alt: str) -> str:
    return f'<img src="data:{mime};base64,{base64.b64encode(data).decode()}" alt="{escape(alt)}">'


def _metric(node: Metric) -> str:
    note = f'<span class="axd-note">{escape(node.note)}</span>' if node.note else ""
    return (
        f'<div class="axd-metric"><span class="axd-label">{escape(node.label)} </span>'
        f'<span class="axd-value">{escape(scalar_text(node.value))} </span>{note}</div>'
    )


# In the cell, not in the style sheet: where JupyterLab drops that, its own aligns every cell to the right.
_LEFT = ' style="text-align:left"'


def _table(node: Table) -> str:
    numeric = numeric_columns(node)
    kinds = [' class="axd-n"' if place in numeric else _LEFT for place in range(len(node.columns))]
    head = "".join(f'<th scope="col"{kind}>{escape(name)}</th>' for name, kind in zip(node.columns, kinds, strict=True))
    body = "".join(_table_row(row, kinds) for row in node.rows)
    caption = f"<caption>{escape(node.caption)}</caption>" if node.caption else ""
    table = f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="axd-scroll">{table}</div>'


def _table_row(row: tuple[Cell, ...], kinds: list[str]) -> str:
    cells = "".join(f"<td{kind}>{_cell(value)}</td>" for value, kind in zip(row, kinds, strict=True))
    return f"<tr>{cells}</tr>"


def _cell(value: Cell) -> str:
    if value is None:
        return f'<span class="axd-none">{scalar_text(None)}</span>'
    if isinstance(value, str | int | float):
        return escape(scalar_text(value))
    return _html(value)


def _stack(node: Stack) -> str:
    return f'<div class="axd-stack">{"".join(map(_html, node.children))}</div>'


def _row(node: Row) -> str:
    metrics = " axd-metrics" if all(isinstance(child, Metric) for child in node.children) else ""
    items = "".join(f"<div>{_html(child)}</div>" for child in node.children)
    return f'<div class="axd-row{metrics}">{items}</div>'


def _form(node: Form) -> str:
    """As it stands, for readers: what can be filled in is :mod:`automatosx_nb.widgets.forms`."""
    title = f'<p class="axd-strong">{escape(node.title)}</p>' if node.title else ""
    rows = "".join(_field(field) for field in node.fields)
    table = f'<div class="axd-scroll"><table><tbody>{rows}</tbody></table></div>' if rows else ""
    return (
        f'<div class="axd-form">{title}{table}<p class="axd-note">“{escape(node.submit)}” works while the kernel runs: '
        "run this cell again.</p></div>"
    )


def _field(field: Field) -> str:
    help_text = f' <span class="axd-note">{escape(field.help)}</span>' if field.help else ""
    value = f"{escape(first_text(field))}{help_text}"
    return f'<tr><th scope="row"{_LEFT}>{escape(field.label)}</th><td{_LEFT}>{value}</td></tr>'


_WRITERS: dict[type, Callable[..., str]] = {
    Text: _text,
    Heading: _heading,
    Markdown: _markdown,
    Svg: _svg,
    Png: _png,
    Metric: _metric,
    Table: _table,
    Stack: _stack,
    Row: _row,
    Form: _form,
}

# What markdown may become. No images: one would tell its server that the notebook was opened.
_TAGS = {"a", "p", "br", "hr", "em", "strong", "del", "code", "pre", "blockquote", "ul", "ol", "li"}
_TAGS |= {"h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"}


def markdown_to_html(source: str) -> str:
    """``source`` rendered, raw HTML in it shown as text, the result sanitised; links lead to the web only."""
    import nh3

    return nh3.clean(
        str(_markdown_renderer()(source)),
        tags=_TAGS,
        attributes={"a": {"href", "title"}},
        attribute_filter=_to_the_web,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
    )


def _to_the_web(_tag: str, attribute: str, value: str) -> str | None:
    """A relative link would lead to the reader's own Jupyter server, with the reader's cookies."""
    return value if attribute != "href" or value.startswith(("http://", "https://", "mailto:")) else None


@cache
def _markdown_renderer() -> Callable[[str], object]:
    import mistune  # at the first markdown shown: most displays have none

    return mistune.create_markdown(escape=True, plugins=["table", "strikethrough"])
