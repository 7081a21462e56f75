"""The root of the policy: nodes are denied by default, and names that are the sandbox's own are refused."""

from __future__ import annotations

import ast
import builtins
import contextlib
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from RestrictedPython.transformer import INSPECT_ATTRIBUTES, RestrictingNodeTransformer, copy_locations

from automatosx_nb.sandbox import builtins_, classes, guards, scopes
from automatosx_nb.sandbox.policy.refusal import Refusal, rename
from automatosx_nb.sandbox.vocabulary import ALLOWED, DUNDER_INSTEAD, INSTEAD, REFUSED

UNREACHABLE = guards.INTROSPECTION | INSPECT_ATTRIBUTES

CLASS_NAMES = frozenset({"__slots__"}) | guards.ORDINARY_DUNDERS
_MODULE_NAMES = frozenset({"__all__", "__version__", "__author__"})

Importable: TypeAlias = Callable[[str, int, tuple[str, ...]], tuple[str, str] | None]
"""(module, level, names) → None, or what is refused and what to do instead."""


class Names(RestrictingNodeTransformer):
    """Where a node stands, and which names it may have. The state of the whole pass is here."""

    def __init__(self, tree: ast.Module, importable: Importable) -> None:
        super().__init__()
        self._importable = importable
        self._in_class = False
        self._in_function = False
        self._optional = False
        self._annotations_are_text = _has_future_annotations(tree)
        self._scopes = scopes.Scopes.of(tree)
        self._pattern_classes: list[ast.stmt] = []
        self._patterns = 0

    def visit(self, node: ast.AST) -> Any:
        kind = type(node).__name__
        if kind not in ALLOWED:
            refused, instead = REFUSED.get(kind, (f"{kind} is not allowed", ""))
            raise Refusal(node, refused, instead)
        return super().visit(node)

    def error(self, node: ast.AST, info: str) -> None:
        """What RestrictedPython itself refuses."""
        raise Refusal(node, info.rstrip("."))

    def _contents(self, node: Any) -> Any:
        return self.node_contents_visit(node)

    @contextlib.contextmanager
    def _inside(self, scope: scopes.Scope) -> Iterator[None]:
        before = self._in_class, self._in_function
        self._in_class, self._in_function = scope.kind == "class", scope.kind != "class"
        self._scopes.stack.append(scope)
        try:
            yield
        finally:
            self._scopes.stack.pop()
            self._in_class, self._in_function = before

    def _call(self, guard: str, place: ast.expr, args: list[Any]) -> ast.Call:
        call = ast.Call(func=ast.Name(guard, ast.Load()), args=args, keywords=[])
        copy_locations(call, place)
        return call

    def check_name(self, node: ast.AST, name: str | None, allow_magic_methods: bool = False) -> None:
        if name is None or name == "_":
            return
        if name in UNREACHABLE:
            raise Refusal(node, f"the name {name!r} is not allowed", "choose another name")
        if not name.startswith("_") or classes.is_private(name):
            return
        if self._in_class and name in CLASS_NAMES:
            return
        if not self._in_class and not self._in_function and name in _MODULE_NAMES:
            return
        if name.startswith("__") and name.endswith("__"):
            raise Refusal(node, f"the name {name!r} is not allowed", DUNDER_INSTEAD.get(name) or INSTEAD.get(name, ""))
        raise Refusal(node, f"the name {name!r} is not allowed: it is the sandbox's own", rename(name))

    def _check_exported(self, node: ast.AST, name: str) -> None:
        """A name of another module: what begins with ``_`` stays in the module that has it."""
        if name.startswith("_"):
            raise Refusal(
                node, f"{name!r} cannot be imported: it is private to its module", rename(name, private=False)
            )

    def visit_Name(self, node: ast.Name) -> Any:
        name = node.id
        if isinstance(node.ctx, ast.Load):
            if name in ("__name__", "__doc__", "__debug__"):
                return node
            if name not in self._scopes.names and name not in builtins_.BUILTIN_NAMES and hasattr(builtins, name):
                raise Refusal(node, f"{name} is not open to plugins", INSTEAD.get(name, ""))
        self.check_name(node, name)
        return node

    def visit_Global(self, node: ast.Global) -> Any:
        for name in node.names:
            self.check_name(node, name)
        return node

    def visit_Nonlocal(self, node: ast.Nonlocal) -> Any:
        for name in node.names:
            self.check_name(node, name)
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> Any:
        self.check_name(node, node.name)
        return self._contents(node)


def _has_future_annotations(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "__future__"
        and any(alias.name == "annotations" for alias in node.names)
        for node in tree.body
    )
