"""What a user types for a ``variable``: a name, or a part of what it names, as in ``df[["a", "b"]]``.

A closed piece of Python's grammar, read with ``ast`` and never evaluated as code: a name, then any of ``.name`` and
``[key]``. A key is a literal (text, bytes, a number, True, False, None), a slice of those, a list of literals, or a
tuple of all of these. There are no calls, operators and other names in it.
"""

from __future__ import annotations

import ast
import keyword
import unicodedata
import warnings
from dataclasses import dataclass
from typing import Any

from automatosx_nb.errors import InvalidSelection

MAX_LENGTH = 1000
_LITERALS = (str, bytes, int, float, bool, type(None))
_KEY = "a key is a text, a number, True, False, None, a slice or a list of these"
_REFUSED: dict[type[ast.AST], str] = {
    ast.Call: "a call is not carried out here",
    ast.Name: "a key is written out, not a variable",
    ast.Compare: "a comparison is not carried out here",
    ast.BinOp: "an operation is not carried out here",
    ast.BoolOp: "an operation is not carried out here",
    ast.JoinedStr: "an f-string is not made here",
    ast.Starred: "nothing is unpacked here",
}


@dataclass(frozen=True, slots=True)
class Step:
    """``attribute``: ``.key``, else ``[key]``. ``text``: what was typed up to here."""

    attribute: bool
    key: Any
    text: str


@dataclass(frozen=True, slots=True)
class Selection:
    """A variable's name, and the way from it to the part that is handed over."""

    text: str
    name: str
    steps: tuple[Step, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Selection:
        """:raises InvalidSelection: it is no name and no part of one, or needs more than this grammar has."""
        text = text.strip()
        if text.isidentifier() and not keyword.iskeyword(text):
            return cls(text, unicodedata.normalize("NFKC", text))
        return _parsed(text)


def _parsed(text: str) -> Selection:
    if not text:
        raise InvalidSelection(text, 0, "it is empty")
    if len(text) > MAX_LENGTH:
        raise InvalidSelection(text, MAX_LENGTH, f"it is longer than {MAX_LENGTH} characters")
    if not text.isprintable():
        at = next(index for index, sign in enumerate(text) if not sign.isprintable())
        raise InvalidSelection(text, at, "it holds a sign that cannot be seen")
    node, steps = _tree(text), []
    while isinstance(node, ast.Attribute | ast.Subscript):
        steps.append(_step(text, node))
        node = node.value
    if not isinstance(node, ast.Name):
        what = _REFUSED.get(type(node), "it does not begin with a variable's name")
        raise _refused(text, node, what)
    return Selection(text, node.id, tuple(reversed(steps)))


def _tree(text: str) -> ast.expr:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape in a text is the user's own
            return ast.parse(text, mode="eval").body
    except SyntaxError as error:
        at = min(max((error.offset or 1) - 1, 0), len(text))
        raise InvalidSelection(text, at, f"Python cannot read it ({error.msg})") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise InvalidSelection(text, 0, f"Python cannot read it ({error})") from None


def _step(text: str, node: ast.Attribute | ast.Subscript) -> Step:
    typed = text.encode()[: node.end_col_offset].decode()
    if isinstance(node, ast.Subscript):
        return Step(False, _key(text, node.slice), typed)
    if node.attr.startswith("_"):
        raise InvalidSelection(text, len(typed) - len(node.attr), "a name that begins with '_' is private")
    return Step(True, node.attr, typed)


def _key(text: str, node: ast.expr) -> Any:
    if isinstance(node, ast.Tuple):
        return tuple(_part(text, each) for each in node.elts)
    return _part(text, node)


def _part(text: str, node: ast.expr) -> Any:
    if isinstance(node, ast.Slice):
        ends = (node.lower, node.upper, node.step)
        return slice(*(None if each is None else _literal(text, each) for each in ends))
    if isinstance(node, ast.List):
        return [_element(text, each) for each in node.elts]
    return _element(text, node)


def _element(text: str, node: ast.expr) -> Any:
    if isinstance(node, ast.Tuple):
        return tuple(_literal(text, each) for each in node.elts)
    return _literal(text, node)


def _literal(text: str, node: ast.expr) -> Any:
    if isinstance(node, ast.Constant) and type(node.value) in _LITERALS:
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant):
        value = node.operand.value
        if isinstance(value, int | float) and type(value) is not bool and isinstance(node.op, ast.USub | ast.UAdd):
            return -value if isinstance(node.op, ast.USub) else value
    raise _refused(text, node, _REFUSED.get(type(node), _KEY))


def _refused(text: str, node: ast.expr, reason: str) -> InvalidSelection:
    return InvalidSelection(text, len(text.encode()[: node.col_offset].decode()), reason)
