"""What authors may not write is refused by name, or raises when it runs, and says what to write instead."""

from __future__ import annotations

import sys

import pytest

from automatosx_nb.errors import PluginRefused
from automatosx_nb.sandbox.modules import PluginModules
from tests.sandbox.policy.running import load, run

REFUSED: dict[str, tuple[str, int, str]] = {
    "async def": ("\nasync def h(): pass", 2, "async functions are not allowed"),
    "async comprehension": ("def h():\n return [x async for x in y]", 2, "async comprehensions are not allowed"),
    "except*": ("def h():\n try: pass\n except* ValueError: pass", 2, "except* is not allowed"),
    "open": ("def h():\n return open('x')", 2, "open is not open to plugins"),
    "eval under another name": ("e = eval", 1, "eval is not open to plugins"),
    "a sandbox's name": ("_x_ = 1", 1, "'_x_'"),
    "a sandbox's function": ("def _f_(): pass", 1, "'_f_'"),
    "a sandbox's argument": ("def h(*, _x_=1): pass", 1, "'_x_'"),
    "a sandbox's lambda argument": ("f = lambda **_k_: 1", 1, "'_k_'"),
    "a sandbox's import": ("import math as _m_", 1, "'_m_'"),
    "a sandbox's exception": ("try: pass\nexcept ValueError as _e_: pass", 2, "'_e_'"),
    "a private global": ("def h():\n global _getattr_", 2, "'_getattr_'"),
    "a private nonlocal": ("def h():\n x = 1\n def f():\n  nonlocal _x", 4, "'_x'"),
    "a sandbox's attribute": ("def h(x): return x._y_", 1, "'_y_'"),
    "a sandbox's attribute that is set": ("def h(x): x._y_ = 1", 1, "'_y_'"),
    "a sandbox's keyword": ("def h(): f(_x_=1)", 1, "'_x_'"),
    "a sandbox's capture": ("def h(x):\n match x:\n  case _y_: pass", 3, "'_y_'"),
    "a sandbox's star capture": ("def h(x):\n match x:\n  case [*_y_]: pass", 3, "'_y_'"),
    "a sandbox's rest capture": ("def h(x):\n match x:\n  case {**_y_}: pass", 3, "'_y_'"),
    "a name that is mangled": ("class A:\n def f(self): self.__x = 1", 2, "'__x'"),
    "a private attribute in a pattern": ("def h(x):\n match x:\n  case object(_y=1): pass", 3, "'_y'"),
    "a private name of another module": ("from urllib.parse import _coerce_args", 1, "private to its module"),
    "a dunder in a class pattern": ("def h(x):\n match x:\n  case object(__class__=k): pass", 3, "__class__"),
    "a frame in a class pattern": ("def h(x):\n match x:\n  case object(gi_frame=k): pass", 3, "gi_frame"),
    "str.format in a class pattern": ("def h(x):\n match x:\n  case str(format=f): pass", 3, "format"),
    "a dunder in a value pattern": ("def h(x, y):\n match x:\n  case y.__class__: pass", 3, "__class__"),
    "a dunder in a pattern's class": ("def h(x, y):\n match x:\n  case y.__class__(): pass", 3, "__class__"),
    "str.format in a value pattern": ("def h(x, y):\n match x:\n  case y.format: pass", 3, "format"),
    "dunder __match_args__": ("class A:\n __match_args__ = ('__class__',)", 2, "__class__"),
    "frame __match_args__": ("class A:\n __match_args__ = ('gi_frame',)", 2, "gi_frame"),
    "computed __match_args__": ("class A:\n __match_args__ = tuple(['a'])", 2, "__match_args__"),
    "unpacked __match_args__": ("class A:\n (__match_args__,) = [('__class__',)]", 2, "__match_args__"),
    "annotated __match_args__": ("class A:\n __match_args__: tuple = ('__class__',)", 2, "__match_args__"),
    "looped __match_args__": ("class A:\n for __match_args__ in [('__class__',)]: pass", 2, "__match_args__"),
    "str.format augmented": ("def h(s): s.format += 1", 1, "augmented assignment to .format"),
    "a metaclass": ("class A(metaclass=int): pass", 1, "metaclass="),
    "class keywords from a dict": ("class A(**{'metaclass': int}): pass", 1, "metaclass="),
    "__getattribute__": ("class A:\n def __getattribute__(self, n): pass", 2, "__getattribute__"),
    "__reduce__": ("class A:\n def __reduce__(self): pass", 2, "__reduce__"),
    "__init_subclass__": ("class A:\n def __init_subclass__(cls): pass", 2, "__init_subclass__"),
    "__class_getitem__": ("class A:\n def __class_getitem__(cls, k): pass", 2, "__class_getitem__"),
    "__set_name__": ("class A:\n def __set_name__(self, o, n): pass", 2, "__set_name__"),
    "__subclasshook__": ("class A:\n def __subclasshook__(cls, k): pass", 2, "__subclasshook__"),
    "__getattr__": ("class A:\n def __getattr__(self, n): pass", 2, "__getattr__"),
    "__instancecheck__": ("class A:\n def __instancecheck__(cls, x): pass", 2, "__instancecheck__"),
    "__del__": ("class A:\n def __del__(self): pass", 2, "__del__"),
    "a dunder function outside a class": ("def __init__(): pass", 1, "__init__"),
    "__builtins__": ("x = __builtins__", 1, "__builtins__"),
    "__class__ in a method": ("class A:\n def f(self): return __class__", 2, "__class__"),
    "a generator's frame": ("def h(g): return g.gi_frame", 1, "gi_frame"),
    "a traceback's frame": ("def h(t): return t.tb_frame", 1, "tb_frame"),
    "a dunder in an f-string": ("def h(x): return f'{x.__class__}'", 1, "__class__"),
    "a dunder in an annotation": ("def h(x: int.__base__): pass", 1, "__base__"),
    "a dunder in a text annotation": (
        "from __future__ import annotations\ndef h(x: int.__base__): pass",
        2,
        "__base__",
    ),
    "a dunder in a decorator": ("@(lambda f: f.__globals__)\ndef h(): pass", 1, "__globals__"),
    "a dunder in a default": ("def h(x=h.__globals__): pass", 1, "__globals__"),
    "a dunder by a Unicode spelling": ("def h(x): return x.__cl\U0001d4b6ss__", 1, "__class__"),
    "a module outside": ("import os", 1, "'os' is not open"),
    "a submodule outside": ("import os.path", 1, "'os.path' is not open"),
    "a private module": ("from _io import open as o", 1, "'_io'"),
    "a name outside of a facade": ("from functools import update_wrapper", 1, "functools.update_wrapper"),
    "a star import": ("from math import *", 1, "import * is not allowed"),
    "a library that was not granted": ("import pyarrow.compute as pc", 1, "needs the permission 'modules:pyarrow'"),
    "an import from above": ("from .. import host", 1, "not open"),
    "a future that changes the language": ("from __future__ import barry_as_FLUFL", 1, "barry_as_FLUFL"),
    "no Python": ("def h(:", 1, "not Python"),
}


