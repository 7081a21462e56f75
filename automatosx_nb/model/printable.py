"""Texts of plugins and publishers, made fit to be shown beside our own: nothing in them moves what stands around."""

from __future__ import annotations

import re
import unicodedata

_OVERRIDES = frozenset(("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"))
_COLOUR = re.compile(r"(\x1b\[[0-9;]{0,40}m)")


def printable(text: str) -> str:
    """``text`` without what moves the cursor, colours what follows, or changes the direction of writing.

    Line ends stay, a tab becomes a space, anything else of that kind ``U+FFFD``.
    """
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return "".join(c if c == "\n" or _is_printable(c) else " " if c == "\t" else "�" for c in text)


def printable_output(text: str) -> str:
    """The same for what a plugin prints: colours, tabs and returns to the start of the line are its own affair."""
    if "\x1b" not in text and text.isascii() and text.translate(_KEPT).isprintable():
        return text
    pieces = _COLOUR.split(text)
    return "".join(
        piece if place % 2 else "".join(c if c in "\n\t\r" or _is_printable(c) else "�" for c in piece)
        for place, piece in enumerate(pieces)
    )


_KEPT = str.maketrans("", "", "\n\t\r")


def _is_printable(character: str) -> bool:
    controls = unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")
    return not controls and unicodedata.bidirectional(character) not in _OVERRIDES
