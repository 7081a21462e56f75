"""The language policy: what authors may write works as in Python, and what they may not is refused by name."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING, Any

import pytest
from RestrictedPython.Guards import safe_builtins
from RestrictedPython.transformer import INSPECT_ATTRIBUTES, RestrictingNodeTransformer

from automatosx_nb.errors import PluginRefused
from automatosx_nb.sandbox import builtins_, guards, policy, vocabulary
from automatosx_nb.sandbox.modules import PluginModules

if TYPE_CHECKING:
    from collections.abc import Callable


def run(source: str, **files: str) -> Any:
    """What ``h()`` of a plugin's module returns."""
    sources = {"m.py": source.encode(), **{f"{name}.py": text.encode() for name, text in files.items()}}
    return PluginModules("acme.test", sources, granted=(), write=lambda text: None).handler("m:h")()


def load(source: str) -> Callable[..., Any]:
    return PluginModules("acme.test", {"m.py": source.encode()}, granted=(), write=print).handler("m:h")


GOOD: dict[str, tuple[str, Any]] = {
    "match on a class": (
        """
class P:
    __match_args__ = ("x", "y")
    def __init__(self, x, y):
        self.x, self.y = x, y
def h():
    match P(1, [2, 3, 4]):
        case P(0): return "no"
        case P(x=1, y=[first, *rest]) if rest: return first, rest
""",
        (2, [3, 4]),
    ),
    "match on a mapping": (
        'def h():\n match {"a": 1, "b": 2}:\n  case {"a": int() as a, **rest}: return a, rest',
        (1, {"b": 2}),
    ),
    "match on an enum's member": (
        "from enum import Enum\nclass C(Enum):\n R = 1\n G = 2\ndef h():\n match C.G:\n  case C.R | None: return 1\n"
        "  case C.G: return 2",
        2,
    ),
    "match literals": ("def h():\n match -1:\n  case -1: return 'minus'", "minus"),
    "annotated assignment": ("x: int = 3\ndef h() -> int:\n y: list[int] = [x]\n return y", [3]),
    "a dataclass": (
        "from dataclasses import dataclass, field, asdict, replace\n@dataclass(frozen=True, slots=True, order=True)\n"
        "class D:\n a: int\n b: list = field(default_factory=list)\n"
        "def h(): return asdict(replace(D(1), a=2)), D(1) < D(2), repr(D(3))",
        ({"a": 2, "b": []}, True, "D(a=3, b=[])"),
    ),
    "a dataclass with text annotations": (
        "from __future__ import annotations\nfrom dataclasses import dataclass\nfrom typing import ClassVar\n"
        "@dataclass\nclass D:\n n: ClassVar[int] = 9\n a: int = 1\ndef h(): return repr(D())",
        "D(a=1)",
    ),
    "a dataclass with a field that patterns cannot read": (
        "from dataclasses import dataclass\n@dataclass\nclass D:\n format: str\ndef h(): return D('csv').format",
        "csv",
    ),
    "a named tuple": (
        "from typing import NamedTuple\nfrom collections import namedtuple\nclass N(NamedTuple):\n"
        " a: int\n b: int = 2\n"
        "Q = namedtuple('Q', 'x y')\ndef h(): return N(1)._replace(a=5)._asdict(), N._fields, Q._make([1, 2]).y",
        ({"a": 5, "b": 2}, ("a", "b"), 2),
    ),
    "a typed dict": (
        "from typing import TypedDict\nclass T(TypedDict, total=False):\n a: int\ndef h(): return T(a=1)",
        {"a": 1},
    ),
    "every kind of enum": (
        "from enum import Enum, IntEnum, StrEnum, Flag, IntFlag, auto, unique\n@unique\nclass A(Enum):\n X = (1, 2)\n"
        "class B(IntEnum):\n X = 3\nclass C(Flag):\n P = auto()\n Q = auto()\nclass D(IntFlag):\n P = 1\n"
        "def h(): return A((1, 2)).name, B.X + 1, (C.P | C.Q).value, D(1) == 1, B(3) is B.X, len(A), "
        "repr(A.X), A['X'].value",
        ("X", 4, 3, True, True, 1, "<A.X: (1, 2)>", (1, 2)),
    ),
    "a class with a register of its own": (
        "from abc import ABC\nclass R(ABC):\n kept = []\n @classmethod\n def register(cls, x): cls.kept.append(x)\n"
        "def h():\n R.register(1)\n return R.kept",
        [1],
    ),
    "enum members with methods": (
        "from enum import StrEnum, auto\nclass C(StrEnum):\n A = auto()\n def up(self): return self.value.upper()\n"
        "def h(): return C.A.up(), C('a').name, [c.value for c in C]",
        ("A", "A", ["a"]),
    ),
    "augmented assignment": (
        "class A: pass\ndef h():\n a = A(); a.x = 1; a.x += 2\n d = {'k': [1]}; d['k'] += [2]\n n = 1; n **= 3\n"
        " return a.x, d, n",
        (3, {"k": [1, 2]}, 1),
    ),
    "nonlocal and global": (
        "count = 0\ndef h():\n n = 0\n def f():\n  nonlocal n\n  global count\n  n += 1; count += 2\n f(); f()\n"
        " return n, count",
        (2, 4),
    ),
    "ordinary dunder methods": (
        """
class V:
    __slots__ = ("n",)
    def __init__(self, n): self.n = n
    def __repr__(self): return f"V({self.n})"
    def __eq__(self, other): return isinstance(other, V) and self.n == other.n
    def __hash__(self): return hash(self.n)
    def __add__(self, other): return V(self.n + other.n)
    __radd__ = __add__
    def __len__(self): return self.n
    def __iter__(self): return iter(range(self.n))
    def __getitem__(self, i): return i * self.n
    def __call__(self, *a, **k): return a, k
    def __enter__(self): return self
    def __exit__(self, kind, error, trace): return kind is ValueError
    def __bool__(self): return True
def h():
    with V(2) as v:
        raise ValueError
    return repr(v + V(1)), len(v), list(v), v[3], v(1, k=2), v == V(2), {v: 1}[V(2)]
""",
        ("V(3)", 2, [0, 1], 6, ((1,), {"k": 2}), True, 1),
    ),
    "super, property, class and static methods": (
        """
class A:
    made = 0
    def __init__(self, x): self.x = x
    @classmethod
    def make(cls):
        cls.made += 1
        return cls(7)
    @staticmethod
    def twice(n): return n * 2
    @property
    def y(self): return self.x + 1
    @y.setter
    def y(self, v): self.x = v
class B(A):
    def __init__(self, x):
        super().__init__(x * 10)
    def __repr__(self):
        return "B" + super(B, self).__repr__()[:1]
def h():
    b = B.make(); before = b.y; b.y = 1
    return before, b.x, A.twice(4), repr(b), B.made
""",
        (71, 1, 8, "B<", 1),
    ),
    "context managers and generators": (
        "from contextlib import contextmanager, suppress\n@contextmanager\ndef c():\n yield 5\ndef g():\n"
        " got = yield 1\n yield got\n yield from [7]\ndef h():\n with c() as v, suppress(KeyError):\n  {}[1]\n"
        " it = g()\n return v, next(it), it.send('s'), list(it)",
        (5, 1, "s", [7]),
    ),
    "builtins": (
        "def h():\n r = sorted(zip([3, 1], 'ab'), key=lambda p: p[0]), list(map(str, filter(None, [0, 1])))\n"
        " s = min(1, 2), max([3]), sum([1]), any([0]), all([]), dict(a=1), tuple('ab'), set(), frozenset(), bytes(2)\n"
        " return r, len(s), list(enumerate(reversed([1, 2]))), isinstance(int, type), type(1) is int, type(1).__name__",
        (([(1, "b"), (3, "a")], ["1"]), 10, [(0, 2), (1, 1)], True, True, "int"),
    ),
    "the name of a type that cannot be named": (
        "def h():\n it = (x for x in ())\n return type(it).__name__, type(it) == type(it)",
        ("generator", True),
    ),
    "f-strings, % and format": (
        "class A: x = 3\ndef h():\n a = A()\n"
        " return f'{a.x!r:>3}', '%(k)s-%d' % {'k': 1} if False else '%s' % 4, '{} {k[0]:>3}'.format(1, k=[2]), "
        "'{x}'.format_map({'x': 5}), '{:,}'.format(1000)",
        ("  3", "4", "1   2", "5", "1,000"),
    ),
    "unpacking everywhere": (
        "def h():\n a, (b, *c) = [1, (2, 3, 4)]\n [d] = [5]\n for i, (j, k) in [(1, (2, 3))]: pass\n"
        " return a, b, c, d, k, [*c, 1], {**{'x': 1}}, (lambda *a, **k: (a, k))(*c, **{'z': 1})",
        (1, 2, [3, 4], 5, 3, [3, 4, 1], {"x": 1}, ((3, 4), {"z": 1})),
    ),
    "decorators with wraps": (
        "from functools import wraps, lru_cache\ndef d(f):\n @wraps(f)\n def g(*a): return f(*a) + 1\n return g\n"
        "@d\n@lru_cache\ndef f(x):\n 'doc'\n return x\ndef h(): return f(1), f.__name__, f.__doc__",
        (2, "f", "doc"),
    ),
    "walrus and conditional": ("def h(): return (y := 3) + y if True else 0", 6),
    "exceptions of its own": (
        "class E(ValueError):\n def __init__(self, code):\n  super().__init__(f'code {code}')\n  self.code = code\n"
        "def h():\n try:\n  try: raise E(3)\n  except KeyError: pass\n  else: pass\n  finally: done = 1\n"
        " except (E, TypeError) as e: return e.code, str(e), done, e.args, type(e).__name__",
        (3, "code 3", 1, ("code 3",), "E"),
    ),
    "an optional import": ("try:\n import numpy\nexcept ImportError:\n numpy = None\ndef h(): return numpy", None),
    "imports for type checkers": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n import pandas\n"
        "def h(x: 'pandas.DataFrame' = 1): return x",
        1,
    ),
    "dotted imports": (
        "import urllib.parse, collections.abc as cabc\nfrom urllib import parse\nfrom automatosx_nb.sdk import ui\n"
        "def h(): return urllib.parse.quote('a b'), isinstance([], cabc.Sequence), parse.quote('/'), ui.text('x').kind",
        ("a%20b", True, "/", "text"),
    ),
    "decimal contexts": (
        "from decimal import Decimal, localcontext\ndef h():\n with localcontext() as c:\n  c.prec = 3\n"
        "  return str(Decimal(1) / 3)",
        "0.333",
    ),
    "getattr, setattr, hasattr": (
        "class A: pass\ndef h():\n a = A(); setattr(a, 'x', 1)\n"
        " return getattr(a, 'x'), getattr(a, 'y', 2), hasattr(a, 'y'), hasattr(a, '__dict__')",
        (1, 2, False, False),
    ),
    "a name of one's own that Python has too": ("def h(dir='d', vars=1): return dir, vars", ("d", 1)),
    "generic classes and protocols": (
        "from typing import Generic, TypeVar, Protocol\nT = TypeVar('T')\nclass Box(Generic[T]):\n"
        " def __init__(self, v: T): self.v = v\nclass Q(Protocol):\n def f(self) -> int: ...\n"
        "def h(): return Box[int](3).v",
        3,
    ),
    "abstract classes": (
        "from abc import ABC, abstractmethod\nclass A(ABC):\n @abstractmethod\n def f(self): ...\nclass B(A):\n"
        " def f(self): return 1\ndef h():\n try: A()\n except TypeError: return B().f()",
        1,
    ),
    "public names of a module": ("__all__ = ['h']\n__version__ = '1'\ndef h(): return 1", 1),
    "json with an encoder of its own": (
        "import json\nclass E(json.JSONEncoder):\n def default(self, o): return sorted(o)\n"
        "def h(): return json.dumps({'a': {2, 1}}, cls=E)",
        '{"a": [1, 2]}',
    ),
    "csv in memory": (
        "import csv, io\ndef h():\n f = io.StringIO()\n csv.writer(f).writerow([1, 'a,b'])\n"
        " return list(csv.reader(io.StringIO(f.getvalue())))",
        [["1", "a,b"]],
    ),
}