@pytest.mark.parametrize(("source", "line", "text"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_is_named_with_its_line(source: str, line: int, text: str) -> None:
    with pytest.raises(PluginRefused) as caught:
        load(source)
    assert (caught.value.file, caught.value.line) == ("m.py", line)
    assert text in caught.value.refused


RAISES: dict[str, tuple[str, str]] = {
    "a dunder by getattr": ("def h(): return getattr((), '__class__')", "use type"),
    "a dunder by getattr with a default": ("def h(): return getattr((), '__class__', 1)", "use type"),
    "a name that is a str subclass": (
        "class S(str):\n def startswith(self, x): return False\ndef h(): return getattr((), S('__class__'))",
        "a str, not S",
    ),
    "getattr through map": ("def h(): return list(map(getattr, [h], ['__globals__']))", "__globals__"),
    "a dunder by setattr": ("class A: pass\ndef h(): setattr(A, '__match_args__', ('__class__',))", "cannot be set"),
    "a library's name set": ("import math\ndef h(): math.pi = 3", "own classes only"),
    "a library's name set by setattr": ("import json\ndef h(): setattr(json, 'dumps', 1)", "own classes only"),
    "a function's name set": ("import json\ndef h(): json.dumps.x = 3", "own classes only"),
    "a Field's name set": (
        "from dataclasses import dataclass, fields\n@dataclass\nclass A:\n x: int\n"
        "def h(): fields(A)[0].name = '__class__'",
        "own classes only",
    ),
    "a format walk": ("def h(): return '{0.__class__}'.format(1)", "cannot read attributes"),
    "a format walk after an item": ("def h(): return '{0[0].real}'.format([1])", "cannot read attributes"),
    "a nested format walk": ("def h(): return '{:{0.real}}'.format(1)", "cannot read attributes"),
    "a format walk by str.format": ("def h(): return str.format('{0.real}', 1)", "cannot read attributes"),
    "a format walk by getattr": ("def h(): return getattr('{0.real}', 'format')(1)", "cannot read attributes"),
    "a format walk by super": (
        "class S(str):\n def f(self): return super().format(1)\ndef h(): return S('{0.real}').f()",
        "cannot read attributes",
    ),
    "a format walk by format_map": ("def h(): return '{x.real}'.format_map({'x': 1})", "cannot read attributes"),
    "a base that is no class": ("import math\ndef h():\n class A(math): pass", "a base is a class"),
    "a str that is a dataclass": (
        "from dataclasses import dataclass\n@dataclass(init=False)\nclass M:\n format: object\n"
        "def h():\n class S(M, str): pass",
        "a str cannot be a dataclass",
    ),
    "a dataclass of a library's class": (
        "from dataclasses import dataclass\nimport json\ndef h(): dataclass(json.JSONEncoder)",
        "for classes of the plugin",
    ),
    "three-argument type": ("def h(): return type('A', (), {})", "takes 2 positional arguments"),
    "super's dunders": ("class A:\n def f(self): return super().__class__\ndef h(): return A().f()", "refused"),
    "super by another name": ("import math\nsuper = lambda: math\ndef h(): return super().__init__()", "not open"),
    "AttributeError.obj": (
        "def h():\n try: (1).nothing\n except AttributeError as e: return e.obj",
        "'obj' of a AttributeError",
    ),
    "an abstract class that takes in everything": (
        "from abc import ABC\nclass A(ABC): pass\ndef h(): A.register(object)",
        "inherit from the abstract class",
    ),
    "the same by a class of collections.abc": (
        "from collections.abc import Sized\ndef h(): getattr(Sized, 'register')(object)",
        "inherit from the abstract class",
    ),
    "an enum whose names are values": (
        "from enum import Enum\ndef h(): Enum('X', {'__match_args__': ('format',), 'A': 'x'}, type=str)",
        r"write 'class Name\(Enum\):'",
    ),
    "a pattern on a named tuple that reads frames": (
        "from collections import namedtuple\nT = namedtuple('T', 'gi_frame')\n"
        "def h():\n match T(1):\n  case T(f): return f",
        "accepts 0 positional sub-patterns",
    ),
    "a functional NamedTuple that reads frames": (
        "from typing import NamedTuple\nT = NamedTuple('T', [('gi_frame', object)])\n"
        "def h():\n match T(1):\n  case T(f): return f",
        "accepts 0 positional sub-patterns",
    ),
    "deleting how an abstract class knows its instances": (
        "from collections.abc import Hashable\nclass A(Hashable): pass\ndef h(): delattr(A, '_abc' + '_impl')",
        "cannot be set by a plugin",
    ),
    "opening a protocol by name": (
        "from typing import Protocol\nclass P(Protocol): pass\ndef h(): setattr(P, '_is_runtime_' + 'protocol', True)",
        "cannot be set by a plugin",
    ),
    "reading how an abstract class knows its instances": (
        "from abc import ABC\nclass A(ABC): pass\ndef h(): return getattr(A, '_abc' + '_impl')",
        "is not open to plugins",
    ),
    "a private name of a library's class, in a class body": (
        "import random\nclass R(random.Random):\n _randbelow = 1\ndef h(): pass",
        "'_randbelow' belongs to a base class",
    ),
    "a private name of a library's class, set on the plugin's": (
        "import random\nclass R(random.Random): pass\ndef h(): R._randbelow = 1",
        "belongs to a base class",
    ),
    "a private name of a library's class, deleted by name": (
        "import random\nclass R(random.Random):\n def random(self): return 0.5\ndef h(): delattr(R, '_rand' + 'below')",
        "belongs to a base class",
    ),
    "a namespace with a name of Python's": (
        "from types import SimpleNamespace\ndef h(): SimpleNamespace(**{'__array_interface__': {}})",
        "the name is Python's own",
    ),
    "a class of super": ("class S(super): pass\ndef h(): pass", "super cannot be a base class"),
    "a field of a named tuple that a pattern reads by position": (
        "from typing import NamedTuple\nclass N(NamedTuple):\n obj: int\ndef h():\n match N(1):\n  case N(o): return o",
        "a pattern cannot read the attribute 'obj'",
    ),
    "a module's library": ("import json\ndef h(): return json.codecs", "json.codecs is not open"),
}


@pytest.mark.parametrize(("source", "text"), RAISES.values(), ids=RAISES)
def test_what_only_shows_when_it_runs_raises(source: str, text: str) -> None:
    if text == "refused":
        with pytest.raises(PluginRefused):
            load(source)
        return
    with pytest.raises((AttributeError, TypeError, ValueError), match=text):
        run(source)


def test_a_refusal_says_what_to_write_instead() -> None:
    with pytest.raises(PluginRefused, match="write a plain 'def'"):
        load("async def h(): pass")
    with pytest.raises(PluginRefused, match=r"automatosx_nb\.sdk\.storage"):
        load("open('x')")
    with pytest.raises(PluginRefused, match="did you mean 'sqrt'"):
        load("from math import sqr")
    with pytest.raises(PluginRefused, match=r'"modules:pyarrow" = '):
        load("import pyarrow")
    with pytest.raises(PluginRefused, match="Call it '_cache'"):
        load("class A:\n def f(self): self.__cache = 1")
    with pytest.raises(PluginRefused, match=r"super\(\)\.__init__"):
        load("class A(dict):\n def f(self): dict.__init__(self)")


@pytest.mark.parametrize(
    "source",
    ["a" + ".b" * 3000, "x = " + "(" * 3000 + ")" * 3000, "x = " + "-" * 20000 + "1", "x = " + "1+" * 20000 + "1"],
    ids=["attributes", "parentheses", "signs", "sums"],
)
def test_an_expression_that_is_nested_too_deeply_is_refused(source: str) -> None:
    with pytest.raises(PluginRefused):
        load(source)


def test_a_chain_that_overflows_the_transformer_is_refused() -> None:
    limit = sys.getrecursionlimit()
    with pytest.raises(PluginRefused, match="nested too deeply"):
        load("a" + ".b" * limit)


def test_a_source_above_the_cap_is_refused() -> None:
    with pytest.raises(PluginRefused, match="257 KiB, and 256 KiB are allowed"):
        load("#" * (257 * 1024))


@pytest.mark.parametrize("source", [b"\xff\xfe", b"x = 1\n# -*- \xe9", b"x = '\x00'"])
def test_a_source_that_is_not_utf8_text_is_refused(source: bytes) -> None:
    with pytest.raises(PluginRefused):
        PluginModules("acme.test", {"m.py": source}, granted=(), write=print).handler("m:h")


def test_a_coding_cookie_changes_nothing() -> None:
    source = "# -*- coding: utf_7 -*-\ndef h(): return '+AAo-'"
    assert run(source) == "+AAo-"


@pytest.mark.parametrize(
    ("module", "instead"),
    [
        ("os.path", "take a value as an argument"),
        ("requests", "automatosx_nb.sdk.http"),
        ("pandas", '"modules:pandas" = '),
        ("scipy", "modules:pandas"),
        ("matplotlib.pyplot", "sdk.ui"),
        ("jsn", "json"),
    ],
)
def test_a_module_that_is_not_open_comes_with_what_to_do_instead(module: str, instead: str) -> None:
    source = f"import {module}\n\ndef run():\n    return 1\n"
    modules = PluginModules("acme.demo", {"demo.py": source.encode()}, granted=(), write=print)
    with pytest.raises(PluginRefused) as caught:
        modules.handler("demo:run")
    assert instead in caught.value.next_step()
