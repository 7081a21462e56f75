"""Attributes are read and set through guards, items and calls are as in Python."""

from __future__ import annotations

import ast
from typing import Any

from automatosx_nb.sandbox import classes, flags, guards, scopes
from automatosx_nb.sandbox.policy.names import UNREACHABLE, Names
from automatosx_nb.sandbox.policy.refusal import Refusal, rename
from automatosx_nb.sandbox.vocabulary import NO_ASYNC


class Attributes(Names):
    """How objects are used."""

    def _check_public(self, node: ast.AST, name: str) -> None:
        if name in UNREACHABLE:
            raise Refusal(node, f"the name {name!r} is not allowed: it leads into frames and code")
        if name.startswith("_") and name != "_" and name not in guards.TUPLE_NAMES:
            advice = {
                "__class__": "use type(x)",
                "__dict__": "use dataclasses.asdict, or name the attributes",
                "__name__": "use type(x).__name__",
            }
            if name in guards.ORDINARY_DUNDERS:
                advice[name] = f"call it on super(), as in super().{name}(...), or use the operator that it stands for"
            raise Refusal(node, f"the attribute {name!r} is not allowed", advice.get(name, rename(name)))

    def visit_keyword(self, node: ast.keyword) -> Any:
        if node.arg is not None and not classes.is_private(node.arg):
            self._check_public(node, node.arg)
        return self._contents(node)

    def visit_Attribute(self, node: ast.Attribute) -> Any:
        name = node.attr
        if classes.is_private(name) and name not in guards.TUPLE_NAMES:
            return self._private(node)
        if not isinstance(node.ctx, ast.Load):
            self._check_public(node, name)
            node.value = self._writable(node.value, name)
            return node
        if name in guards.READABLE_DUNDERS:
            guard = "_getchecked_"
        elif name in guards.ORDINARY_DUNDERS and _is_super_call(node.value):
            guard = "_getsuper_"
        else:
            self._check_public(node, name)
            if name not in guards.BY_OBJECT and name not in guards.TUPLE_NAMES:
                return self._read(node)
            guard = "_getchecked_"
        return self._call(guard, node, [self.visit(node.value), ast.Constant(name)])

    def _read(self, node: ast.Attribute) -> ast.expr:
        """An attribute as Python reads it where its object is known to be plain, and through the guard elsewhere.

        A guard's call costs ten times what an attribute does, a test of the type three times; the object of a name that
        nothing binds again is tested once, where the name is bound.
        """
        value = self.visit(node.value)
        plain = ast.copy_location(ast.Attribute(value, node.attr, ast.Load()), node)
        guarded = self._call("_getattr_", node, [value, ast.Constant(node.attr)])
        if not isinstance(value, ast.Name):
            return guarded
        owner = self._scopes.owner(value.id)
        if owner is not None and owner.kind == "module" and value.id in self._scopes.libraries:
            return plain
        return self._either("plain", value.id, plain, guarded)

    def _private(self, node: ast.Attribute) -> ast.expr:
        """``x._name``: of objects and classes of the plugin only, which shows when it runs."""
        if not isinstance(node.ctx, ast.Load):
            node.value = self._writable(node.value, node.attr)
            return node
        value = self.visit(node.value)
        guarded = self._call("_getprivate_", node, [value, ast.Constant(node.attr)])
        if not isinstance(value, ast.Name):
            return guarded
        plain = ast.copy_location(ast.Attribute(value, node.attr, ast.Load()), node)
        return self._either("own", value.id, plain, guarded)

    def _either(self, kind: str, name: str, plain: ast.expr, guarded: ast.expr) -> ast.expr:
        """``plain`` where the object of ``name`` is of that kind, ``guarded`` where it is not or cannot be asked."""
        owner = self._scopes.owner(name)
        if owner is not None and self._is_flagged((kind, name), owner):
            return ast.IfExp(flags.flag(kind, name), plain, guarded)
        if self._stands_still(name):
            return ast.IfExp(flags.is_in(kind, name), plain, guarded)
        return guarded

    def _is_flagged(self, use: scopes.Use, owner: scopes.Scope) -> bool:
        return use in owner.steady or (use in owner.assigned and owner is self._scopes.innermost)

    def _stands_still(self, name: str) -> bool:
        """Whether nothing can bind ``name`` between two looks at it: no other thread, and no code in between."""
        owner = self._scopes.owner(name)
        if owner is None or owner.kind == "class":
            return False
        return owner is self._scopes.innermost if owner.kind != "module" else owner.bound[name] == 1

    def _writable(self, node: ast.expr, name: str) -> ast.expr:
        value = self.visit(node)
        guarded = self._call("_write_", node, [value, ast.Constant(name)])
        if not isinstance(value, ast.Name):
            return guarded
        return ast.copy_location(self._either("own", value.id, value, guarded), node)

    # items, iteration, unpacking, calls: as Python does them

    def visit_Subscript(self, node: ast.Subscript) -> Any:
        return self._contents(node)

    def visit_comprehension(self, node: ast.comprehension) -> Any:
        if node.is_async:
            raise Refusal(node.target, "async comprehensions are not allowed", NO_ASYNC)
        return self._contents(node)

    def _comprehension(self, node: Any) -> Any:
        first = node.generators[0]
        outermost = self.visit(first.iter)
        with self._inside(scopes.of_comprehension(node.generators)):
            first.iter = ast.Constant(None)
            node = self._contents(node)
        first.iter = outermost
        return node

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension

    def visit_For(self, node: ast.For) -> Any:
        return self._contents(node)

    def visit_With(self, node: ast.With) -> Any:
        return self._contents(node)

    def visit_Call(self, node: ast.Call) -> Any:
        """A method call keeps Python's quick way where its arguments are plain enough to be written down twice."""
        is_method = isinstance(node.func, ast.Attribute) and _are_simple(node)
        node = self._contents(node)
        if not is_method or not isinstance(node.func, ast.IfExp):
            return node
        calls = [
            ast.copy_location(ast.Call(func, node.args, node.keywords), node)
            for func in (node.func.body, node.func.orelse)
        ]
        return ast.copy_location(ast.IfExp(node.func.test, *calls), node)


def _are_simple(call: ast.Call) -> bool:
    values = [*call.args, *(keyword.value for keyword in call.keywords)]
    return len(values) < 5 and all(isinstance(value, ast.Constant | ast.Name) for value in values)


def _is_super_call(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super" and not node.keywords
    )
