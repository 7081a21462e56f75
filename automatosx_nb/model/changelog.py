"""The part of a changelog that is news: sections headed by a version, as https://keepachangelog.com has them."""

from __future__ import annotations

import re

from automatosx_nb.errors import InvalidVersion
from automatosx_nb.model.semver import Version

_TITLE = re.compile(r"\A\s*# +(?:the )?change ?log *#* *(?:\n|\Z)", re.IGNORECASE)
_HEADING = re.compile(r"^#{1,6}\s+\[?v?(\d[^\s\]]*)\]?", re.MULTILINE)


def news(markdown: str, old: str, new: str) -> str:
    """The sections of versions above ``old`` up to ``new``; all of it where no section is headed by a version."""
    headings = [(match.start(), version) for match in _HEADING.finditer(markdown) if (version := _version(match[1]))]
    if not headings:
        return markdown.strip()
    low, high = Version.parse(old), Version.parse(new)
    ends = [start for start, _version in headings[1:]] + [len(markdown)]
    sections = [
        markdown[start:end].strip()
        for (start, version), end in zip(headings, ends, strict=True)
        if low < version <= high
    ]
    return "\n\n".join(sections)


def untitled(markdown: str) -> str:
    """Without its first heading where that only says what it is, for a page that says so already."""
    return _TITLE.sub("", markdown, count=1)


def _version(text: str) -> Version | None:
    try:
        return Version.parse(text)
    except InvalidVersion:
        return None
