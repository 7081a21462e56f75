"""A typed line as words: a shell's quoting, but for what stands in brackets behind a name.

``df[["a", "b"]] --strict`` is two words, the first as it was typed: the quotes and blanks in it are Python's.
"""

from __future__ import annotations

import io
import os
import re
import shlex

from automatosx_nb.errors import UsageError

BACKSLASH_ESCAPES = os.name != "nt"
"""Whether a backslash takes the meaning of the next sign away; on Windows it parts folders."""
_NAME = re.compile(r"(?:--[a-z][a-z0-9-]*=)?[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_ATTRIBUTES = re.compile(r"(?:\.[^\W\d]\w*)*")
_TEXT = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_CLOSING = {"[": "]", "(": ")", "{": "}"}


def split_line(line: str, usage: str) -> list[str]:
    """The words of a typed line.

    :raises UsageError: a quote that is not closed.
    """
    words = _Shell(line)
    found: list[str] = []
    at = 0
    try:
        while (at := words.next_word(at)) < len(line):
            end = _after_selection(line, at)
            rest, stop = words.read(end)
            found.append(line[at:end] + rest)
            at = stop
    except ValueError as error:
        raise UsageError(f"cannot read the line: {str(error).lower()}", usage) from error
    return found


class _Shell:
    """``shlex`` by position."""

    def __init__(self, line: str) -> None:
        self._line = line
        self._stream = io.StringIO(line)
        self._lexer = shlex.shlex(self._stream, posix=True, punctuation_chars=False)
        self._lexer.whitespace_split, self._lexer.commenters = True, ""
        if not BACKSLASH_ESCAPES:
            self._lexer.escape = ""

    def next_word(self, at: int) -> int:
        while at < len(self._line) and self._line[at] in self._lexer.whitespace:
            at += 1
        return at

    def read(self, at: int) -> tuple[str, int]:
        """What is left of a word from ``at`` on, without its quotes, and where that ends.

        :raises ValueError: a quote is not closed.
        """
        if self.next_word(at) != at or at == len(self._line):
            return "", at
        self._stream.seek(at)
        return self._lexer.get_token() or "", self._stream.tell()


def _after_selection(line: str, at: int) -> int:
    """Where the selection that begins ``at`` ends; ``at`` itself where there is no bracket behind a name."""
    name, end = _NAME.match(line, at), at
    here = at if name is None else name.end()
    while here < len(line) and here > at and line[here] in "[(":
        here = _after_bracket(line, here)
        if here > 0:
            match = _ATTRIBUTES.match(line, here)
            end = here = here if match is None else match.end()
    return end


def _after_bracket(line: str, at: int) -> int:
    """Behind the bracket that closes the one ``at``; -1: none does."""
    closing: list[str] = []
    while at < len(line):
        sign = line[at]
        text = _TEXT.match(line, at) if sign in "\"'" else None
        if sign in _CLOSING:
            closing.append(_CLOSING[sign])
        elif (sign in "])}" and closing.pop() != sign) or (sign in "\"'" and text is None):
            return -1
        at = at + 1 if text is None else text.end()
        if not closing:
            return at
    return -1
