"""Which scope of a module a name belongs to, as far as the policy has to know it to check attributes quickly.

Only what can be told for certain is used: a name that some ``nonlocal`` rebinds, or that a module binds twice, is
simply not certain. Source of the rules: the Python reference, "Naming and binding".
"""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

Function = ast.FunctionDef | ast.Lambda
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_LOOPS = (ast.For, ast.While, *_COMPREHENSIONS)


@dataclass(slots=True)
class Scope:
    """One scope and the names that it binds, each with how many times.

    ``steady``: parameters of a function that nothing binds again, whose attributes it reads more than once.
    """

    kind: str
    bound: Counter[str]
    steady: frozenset[str] = frozenset()
    elsewhere: frozenset[str] = frozenset()
    """Names that the scope declares ``global`` or ``nonlocal``."""


@dataclass(slots=True)
class Scopes:
    """The scopes around the node that is being visited, innermost last."""

    stack: list[Scope]
    shifting: frozenset[str]
    """Names that any ``nonlocal`` or ``global`` statement of the module names."""
    libraries: frozenset[str] = field(default_factory=frozenset)
    """Names that the module binds once, by ``import``, and so are facades or modules of the plugin."""

    @classmethod
    def of(cls, tree: ast.Module) -> Scopes:
        shifting = frozenset(
            name for node in ast.walk(tree) if isinstance(node, ast.Global | ast.Nonlocal) for name in node.names
        )
        module = Scope("module", Counter(_bindings(tree.body)))
        imported = {
            alias.asname or alias.name.partition(".")[0]
            for node in tree.body
            if isinstance(node, ast.Import)
            for alias in node.names
        }
        libraries = frozenset(name for name in imported - shifting if module.bound[name] == 1)
        return cls([module], shifting, libraries)

    @property
    def innermost(self) -> Scope:
        return self.stack[-1]

    def owner(self, name: str) -> Scope | None:
        """The scope that binds ``name`` as it is read here; None if it is a builtin, or not certain."""
        if name in self.shifting:
            return None
        for scope in reversed(self.stack):
            if scope.kind == "class" and scope is not self.innermost:
                continue
            if name in scope.bound:
                return scope
        return None


def of_function(node: Function, shifting: frozenset[str]) -> Scope:
    parameters = [item.arg for item in _parameters(node.args)]
    body = node.body if isinstance(node, ast.FunctionDef) else [node.body]
    inside = Counter(_bindings(body))
    bound = inside + Counter(parameters)
    steady: frozenset[str] = frozenset()
    if isinstance(node, ast.FunctionDef):
        candidates = {name for name in parameters if not inside[name]} - shifting
        steady = frozenset(candidates & _read_often(node.body, candidates))
    return Scope("function" if isinstance(node, ast.FunctionDef) else "lambda", bound, steady)


def of_class(node: ast.ClassDef) -> Scope:
    return Scope("class", Counter(_bindings(node.body)))


def of_comprehension(generators: list[ast.comprehension]) -> Scope:
    targets = [node.id for item in generators for node in ast.walk(item.target) if isinstance(node, ast.Name)]
    return Scope("comprehension", Counter(targets))


def _parameters(args: ast.arguments) -> list[ast.arg]:
    rest = [item for item in (args.vararg, args.kwarg) if item is not None]
    return [*args.posonlyargs, *args.args, *args.kwonlyargs, *rest]


def _bindings(body: list[ast.stmt] | list[ast.expr]) -> Iterator[str]:
    """Every name that the statements bind or delete in their own scope, once for each time."""
    for node in _own_nodes(body):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                yield name
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.alias(name=name, asname=asname):
                yield asname or name.partition(".")[0]
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield name
            case ast.MatchMapping(rest=str(name)):
                yield name


def _own_nodes(body: list[ast.stmt] | list[ast.expr]) -> Iterator[ast.AST]:
    """The nodes of a scope: of functions, lambdas and classes below only what is evaluated outside of them."""
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        yield node
        match node:
            case ast.FunctionDef():
                waiting += [*node.decorator_list, node.args, *([node.returns] if node.returns else [])]
            case ast.Lambda():
                waiting.append(node.args)
            case ast.ClassDef():
                waiting += [*node.decorator_list, *node.bases, *node.keywords]
            case ast.comprehension():
                waiting += [node.iter, *node.ifs]
            case _:
                waiting += ast.iter_child_nodes(node)


def _read_often(body: list[ast.stmt], names: set[str]) -> set[str]:
    """Those of ``names`` with attributes that are read twice, or in a loop."""
    seen: Counter[str] = Counter()
    waiting: list[tuple[ast.AST, int]] = [(node, 1) for node in body]
    while waiting:
        node, times = waiting.pop()
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in names:
            seen[node.value.id] += times
        times = 2 if isinstance(node, _LOOPS) else times
        waiting += [(child, times) for child in ast.iter_child_nodes(node)]
    return {name for name, count in seen.items() if count > 1}