@pytest.mark.parametrize(("source", "expected"), GOOD.values(), ids=GOOD)
def test_what_authors_expect_works_as_in_python(source: str, expected: Any) -> None:
    assert run(source) == expected


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


def test_a_dataclass_is_what_it_is_in_python_whatever_its_fields_are_called() -> None:
    """The library writes source text from the names of fields, and has names of its own in it."""
    source = (
        "from dataclasses import dataclass, field, asdict\n@dataclass\nclass D:\n"
        " MISSING: int = 1\n _HAS_DEFAULT_FACTORY: int = 2\n _type_a: int = 3\n _dflt_b: int = 4\n"
        " a: list = field(default_factory=list)\n b: int = 5\n self: int = 6\n"
        "def h(): return asdict(D()), D(b=7).b"
    )
    plain = PluginModules("acme.test", {"m.py": source.encode()}, granted=(), write=print, language=False)
    assert repr(run(source)) == repr(plain.handler("m:h")())


PRIVATE = {
    "of a library's object": "import json\ndef h(): return json.JSONEncoder()._x",
    "of a facade": "import functools\ndef h(): return functools._lru_cache_wrapper",
    "of another module of the plugin": "import other\ndef h(): return other._hidden",
    "of a library's class": "from typing import Generic\ndef h(): return getattr(Generic, '_is_' + 'protocol')",
    "of a library, through a class of the plugin": (
        "import random\nclass R(random.Random): pass\ndef h(): return R()._randbelow"
    ),
    "the same, kept in a name": (
        "import random\nclass R(random.Random): pass\n"
        "def h():\n r = R(); r.x = 1; r.x = 2\n return r._randbelow, r._randbelow"
    ),
    "the same, after one of its own": (
        "import random\nclass R(random.Random):\n def f(self): self._a = 1; return self._a, self._randbelow\n"
        "def h(): return R().f()"
    ),
    "the same, through super": (
        "import random\nclass R(random.Random):\n def f(self): return super()._randbelow\ndef h(): return R().f()"
    ),
    "the same, by getattr": (
        "import random\nclass R(random.Random): pass\ndef h(): return getattr(R(), '_rand' + 'below')"
    ),
    "of the class, by getattr": "import random\nclass R(random.Random): pass\ndef h(): return getattr(R, '_randbelow')",
    "of a function": "def f(): pass\ndef h(): return f._x",
    "that is the sandbox's": "class A: pass\ndef h(): return getattr(A(), '_getattr_')",
    "that is set on a library's object": "import decimal\ndef h(): decimal.getcontext()._x = 1",
}


