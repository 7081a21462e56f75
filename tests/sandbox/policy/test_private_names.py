"""Private names are open on objects of the plugin, and on nothing else."""

from __future__ import annotations

import pytest

from automatosx_nb.errors import PluginRefused
from automatosx_nb.sandbox.modules import PluginModules
from tests.sandbox.policy.running import load, run

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
