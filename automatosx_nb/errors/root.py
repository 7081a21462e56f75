"""The root of every error, and its two families.

An error is a record: it carries the objects that it is about, and makes its text in ``__str__`` from two
sentences, :meth:`AutomatosxError.problem` (what happened) and :meth:`AutomatosxError.next_step` (what to do now).
What it quotes may be a stranger's, so nothing in that text moves a terminal's cursor.
Two families, by who has to act: :class:`UserError` (whoever reads it) and :class:`PlatformError` (we, or whoever
runs the machine).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import cache
from typing import Any, ClassVar, dataclass_transform

_OVERRIDES = frozenset(("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"))


def printable(text: str) -> str:
    """``text`` without what moves the cursor, colours what follows, or changes the direction of writing.

    Line ends stay, a tab becomes a space, anything else of that kind ``U+FFFD``.
    """
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return "".join(
        c if c == "\n" or is_printable(c) else " " if c == "\t" else "\N{REPLACEMENT CHARACTER}" for c in text
    )


def is_printable(character: str) -> bool:
    controls = unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")
    return not controls and unicodedata.bidirectional(character) not in _OVERRIDES


@dataclass_transform(eq_default=False)
class AutomatosxError(Exception):
    """The root of the hierarchy. ``code`` is a stable slug for machines (JSON output, problem documents).

    A subclass annotates what it carries, as a dataclass does, and is made with those values by position or by name.
    It is no dataclass: making one costs a third of a millisecond, and this module is part of ``%load_ext``.
    """

    code: ClassVar[str] = "error"

    def __init__(self, *values: Any, **named: Any) -> None:
        super().__init__(*values)
        fields = self.fields()
        given = dict(zip(fields, values, strict=False), **named)
        if len(values) > len(fields) or not given.keys() <= set(fields):
            raise TypeError(f"{type(self).__name__} takes {', '.join(fields)}")
        missing = [name for name in fields if name not in given and not hasattr(type(self), name)]
        if missing:
            raise TypeError(f"{type(self).__name__} needs {', '.join(missing)}")
        vars(self).update(given)

    @classmethod
    @cache
    def fields(cls) -> tuple[str, ...]:
        """The names of what it carries, in the order of the positional arguments."""
        annotated = [name for kind in reversed(cls.__mro__) for name in vars(kind).get("__annotations__", ())]
        return tuple(name for name in dict.fromkeys(annotated) if name != "code")

    def __repr__(self) -> str:
        carried = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.fields())
        return f"{type(self).__name__}({carried})"

    def problem(self) -> str:
        """One sentence: what happened, with the values at hand."""
        raise NotImplementedError

    def next_step(self) -> str:
        """One sentence: what the reader can do now."""
        raise NotImplementedError

    def __str__(self) -> str:
        return printable(f"{self.problem()}\n{self.next_step()}")

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback: the message is the whole story, our own lines are noise."""
        return [f"{type(self).__name__}: {self}"]


class UserError(AutomatosxError):
    """Whoever reads the message can mend it: input, permission, a missing plugin, a full disk."""


class PlatformError(AutomatosxError):
    """Something of ours or of the machine broke; the message says what to report or to repair."""


def did_you_mean(nearest: tuple[str, ...], otherwise: str) -> str:
    if not nearest:
        return otherwise
    return f"Did you mean {' or '.join(repr(name) for name in nearest)}?"


def acted_in_the_source(address: str, act: str) -> str:
    """What to do where somebody would change a copy of a registry; ``act`` is a verb, and what it is done to."""
    if "://" not in address:
        return (
            f"{act} where the mirror was made, without AUTOMATOSX_REGISTRY: it is a copy of that computer's registry."
        )
    return f"{act} in the registry that it is a copy of: set AUTOMATOSX_REGISTRY={address}, and a token of yours there."


def listed(head: str, items: Iterable[object]) -> str:
    """``head``, and below it each item with a dash."""
    return "\n".join([head, *(f"  - {item}" for item in items)])


CARET_WIDTH = 100
"""Columns of a text that is shown with a caret under it."""


def caret(text: str, position: int, *, indent: int = 4) -> str:
    """``text`` on a line of its own, or what of it stands around ``position``, and a caret under that."""
    start = max(0, min(position - CARET_WIDTH // 2, len(text) - CARET_WIDTH))
    shown = text[start : start + CARET_WIDTH]
    before, behind = "…" if start else "", "…" if start + len(shown) < len(text) else ""
    shown = "".join(mark if mark.isprintable() else "\N{REPLACEMENT CHARACTER}" for mark in shown)
    margin = " " * indent
    return f"{margin}{before}{shown}{behind}\n{margin}{' ' * (len(before) + position - start)}^"
