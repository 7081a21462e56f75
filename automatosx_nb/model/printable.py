"""Texts of plugins and publishers, made fit to be shown beside our own: nothing in them moves what stands around."""

from __future__ import annotations

import re

from automatosx_nb.errors.root import is_printable, printable

__all__ = ["one_line", "printable", "printable_output"]

_COLOUR = re.compile(r"(\x1b\[[0-9;]{0,40}m)")


def one_line(text: str) -> str:
    """Somebody's words as one line that can be printed anywhere."""
    return " ".join(printable(text).split())


def printable_output(text: str) -> str:
    """The same for what a plugin prints: colours, tabs and returns to the start of the line are its own affair."""
    if "\x1b" not in text and text.isascii() and text.translate(_KEPT).isprintable():
        return text
    pieces = _COLOUR.split(text)
    return "".join(
        piece if place % 2 else "".join(c if c in "\n\t\r" or is_printable(c) else "�" for c in piece)
        for place, piece in enumerate(pieces)
    )


_KEPT = str.maketrans("", "", "\n\t\r")