@pytest.mark.parametrize("source", PRIVATE.values(), ids=PRIVATE)
def test_a_private_attribute_is_open_on_objects_of_the_plugin_only(source: str) -> None:
    with pytest.raises((AttributeError, TypeError), match=r"open to plugins|has no|own classes only"):
        run(source, other="_hidden = 1")


@pytest.mark.parametrize("case", ["P(to_pickle=f)", "P(f)", "P(_, f)"])
def test_a_protocol_reads_nothing_of_a_library_past_the_guard(case: str) -> None:
    source = (
        "from typing import Protocol\nclass P(Protocol):\n to_pickle: int\n __match_args__ = ('to_pickle', 'query')\n"
        f"import pandas as pd\ndef h():\n match pd.DataFrame():\n  case {case}: return f\n"
    )
    modules = PluginModules("acme.test", {"m.py": source.encode()}, granted=("pandas",), write=print)
    with pytest.raises(TypeError, match="a pattern cannot read the attribute 'to_pickle'"):
        modules.handler("m:h")()


@pytest.mark.parametrize(
    "statement", ["class P(Protocol):\n _is_runtime_protocol = True", "del P._abc_impl", "P._is_protocol = False"]
)
def test_how_the_standard_library_tells_instances_is_no_private_name_of_a_plugin(statement: str) -> None:
    with pytest.raises(PluginRefused, match="not allowed"):
        load(f"from typing import Protocol\n{statement}\ndef h(): pass")


