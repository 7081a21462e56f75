"""The questions about types that compiled plugin code asks by itself, so as to use most attributes as Python does.

Whether an object is plain, or the plugin's own, is asked where its attribute is used, or once, where its name is bound,
and kept in a variable. See :class:`automatosx_nb.sandbox.scopes.Scope` for the names that have one.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from automatosx_nb.sandbox.scopes import Scope, Use


def flag(kind: str, name: str) -> ast.expr:
    """``_kind_name_``: the sandbox's names end with ``_``, and no name of a plugin that begins with one does."""
    return ast.Name(_flag(kind, name), ast.Load())


def _flag(kind: str, name: str) -> str:
    return f"_{kind}_{name}_"


def is_in(kind: str, name: str) -> ast.expr:
    """``_type_(name) in _kind_``"""
    question = ast.Call(ast.Name("_type_", ast.Load()), [ast.Name(name, ast.Load())], [])
    return ast.Compare(question, [ast.In()], [ast.Name(f"_{kind}_", ast.Load())])


def new_flags(place: ast.stmt, uses: Iterable[Use]) -> list[ast.stmt]:
    """Of what kind the objects are that names stand for from here on."""
    return [_set(place, use, is_in(*use)) for use in sorted(uses)]


def no_flags(place: ast.stmt, uses: Iterable[Use]) -> list[ast.stmt]:
    """Before a name is bound: whatever interrupts what follows, no flag is left that belongs to another object."""
    return [_set(place, use, ast.Constant(False)) for use in sorted(uses)]


def _set(place: ast.stmt, use: Use, value: ast.expr) -> ast.stmt:
    return ast.copy_location(ast.Assign([ast.Name(_flag(*use), ast.Store())], value), place)


def with_flags(body: list[ast.stmt], scope: Scope) -> list[ast.stmt]:
    """The body of a function, its flags set after the docstring."""
    first = body[0]
    is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    at = 1 if is_text and len(body) > 1 else 0
    return [*body[:at], *new_flags(first, scope.steady), *no_flags(first, scope.assigned), *body[at:]]
