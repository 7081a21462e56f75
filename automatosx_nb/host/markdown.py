"""Markdown from publishers, as HTML that is safe to put into somebody's notebook, or on the registry's page."""

from __future__ import annotations

import html
import re
from urllib.parse import urlsplit

import mistune
import nh3
from mistune.util import safe_entity

TOP_HEADING = 4
"""A dialog's title is an ``h3``: the highest heading of a document in it becomes an ``h4``, unless told otherwise."""
LONGEST = 200_000
"""Characters; what is longer is cut, with a note."""
_SCHEMES = {"http", "https", "mailto"}
_TAGS = {
    "p",
    "br",
    "hr",
    "h3",
    "h4",
    "h5",
    "h6",
    "ul",
    "ol",
    "li",
    "blockquote",
    "pre",
    "code",
    "em",
    "strong",
    "del",
    "a",
}
_TAGS |= {"table", "thead", "tbody", "tr", "th", "td"}
_HEADING = re.compile(r"<(/?)h([1-6])>")
_ATTRIBUTES = {"a": {"href", "title"}, "th": {"align"}, "td": {"align"}, "ol": {"start"}}


class _Renderer(mistune.HTMLRenderer):
    """Raw HTML shows as text; a picture shows its description, since nothing is fetched from the network."""

    def __init__(self) -> None:
        super().__init__(escape=True)

    def text(self, text: str) -> str:
        """An entity is its character (https://spec.commonmark.org/0.31.2/#entity-and-numeric-character-references)."""
        return safe_entity(text)

    def heading(self, text: str, level: int, **_attributes: object) -> str:
        return f"<h{level}>{text}</h{level}>\n"

    def link(self, text: str, url: str, title: str | None = None) -> str:
        return super().link(text, url, title) if urlsplit(url).scheme in _SCHEMES else text

    def image(self, text: str, url: str, title: str | None = None) -> str:
        return f"<em>{html.escape(html.unescape(text))}</em>" if text else ""


_TO_HTML = mistune.create_markdown(renderer=_Renderer(), plugins=["table", "strikethrough", "url"])


def _below_a_title(rendered: str, top: int) -> str:
    """``rendered`` with its headings moved together, from level ``top`` on.

    Raw HTML was escaped, so that every tag in it is ours.
    """
    highest = min((int(level) for _, level in _HEADING.findall(rendered)), default=1)

    def moved(match: re.Match[str]) -> str:
        return f"<{match[1]}h{min(int(match[2]) - highest + top, 6)}>"

    return _HEADING.sub(moved, rendered)


def to_safe_html(text: str, *, top: int = TOP_HEADING) -> str:
    """``text`` as HTML with headings from level ``top`` on (3 to 6), no scripts, styles, pictures or relative links."""
    if len(text) > LONGEST:
        text = text[:LONGEST] + "\n\n*(cut here: the rest is in the artifact)*"
    return nh3.clean(
        _below_a_title(str(_TO_HTML(text)), top),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
