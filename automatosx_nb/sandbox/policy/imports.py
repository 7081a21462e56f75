"""Imports, and the two statements around them that tell which of them have to succeed."""

from __future__ import annotations

import ast
from typing import Any

from RestrictedPython.transformer import copy_locations

from automatosx_nb.sandbox.policy.refusal import Refusal
from automatosx_nb.sandbox.policy.statements import Statements

_FUTURES = frozenset({"annotations", "division", "generator_stop", "print_function", "unicode_literals"})


class Policy(Statements):
    """One pass over one module; raises :class:`Refusal` at the first thing that is not allowed."""

    def visit_If(self, node: ast.If) -> Any:
        test = node.test
        name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
        if name == "TYPE_CHECKING":
            skipped = ast.Pass()
            copy_locations(skipped, node)
            node.body = [skipped]
        return self._contents(node)

    def visit_Try(self, node: ast.Try) -> Any:
        before = self._optional
        self._optional = before or any(_catches_import_error(handler) for handler in node.handlers)
        node.body = self._body(node.body)
        self._optional = before
        node.handlers = [self.visit(handler) for handler in node.handlers]
        node.orelse, node.finalbody = self._body(node.orelse), self._body(node.finalbody)
        return node

    def visit_Import(self, node: ast.Import) -> Any:
        for alias in node.names:
            self.check_name(node, alias.asname or alias.name.partition(".")[0])
            for part in alias.name.split("."):
                self._check_exported(node, part)
            self._check_import(node, alias.name, 0, ())
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> Any:
        names = tuple(alias.name for alias in node.names)
        if node.module == "__future__" and not node.level:
            for name in names:
                if name not in _FUTURES:
                    raise Refusal(node, f"from __future__ import {name} is not allowed")
            return node
        if "*" in names:
            raise Refusal(node, "import * is not allowed", "name what you import")
        for name in (*(node.module or "").split("."), *names):
            self._check_exported(node, name)
        for alias in node.names:
            self.check_name(node, alias.asname or alias.name)
        self._check_import(node, node.module or "", node.level, names)
        return node

    def _check_import(self, node: ast.AST, module: str, level: int, names: tuple[str, ...]) -> None:
        if getattr(node, "is_lazy", 0):
            raise Refusal(node, "lazy imports are not allowed", "write a plain import")
        found = self._importable(module, level, names)
        if found is not None and not self._optional:
            raise Refusal(node, *found)


def _catches_import_error(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(isinstance(kind, ast.Name) and kind.id in ("ImportError", "ModuleNotFoundError") for kind in kinds)