def test_a_library_may_set_its_private_names_on_a_class_of_the_plugin() -> None:
    source = "import random\nclass R(random.Random):\n def random(self): return 0.5\ndef h(): return R().choice([1, 2])"
    assert run(source) == 1


def test_a_functional_named_tuple_is_matched_by_position() -> None:
    source = (
        "from typing import NamedTuple\nT = NamedTuple('T', [('a', int), ('b', int)])\n"
        "def h():\n match T(1, 2):\n  case T(a, b): return a, b"
    )
    assert run(source) == (1, 2)


def test_patterns_cannot_read_a_dataclass_field_past_the_guard() -> None:
    source = (
        "from dataclasses import dataclass\n@dataclass\nclass D:\n format: str\n"
        "def h():\n match D('x'):\n  case D(f): return f"
    )
    with pytest.raises(TypeError, match="accepts 0 positional sub-patterns"):
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


# --- nothing unknown gets in ----------------------------------------------------------------------------------

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


# --- advisories of RestrictedPython ---------------------------------------------------------------------------

GUARDS = ("_getattr_", "_getitem_", "_write_", "_print_", "_inplacevar_", *guards.GUARDS, "_plain_x_", "_pattern_1_")
PLACES = {
    "positional-only": "def f({0}, /): pass",
    "positional-only with a default": "def f({0}=1, /): pass",
    "positional-only in a lambda": "f = lambda {0}, /: 1",
    "positional": "def f({0}): pass",
    "keyword-only": "def f(*, {0}): pass",
    "variadic": "def f(*{0}): pass",
    "keywords": "def f(**{0}): pass",
    "a method's": "class A:\n def f(self, {0}, /): pass",
    "a name": "{0} = 1",
    "a loop": "for {0} in []: pass",
    "with": "with open() as {0}: pass",
    "a walrus": "({0} := 1)",
    "a comprehension": "[1 for {0} in []]",
    "a class": "class {0}: pass",
    "an import": "import math as {0}",
    "a capture": "match 1:\n case {0}: pass",
    "deleting": "del {0}",
}


