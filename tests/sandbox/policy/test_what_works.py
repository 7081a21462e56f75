"""What authors may write works as in Python."""

from __future__ import annotations

from typing import Any

import pytest

from automatosx_nb.sandbox.modules import PluginModules
from tests.sandbox.policy.running import run

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
