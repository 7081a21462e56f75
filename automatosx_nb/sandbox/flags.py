"""The questions about types that compiled plugin code asks by itself, so as to read most attributes as Python does.

Whether an object is plain is asked where it is read, or once, where its name is bound, and kept in a variable. See
:class:`automatosx_nb.sandbox.scopes.Scope` for the names that have one.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automatosx_nb.sandbox.scopes import Scope


def flag(name: str) -> str:
    """The sandbox's names end with ``_``, and no name of a plugin that begins with one does."""
    return f"_plain_{name}_"


def is_in(kinds: str, name: str) -> ast.expr:
    """``_type_(name) in kinds``"""
    kind = ast.Call(ast.Name("_type_", ast.Load()), [ast.Name(name, ast.Load())], [])
    return ast.Compare(kind, [ast.In()], [ast.Name(kinds, ast.Load())])


def new_flag(place: ast.stmt, name: str) -> ast.stmt:
    """Whether the object that ``name`` stands for from here on is plain."""
    return ast.copy_location(ast.Assign([ast.Name(flag(name), ast.Store())], is_in("_plain_", name)), place)


def no_flag(place: ast.stmt, name: str) -> ast.stmt:
    """Before a name is bound: whatever interrupts what follows, no flag is left that belongs to another object."""
    return ast.copy_location(ast.Assign([ast.Name(flag(name), ast.Store())], ast.Constant(False)), place)


def with_flags(body: list[ast.stmt], scope: Scope) -> list[ast.stmt]:
    """The body of a function, its flags set after the docstring."""
    first = body[0]
    is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    at = 1 if is_text and len(body) > 1 else 0
    flags = [new_flag(first, name) for name in sorted(scope.steady)]
    flags += [no_flag(first, name) for name in sorted(scope.assigned)]
    return [*body[:at], *flags, *body[at:]]
