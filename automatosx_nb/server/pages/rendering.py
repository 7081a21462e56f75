"""Templates: everything in them is escaped, and a name that is missing is an error."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from automatosx_nb.commands.text import size
from automatosx_nb.model.changelog import untitled
from automatosx_nb.model.names import publisher_of, short_name
from automatosx_nb.server.documents import document_html
from automatosx_nb.server.pages.dossier import diff_lines


def render(name: str, **values: Any) -> str:
    """The page made of the template ``name``."""
    return _environment().get_template(f"{name}.html").render(**values)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("automatosx_nb.server.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"size": size, "day": day, "label": label, "markdown": _markdown, "count": _count}
    made.filters |= {"untitled": untitled, "short": short_name, "publisher": publisher_of, "diff_lines": diff_lines}
    return made


def day(time: str) -> str:
    """``2026-11-26T…`` → ``26 Nov 2026``; what is no time as it is."""
    try:
        moment = datetime.fromisoformat(time)
    except ValueError:
        return time
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def label(slug: str) -> str:
    """``data-quality`` → ``Data quality``"""
    words = slug.replace("-", " ")
    return words[:1].upper() + words[1:]


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def _markdown(text: str) -> Markup:
    """A page's sections have ``h2``: a document's headings begin below."""
    return Markup(document_html(text))  # noqa: S704 - it was sanitised