@pytest.mark.parametrize("name", GUARDS)
def test_cve_2026_55830_no_guard_can_be_shadowed_from_any_place(name: str) -> None:
    for place in PLACES.values():
        with pytest.raises(PluginRefused):
            load(place.format(name) + "\ndef h(): pass")


@pytest.mark.parametrize(
    "source",
    [
        "import string\ndef h(): return string.Formatter().get_field('0.real', [1], {})",
        "from string import Formatter",
        "import string\ndef h(): return getattr(string, 'Formatter')",
        "from string import Template\nclass F(Template): pass\ndef h(): return F('x').get_field",
        "def h(): return ''.vformat",
        "import string\ndef h(): return string._string",
        "def h(): return 'x'.formatter_field_name_split",
    ],
)
def test_cve_2026_76825_there_is_no_formatter_to_resolve_fields_with(source: str) -> None:
    with pytest.raises((PluginRefused, AttributeError)):
        run(source)


ADVISORIES = {
    "CVE-2023-37271": "def h():\n def f():\n  yield g.gi_frame.f_back.f_back\n g = f()\n return [x for x in g]",
    "CVE-2023-37271 through an async generator": "async def f():\n yield 1\ndef h(): return f().ag_frame",
    "CVE-2025-22153": ("def h():\n try: raise ExceptionGroup('x', [ValueError()])\n except* ValueError as e: return e"),
    "CVE-2025-22153 through a group of its own": "class E(BaseExceptionGroup):\n def split(self, x): return 1",
    "CVE-2024-47532 through string": "import string\ndef h(): return string.Formatter",
    "CVE-2024-47532 through from": "from string import Formatter",
}


@pytest.mark.parametrize("source", ADVISORIES.values(), ids=ADVISORIES)
def test_an_advisory_of_restrictedpython_does_not_apply(source: str) -> None:
    with pytest.raises((PluginRefused, AttributeError)):
        run(source)


def test_cve_2023_41039_format_cannot_walk_from_any_spelling() -> None:
    for call in ("'{0.__class__}'.format(1)", "str.format('{0.__class__}', 1)", "'{x.real}'.format_map({'x': 1})"):
        with pytest.raises(ValueError, match="cannot read attributes"):
            run(f"def h(): return {call}")


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
