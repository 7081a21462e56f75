"""What a plugin's source may say: a deny-by-default policy over RestrictedPython.

RestrictedPython's transformer is opened for modern Python where that is safe, and closed where it was open without
need. Every AST node is either in :data:`ALLOWED` or refused, also one that Python or RestrictedPython adds later.
Items, iteration and unpacking run unguarded: nothing that is handed to plugin code protects its items. Attributes
are read through ``_getattr_`` and set through ``_write_`` (see :mod:`automatosx_nb.sandbox.guards`).

This is the language wall. It makes the easy attacks impossible and an author's mistakes visible; it is no security
boundary, and the worker's process is confined as if it were not there.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import copy
import hashlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from RestrictedPython import transformer
from RestrictedPython.transformer import INSPECT_ATTRIBUTES, RestrictingNodeTransformer, copy_locations

from automatosx_nb.errors import PluginRefused
from automatosx_nb.sandbox import builtins_, classes, flags, guards, scopes, vocabulary
from automatosx_nb.sandbox.vocabulary import ALLOWED, DUNDER_INSTEAD, INSTEAD, NO_ASYNC, REFUSED

if TYPE_CHECKING:
    import types
    from collections.abc import Callable, Iterator

PATTERN_CLOSED = frozenset(guards.BY_OBJECT)
"""Attributes that Python itself would look up, past the guards: in patterns and augmented assignments."""

UNREACHABLE = guards.INTROSPECTION | INSPECT_ATTRIBUTES

_CLASS_NAMES = frozenset({"__slots__"}) | guards.ORDINARY_DUNDERS
_MODULE_NAMES = frozenset({"__all__", "__version__", "__author__"})
_FUTURES = frozenset({"annotations", "division", "generator_stop", "print_function", "unicode_literals"})


def _fingerprint() -> str:
    """Names this policy: a hash of the running Python and of everything that turns sources into code here."""
    files = [
        Path(str(module.__file__))
        for module in (sys.modules[__name__], builtins_, classes, flags, guards, scopes, vocabulary, transformer)
    ]
    return hashlib.sha256(b"".join([sys.version.encode(), *(file.read_bytes() for file in files)])).hexdigest()


class Refusal(Exception):
    """One thing that is not allowed, at ``line``; becomes :class:`PluginRefused` with its file."""

    def __init__(self, node: ast.AST, refused: str, instead: str = "") -> None:
        super().__init__(refused)
        self.line = getattr(node, "lineno", 0)
        self.refused, self.instead = refused, instead


def compile_module(
    source: bytes,
    file: str,
    *,
    filename: str,
    importable: Callable[[str, int, tuple[str, ...]], tuple[str, str] | None],
    source_kb: int = 256,
) -> types.CodeType:
    """Compile one module of a plugin. ``file`` is what errors name; ``filename`` goes into the code object.

    ``importable`` takes (module, level, names) and answers None, or what is refused and what to do instead.

    :raises PluginRefused: for what the policy does not allow, for syntax errors, and for a source that is too large
        or nested too deeply.
    """
    tree = parse(source, file, source_kb=source_kb)
    try:
        tree = Policy(tree, importable).visit(tree)
        ast.fix_missing_locations(tree)
        return compile(tree, filename, "exec", dont_inherit=True, optimize=0)
    except Refusal as refusal:
        raise PluginRefused(file, refusal.line, refusal.refused, _sentence(refusal.instead)) from None
    except (RecursionError, MemoryError):
        raise _too_deep(file) from None
    except (SyntaxError, ValueError) as error:
        raise _syntax(file, error) from None


def parse(source: bytes, file: str, *, source_kb: int) -> ast.Module:
    """:raises PluginRefused: if ``source`` is too large, not UTF-8, or not Python."""
    if len(source) > source_kb * 1024:
        size = f"{len(source) / 1024:.0f} KiB, and {source_kb} KiB are allowed"
        raise PluginRefused(file, 0, f"the module has {size}", "Split it into several modules.")
    try:
        return ast.parse(source.decode("utf-8-sig"), file)
    except UnicodeDecodeError as error:
        line = source[: error.start].count(b"\n") + 1
        raise PluginRefused(file, line, "the source is not UTF-8", "Save the file as UTF-8.") from None
    except (RecursionError, MemoryError):
        raise _too_deep(file) from None
    except (SyntaxError, ValueError) as error:
        raise _syntax(file, error) from None


def _too_deep(file: str) -> PluginRefused:
    return PluginRefused(file, 0, "an expression is nested too deeply", "Split it into several statements.")


def _syntax(file: str, error: SyntaxError | ValueError) -> PluginRefused:
    if isinstance(error, SyntaxError):
        version = f"Python {sys.version_info.major}.{sys.version_info.minor}"
        return PluginRefused(file, error.lineno or 0, f"not {version}: {error.msg}", "Correct the syntax.")
    return PluginRefused(file, 0, f"not Python: {error}", "Correct the source.")


def _sentence(text: str) -> str:
    first = text if text.startswith("docs/") else text[:1].upper() + text[1:]
    return first if first.endswith(("?", ".")) or not first else first + "."


class Policy(RestrictingNodeTransformer):  # type: ignore[misc, unused-ignore]
    """One pass over one module; raises :class:`Refusal` at the first thing that is not allowed."""

    def __init__(
        self, tree: ast.Module, importable: Callable[[str, int, tuple[str, ...]], tuple[str, str] | None]
    ) -> None:
        super().__init__()
        self._importable = importable
        self._in_class = False
        self._in_function = False
        self._optional = False
        self._annotations_are_text = _has_future_annotations(tree)
        self._scopes = scopes.Scopes.of(tree)
        self._pattern_classes: list[ast.stmt] = []
        self._patterns = 0

    # deny by default

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

    # names

    def check_name(self, node: ast.AST, name: str | None, allow_magic_methods: bool = False) -> None:
        if name is None or name == "_":
            return
        if name in UNREACHABLE:
            raise Refusal(node, f"the name {name!r} is not allowed", "choose another name")
        if not name.startswith("_") or classes.is_private(name):
            return
        if self._in_class and name in _CLASS_NAMES:
            return
        if not self._in_class and not self._in_function and name in _MODULE_NAMES:
            return
        if name.startswith("__") and name.endswith("__"):
            raise Refusal(node, f"the name {name!r} is not allowed", DUNDER_INSTEAD.get(name) or INSTEAD.get(name, ""))
        raise Refusal(node, f"the name {name!r} is not allowed: it is the sandbox's own", _rename(name))

    def _check_exported(self, node: ast.AST, name: str) -> None:
        """A name of another module: what begins with ``_`` stays in the module that has it."""
        if name.startswith("_"):
            raise Refusal(
                node, f"{name!r} cannot be imported: it is private to its module", _rename(name, private=False)
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

    def visit_arg(self, node: ast.arg) -> Any:
        self.check_name(node, node.arg)
        node.annotation = self._annotation(node.annotation)
        return node

    def visit_keyword(self, node: ast.keyword) -> Any:
        if node.arg is not None and not classes.is_private(node.arg):
            self._check_public(node, node.arg)
        return self._contents(node)

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

    # attributes

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
            raise Refusal(node, f"the attribute {name!r} is not allowed", advice.get(name, _rename(name)))

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

    def _call(self, guard: str, place: ast.expr, args: list[Any]) -> ast.Call:
        call = ast.Call(func=ast.Name(guard, ast.Load()), args=args, keywords=[])
        copy_locations(call, place)
        return call

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

    # assignment

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
        if isinstance(node.target, ast.Name) and node.target.id in _CLASS_NAMES:
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

    def _check_match_args(self, node: ast.AST, value: ast.AST) -> None:
        names = value.elts if isinstance(value, ast.Tuple) else None
        if names is None:
            raise Refusal(node, "__match_args__ has to be a tuple of names, written out")
        for item in names:
            if not isinstance(item, ast.Constant) or type(item.value) is not str:
                raise Refusal(node, "__match_args__ has to be a tuple of names, written out")
            self._check_pattern_name(node, item.value)

    def _annotation(self, node: Any) -> Any:
        """Checked like any expression; kept as written where it is only ever text."""
        if node is None:
            return None
        if self._annotations_are_text:
            self.visit(copy.deepcopy(node))
            return node
        return self.visit(node)

    # match: patterns hold names and attributes that are no Name and no Attribute nodes

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

    # functions and classes

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

    # imports

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


def _rename(name: str, *, private: bool = True) -> str:
    public = name.strip("_") or "name"
    own = private and classes.is_private(f"_{public}")
    return f"call it {'_' * own + public!r}"


def _are_simple(call: ast.Call) -> bool:
    values = [*call.args, *(keyword.value for keyword in call.keywords)]
    return len(values) < 5 and all(isinstance(value, ast.Constant | ast.Name) for value in values)


def _is_super_call(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super" and not node.keywords
    )


def _catches_import_error(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(isinstance(kind, ast.Name) and kind.id in ("ImportError", "ModuleNotFoundError") for kind in kinds)


def _has_future_annotations(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "__future__"
        and any(alias.name == "annotations" for alias in node.names)
        for node in tree.body
    )


FINGERPRINT = _fingerprint()
"""Code that was compiled under another one is not taken."""
