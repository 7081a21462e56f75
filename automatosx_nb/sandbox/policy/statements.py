"""Assignments, functions and classes."""

from __future__ import annotations

import ast
import copy
from typing import Any

from automatosx_nb.sandbox import classes, flags, scopes
from automatosx_nb.sandbox.policy.names import CLASS_NAMES
from automatosx_nb.sandbox.policy.patterns import PATTERN_CLOSED, Patterns
from automatosx_nb.sandbox.policy.refusal import Refusal


class Statements(Patterns):
    """What binds names."""

    def visit_Assign(self, node: ast.Assign) -> Any:
        node.targets = [self._target(node, target) for target in node.targets]
        node.value = self.visit(node.value)
        if not scopes.is_simple(node):
            return node
        name = node.targets[0].id  # type: ignore[attr-defined]
        uses = [use for use in self._scopes.innermost.assigned if use[1] == name]
        return [*flags.no_flags(node, uses), node, *flags.new_flags(node, uses)]

    def _target(self, node: ast.Assign, target: ast.expr) -> Any:
        """``__match_args__`` names attributes that Python reads by itself, so only a checked literal may be one."""
        if self._in_class and isinstance(target, ast.Name) and target.id == "__match_args__":
            self._check_match_args(node, node.value)
            return target
        return self.visit(target)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        if isinstance(node.target, ast.Name) and node.target.id in CLASS_NAMES:
            raise Refusal(node, f"{node.target.id!r} cannot be annotated")
        node.target = self.visit(node.target)
        node.annotation = self._annotation(node.annotation)
        if node.value is not None:
            node.value = self.visit(node.value)
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        target = node.target
        if isinstance(target, ast.Attribute) and target.attr in PATTERN_CLOSED:
            name = target.attr
            raise Refusal(node, f"augmented assignment to .{name} is not allowed", f"assign x.{name} = ...")
        if isinstance(target, ast.Name) and target.id.startswith("__"):
            raise Refusal(node, f"augmented assignment to {target.id!r} is not allowed")
        return self._contents(node)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> Any:
        return self._contents(node)

    def _annotation(self, node: Any) -> Any:
        """Checked like any expression; kept as written where it is only ever text."""
        if node is None:
            return None
        if self._annotations_are_text:
            self.visit(copy.deepcopy(node))
            return node
        return self.visit(node)

    # functions and classes

    def visit_arg(self, node: ast.arg) -> Any:
        self.check_name(node, node.arg)
        node.annotation = self._annotation(node.annotation)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        self.check_name(node, node.name)
        node.decorator_list = [self.visit(item) for item in node.decorator_list]
        for parameter in getattr(node, "type_params", []):
            self.visit(parameter)
        scope = self._scopes.of_function(node)
        node.args = self._arguments(node.args)
        node.returns = self._annotation(node.returns)
        with self._inside(scope):
            node.body = flags.with_flags(self._body(node.body), scope)
        return node

    def _arguments(self, node: ast.arguments) -> Any:
        """Their names are the function's; defaults and annotations are evaluated outside of it."""
        before, self._in_class = self._in_class, False
        try:
            return self.visit(node)
        finally:
            self._in_class = before

    def visit_Lambda(self, node: ast.Lambda) -> Any:
        scope = self._scopes.of_function(node)
        node.args = self._arguments(node.args)
        with self._inside(scope):
            node.body = self.visit(node.body)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> Any:
        self.check_name(node, node.name)
        for keyword in node.keywords:
            if keyword.arg == "metaclass" or keyword.arg is None:
                raise Refusal(
                    node, "metaclass= and ** in a class statement are not allowed", "use a base class or a decorator"
                )
        for parameter in getattr(node, "type_params", []):
            self.visit(parameter)
        node.decorator_list = [self.visit(item) for item in node.decorator_list]
        node.bases = [self.visit(item) for item in node.bases]
        node.keywords = [self.visit(item) for item in node.keywords]
        scope = scopes.of_class(node)
        private = sorted(filter(classes.is_private, scope.bound))
        if private:  # told to build_class, which asks whose they are
            node.keywords.append(ast.keyword("_private_", ast.Tuple([*map(ast.Constant, private)], ast.Load())))
        with self._inside(scope):
            node.body = self._body(node.body)
        return node

    def _body(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        body: list[ast.stmt] = []
        for statement in statements:
            done = self.visit(statement)
            body += done if isinstance(done, list) else [done]
        return body

    def visit_Module(self, node: ast.Module) -> Any:
        return self._contents(node)
