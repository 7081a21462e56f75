"""Which scope of a module a name belongs to, as far as the policy has to know it to check attributes quickly.

Only what can be told for certain is used: a name that some ``nonlocal`` rebinds, or that a module binds twice, is
simply not certain. Source of the rules: the Python reference, "Naming and binding".
"""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from automatosx_nb.sandbox.classes import is_private

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LOOPS = (ast.For, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


Use = tuple[str, str]
"""What the object of a name has to be, and the name: ``plain`` to read its attributes as Python does, ``own`` to set
them so, or to read private ones."""


@dataclass(slots=True)
class Scope:
    """One scope and the names that it binds, each with how many times.

    ``kind``: ``module``, ``class``, ``function``, ``lambda`` or ``comprehension``. Of a function, where it uses
    their attributes in one way more than once: ``steady``, the parameters that nothing binds again, and ``assigned``,
    the names that one assignment statement binds and nothing else.
    """

    kind: str
    bound: Counter[str]
    steady: frozenset[Use] = frozenset()
    assigned: frozenset[Use] = frozenset()


@dataclass(slots=True)
class Scopes:
    """The scopes around the node that is being visited, innermost last."""

    stack: list[Scope]
    names: frozenset[str]
    """Every name that the module binds anywhere: a local ``dir`` or ``vars`` is the author's own."""
    shifting: frozenset[str] = frozenset()
    """Names that any ``nonlocal`` or ``global`` statement of the module names."""
    libraries: frozenset[str] = field(default_factory=frozenset)
    """Names that the module binds once, by ``import``, and so are facades or modules of the plugin."""

    @classmethod
    def of(cls, tree: ast.Module) -> Scopes:
        names: set[str] = set()
        shifting: set[str] = set()
        for node in _walk(tree):
            if type(node) is ast.arg:
                names.add(node.arg)
            elif type(node) in _SHIFTING:
                shifting.update(node.names)
            else:
                names.update(_bound_by(node))
        bound, _ = _survey(tree.body)
        imported = {
            alias.asname or alias.name.partition(".")[0]
            for node in tree.body
            if isinstance(node, ast.Import)
            for alias in node.names
        }
        libraries = frozenset(name for name in imported - shifting if bound[name] == 1)
        return cls([Scope("module", bound)], frozenset(names), frozenset(shifting), libraries)

    @property
    def innermost(self) -> Scope:
        return self.stack[-1]

    def owner(self, name: str) -> Scope | None:
        """The scope that binds ``name`` as it is read here; None if it is a builtin, or not certain."""
        if name in self.shifting:
            return None
        for scope in reversed(self.stack):
            if name in scope.bound and (scope.kind != "class" or scope is self.innermost):
                return scope
        return None

    def of_function(self, node: ast.FunctionDef | ast.Lambda) -> Scope:
        arguments = node.args
        rest = [item for item in (arguments.vararg, arguments.kwarg) if item is not None]
        parameters = [item.arg for item in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *rest)]
        if isinstance(node, ast.Lambda):
            bound, _ = _survey([node.body])
            return Scope("lambda", bound + Counter(parameters))
        bound, used = _survey(node.body)
        often = {use for use, times in used.items() if times > 1 and use[1] not in self.shifting}
        steady = set(parameters).difference(bound)
        assigned = {name for name in _assigned(node.body).difference(parameters) if bound[name] == 1}
        return Scope("function", bound + Counter(parameters), _of(often, steady), _of(often, assigned))


def _of(uses: set[Use], names: set[str]) -> frozenset[Use]:
    return frozenset(use for use in uses if use[1] in names)


def of_class(node: ast.ClassDef) -> Scope:
    return Scope("class", _survey(node.body)[0])


def of_comprehension(generators: Sequence[ast.comprehension]) -> Scope:
    targets = [node.id for item in generators for node in _walk(item.target) if isinstance(node, ast.Name)]
    return Scope("comprehension", Counter(targets))


_SHIFTING = (ast.Global, ast.Nonlocal)


def _bound_by(node: Any) -> tuple[str, ...]:
    """The names that a node by itself binds or deletes, its parts aside."""
    kind = type(node)
    if kind is ast.Name:
        return () if type(node.ctx) is ast.Load else (node.id,)
    if kind in _NAMED:
        return () if node.name is None else (node.name,)
    if kind is ast.alias:
        return (node.asname or node.name.partition(".")[0],)
    if kind is ast.MatchMapping and node.rest is not None:
        return (node.rest,)
    return ()


_NAMED = frozenset({ast.FunctionDef, ast.ClassDef, ast.ExceptHandler, ast.MatchAs, ast.MatchStar})


def _survey(body: Sequence[ast.AST]) -> tuple[Counter[str], Counter[Use]]:
    """The names that a scope binds, and the uses of their attributes; in a loop a use counts twice."""
    bound: Counter[str] = Counter()
    used: Counter[Use] = Counter()
    waiting: list[tuple[ast.AST, int]] = [(node, 1) for node in body]
    while waiting:
        node, times = waiting.pop()
        for name in _bound_by(node):
            bound[name] += 1
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            is_own = is_private(node.attr) or not isinstance(node.ctx, ast.Load)
            used["own" if is_own else "plain", node.value.id] += times
        elif isinstance(node, _LOOPS):
            times = 2
        waiting += [(child, times) for child in _evaluated_here(node)]
    return bound, used


def _assigned(body: Sequence[ast.AST]) -> set[str]:
    """The names that an assignment statement of this scope binds by itself, as in ``x = ...``."""
    found: set[str] = set()
    waiting = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Assign) and is_simple(node):
            found.add(node.targets[0].id)  # type: ignore[attr-defined]
        elif not isinstance(node, ast.expr | ast.FunctionDef | ast.ClassDef):
            waiting += _children(node)
    return found


def is_simple(node: ast.Assign) -> bool:
    return len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)


def _evaluated_here(node: ast.AST) -> Sequence[ast.AST]:
    """The parts of a node that belong to the scope that it stands in."""
    match node:
        case ast.FunctionDef():
            return [*node.decorator_list, node.args, *([node.returns] if node.returns else [])]
        case ast.Lambda():
            return [node.args]
        case ast.ClassDef():
            return [*node.decorator_list, *node.bases, *node.keywords]
        case ast.comprehension():
            return [node.iter, *node.ifs]
    return _children(node)


def _walk(tree: ast.AST) -> Iterator[Any]:
    """``ast.walk``, in half its time."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += _children(node)


def _children(node: ast.AST) -> list[ast.AST]:
    found: list[ast.AST] = []
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, ast.AST):
            found.append(value)
        elif type(value) is list:
            found += [item for item in value if isinstance(item, ast.AST)]
    return found
