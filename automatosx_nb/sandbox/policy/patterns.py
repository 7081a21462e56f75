"""The match statement: its patterns hold names and attributes that are no Name and no Attribute nodes."""

from __future__ import annotations

import ast
from typing import Any

from automatosx_nb.sandbox import builtins_, guards
from automatosx_nb.sandbox.policy.attributes import Attributes
from automatosx_nb.sandbox.policy.names import UNREACHABLE
from automatosx_nb.sandbox.policy.refusal import Refusal

PATTERN_CLOSED = frozenset(guards.BY_OBJECT)
"""Attributes that Python itself would look up, past the guards: in patterns and augmented assignments."""


class Patterns(Attributes):
    """What a pattern may read of an object."""

    def _check_match_args(self, node: ast.AST, value: ast.AST) -> None:
        names = value.elts if isinstance(value, ast.Tuple) else None
        if names is None:
            raise Refusal(node, "__match_args__ has to be a tuple of names, written out")
        for item in names:
            if not isinstance(item, ast.Constant) or type(item.value) is not str:
                raise Refusal(node, "__match_args__ has to be a tuple of names, written out")
            self._check_pattern_name(node, item.value)

    def _check_pattern_name(self, node: ast.AST, name: str) -> None:
        if name.startswith("_") or name in UNREACHABLE or name in PATTERN_CLOSED:
            raise Refusal(node, f"a pattern cannot read the attribute {name!r}", "test it in an 'if' guard")

    def visit_MatchAs(self, node: ast.MatchAs) -> Any:
        self.check_name(node, node.name)
        return self._contents(node)

    def visit_MatchStar(self, node: ast.MatchStar) -> Any:
        self.check_name(node, node.name)
        return node

    def visit_MatchMapping(self, node: ast.MatchMapping) -> Any:
        self.check_name(node, node.rest)
        node.keys = [self._pattern_value(key) for key in node.keys]
        node.patterns = [self.visit(pattern) for pattern in node.patterns]
        return node

    def visit_MatchClass(self, node: ast.MatchClass) -> Any:
        for name in node.kwd_attrs:
            self._check_pattern_name(node, name)
        node.cls = self._pattern_value(node.cls)
        if node.kwd_attrs or (node.patterns and not self._is_builtin(node.cls)):
            node.cls = self._checked_class(node, node.cls)
        node.patterns = [self.visit(pattern) for pattern in node.patterns]
        node.kwd_patterns = [self.visit(pattern) for pattern in node.kwd_patterns]
        return node

    def _is_builtin(self, cls: ast.expr) -> bool:
        """Python's own class, under its own name: a pattern takes the object itself, and reads nothing."""
        return isinstance(cls, ast.Name) and cls.id in builtins_.BUILTIN_NAMES and cls.id not in self._scopes.names

    def _checked_class(self, node: ast.MatchClass, cls: ast.expr) -> ast.expr:
        """A name that is bound to ``cls`` right before the match statement, if its attributes may be read."""
        if self._in_class:
            raise Refusal(node, "a pattern with attributes is not allowed in a class body", "move it into a function")
        self._patterns += 1
        name = f"_pattern_{self._patterns}_"
        args = [cls, ast.Constant(len(node.patterns)), *map(ast.Constant, node.kwd_attrs)]
        check = ast.Assign([ast.Name(name, ast.Store())], self._call("_pattern_", cls, args))
        self._pattern_classes.append(ast.copy_location(check, node))
        return ast.copy_location(ast.Name(name, ast.Load()), cls)

    def visit_Match(self, node: ast.Match) -> Any:
        before, self._pattern_classes = self._pattern_classes, []
        node = self._contents(node)
        checks, self._pattern_classes = self._pattern_classes, before
        return [*checks, node]

    def visit_MatchValue(self, node: ast.MatchValue) -> Any:
        node.value = self._pattern_value(node.value)
        return node

    def _pattern_value(self, node: Any) -> Any:
        """Python accepts only plain names, dotted names and literals here, so they cannot become guarded calls."""
        if isinstance(node, ast.Attribute):
            self._check_pattern_name(node, node.attr)
            node.value = self._pattern_value(node.value)
            return node
        return self.visit(node)

    def _as_it_is(self, node: Any) -> Any:
        return self._contents(node)

    visit_match_case = visit_MatchSingleton = visit_MatchSequence = visit_MatchOr = _as_it_is
