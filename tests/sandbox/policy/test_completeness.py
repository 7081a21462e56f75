"""Nothing gets in that nobody looked at: every node, builtin and guard is open or closed by name."""

from __future__ import annotations

import ast
import sys

import pytest
from RestrictedPython.Guards import safe_builtins
from RestrictedPython.transformer import INSPECT_ATTRIBUTES, RestrictingNodeTransformer

from automatosx_nb.errors import PluginRefused
from automatosx_nb.sandbox import builtins_, guards, policy, vocabulary
from tests.sandbox.policy.running import load, run

NO_SOURCE_HAS_THEM = {
    "Expression", "Interactive", "FunctionType", "Suite", "TypeIgnore",  # other modes of the parser
    "AugLoad", "AugStore", "Param", "Index", "ExtSlice", "Num", "Str", "Bytes", "NameConstant", "Ellipsis",
}  # fmt: skip


def test_every_node_of_this_python_is_allowed_or_refused_by_name() -> None:
    def leaves(kind: type) -> set[str]:
        below: list[type] = kind.__subclasses__()
        return {kind.__name__} if not below else {name for sub in below for name in leaves(sub)}

    nodes = {name for name in leaves(ast.AST) if name in vars(ast)}
    answered = set(vocabulary.ALLOWED) | set(vocabulary.REFUSED) | NO_SOURCE_HAS_THEM
    assert nodes - answered == set()
    assert not set(vocabulary.ALLOWED) & set(vocabulary.REFUSED)


def test_every_node_that_restrictedpython_knows_is_allowed_or_refused_by_name() -> None:
    known = {name.removeprefix("visit_") for name in dir(RestrictingNodeTransformer) if name.startswith("visit_")}
    answered = set(vocabulary.ALLOWED) | set(vocabulary.REFUSED) | NO_SOURCE_HAS_THEM
    assert known - answered == set()


def test_what_every_allowed_node_inherits_from_restrictedpython_was_read() -> None:
    """A visitor that is not ours: it does nothing but go on to the parts, or refuses more."""
    read = str.split(
        "Add And Assert BinOp BitAnd BitOr BitXor BoolOp Break Compare Constant Continue Del Delete Dict DictComp "
        "Div Eq Expr FloorDiv FormattedValue GeneratorExp Gt GtE IfExp In Invert Is IsNot JoinedStr LShift List "
        "ListComp Load Lt LtE MatMult Mod Mult Not NotEq NotIn Or Pass Pow RShift Raise Return Set SetComp Slice "
        "Starred Store Sub Tuple UAdd USub UnaryOp While Yield YieldFrom alias arguments withitem "
    )
    steps = [step for step in policy.Policy.__mro__ if step.__module__.startswith(policy.__name__)]
    assert len(steps) == 5
    ours = {name for step in steps for name in vars(step)}
    inherited = {kind for kind in vocabulary.ALLOWED if f"visit_{kind}" not in ours}
    assert inherited - set(read) == set()


NEWER = {
    "a type alias": ("type Row = list[int]\ndef h(): return 1", "the type statement is not allowed"),
    "a generic function": ("def first[T](xs: list[T]) -> T: return xs[0]\ndef h(): return 1", "type parameters"),
    "a generic class": ("class Box[T]: pass\ndef h(): return 1", "type parameters"),
}


@pytest.mark.parametrize(("source", "refused"), NEWER.values(), ids=NEWER)
def test_syntax_that_is_newer_than_the_oldest_python_is_refused_on_each(source: str, refused: str) -> None:
    expected = refused if sys.version_info >= (3, 12) else "not Python 3.11: "
    with pytest.raises(PluginRefused) as caught:
        load(source)
    assert expected in caught.value.refused
    assert caught.value.line == 1


def test_an_f_string_with_its_own_quotes_inside_works_where_python_has_it() -> None:
    source = "def h():\n d = {'a': 1}\n return f'{d['a']}'"
    if sys.version_info >= (3, 12):
        assert run(source) == "1"
    else:
        with pytest.raises(PluginRefused, match=r"not Python 3\.11: "):
            load(source)


def test_a_node_that_nobody_knows_is_refused() -> None:
    class Teleport(ast.stmt):
        pass

    tree = ast.Module([Teleport(lineno=3)], [])
    with pytest.raises(policy.Refusal, match="Teleport is not allowed"):
        policy.Policy(tree, lambda *_: None).visit(tree)


def test_every_allowed_node_has_a_visitor_of_its_own() -> None:
    assert [kind for kind in vocabulary.ALLOWED if not hasattr(policy.Policy, f"visit_{kind}")] == []


def test_the_names_that_restrictedpython_closes_are_closed_here() -> None:
    assert guards.INTROSPECTION >= INSPECT_ATTRIBUTES


def test_what_restrictedpython_calls_safe_is_open_or_left_out_on_purpose() -> None:
    left_out = {
        "BaseException", "GeneratorExit", "KeyboardInterrupt", "SystemExit",  # the host's
        "__build_class__", "_getattr_",  # ours
    }  # fmt: skip
    assert set(safe_builtins) - set(builtins_.BUILTIN_NAMES) == left_out


def test_every_builtin_of_this_python_is_open_or_refused_when_it_is_used() -> None:
    import builtins

    for name in vars(builtins):
        if name in builtins_.BUILTIN_NAMES or name in ("__name__", "__doc__", "None", "True", "False"):
            continue
        with pytest.raises(PluginRefused):
            load(f"x = {name}")
