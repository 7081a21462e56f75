"""A name of a library is looked at as it is, and again when it stands for something else."""

from __future__ import annotations

import pytest

from tests.sandbox.libraries.running import load, run

PROXIES = {
    "super": "return super(pd.DataFrame, pd.DataFrame()).to_csv",
    "super kept in a name": "s = super(pd.DataFrame, pd.DataFrame())\nreturn s.to_csv",
    "an annotated class": "from typing import Annotated\nreturn Annotated[pd.DataFrame, 1].to_pickle",
    "an annotated class kept in a name": (
        "from typing import Annotated\na = Annotated[pd.DataFrame, 1]\nreturn a.to_pickle"
    ),
    "a cache": "from functools import cache\nreturn cache(pd.DataFrame).to_pickle",
    "a cache with a size": "from functools import lru_cache\nreturn lru_cache(maxsize=1)(pd.DataFrame).to_pickle",
    "a context manager": "from contextlib import contextmanager\nreturn contextmanager(pd.DataFrame).to_pickle",
    "a decorating context manager": (
        "from contextlib import ContextDecorator\nclass C(ContextDecorator): pass\nreturn C()(pd.DataFrame).to_pickle"
    ),
    "a static method": "return staticmethod(pd.DataFrame).to_pickle",
    "a class method": "return classmethod(pd.DataFrame).to_pickle",
    "a partial": "from functools import partial\nreturn partial(pd.DataFrame).to_pickle",
    "single dispatch": "from functools import singledispatch\nreturn singledispatch(pd.DataFrame).to_pickle",
    "a cached property": "from functools import cached_property\nreturn cached_property(pd.DataFrame).to_pickle",
    "a new type": "from typing import NewType\nreturn NewType('N', pd.DataFrame).to_pickle",
    "attrgetter": "from operator import attrgetter\nreturn attrgetter('T.to_pickle')(pd.DataFrame())",
    "methodcaller": "from operator import methodcaller\nreturn methodcaller('to_pickle', 'x')(pd.DataFrame())",
    "a namespace": "from types import SimpleNamespace\nreturn SimpleNamespace(df=pd.DataFrame()).df.to_pickle",
    "a copy": "import copy\nreturn copy.copy(pd.DataFrame).to_pickle",
    "wraps": "from functools import wraps\n@wraps(pd.DataFrame)\ndef f(): pass\nreturn f.to_pickle",
}


@pytest.mark.parametrize("body", PROXIES.values(), ids=PROXIES)
def test_nothing_that_stands_for_a_librarys_class_hands_out_what_is_closed(body: str) -> None:
    with pytest.raises((AttributeError, TypeError)):
        run(body)


CHANGING = {
    "a parameter that is bound again": "def f(x):\n    x.n; x.n\n    x = df\n    return x.to_pickle\nreturn f(Own())",
    "a parameter bound in a loop": (
        "def f(x):\n    for _ in range(2):\n        r = x.n if _ == 0 else x.to_pickle\n        x = df\nreturn f(Own())"
    ),
    "an assignment in a loop": (
        "for n in range(2):\n    x = [Own(), df][n]\n    r = x.to_pickle if n else x.n\n    r = x.n if not n else x.n"
    ),
    "an assignment under a condition": (
        "def f(c):\n    x = Own() if c else df\n    return x.n if c else x.to_pickle, x.n\nf(True)\nreturn f(False)"
    ),
    "an assignment that fails": (
        "def one(n):\n    if n: raise ValueError\n    return Own()\n"
        "for n in range(2):\n    try:\n        x = one(n)\n        x.n; x.n\n"
        "    except ValueError:\n        x.n\n        break\n"
        "return getattr(df, 'to_pickle')"
    ),
    "a walrus": "(x := Own()).n\nx.n\n(x := df)\nreturn x.to_pickle",
    "a walrus in a comprehension": "x = Own()\nx.n; x.n\n[x := df for _ in [1]]\nreturn x.to_pickle",
    "a loop variable": "for x in [Own(), df]:\n    r = x.n if type(x) is Own else x.to_pickle",
    "a comprehension": "return [x.n if type(x) is Own else x.to_pickle for x in [Own(), df]]",
    "a name of a comprehension that is another outside": (
        "x = df\n[x.n for x in [Own()]]\nreturn x.to_pickle, x.to_pickle"
    ),
    "the first iterable of a comprehension": "x = df\nreturn [x.n for x in [x.to_pickle, x.to_pickle]]",
    "nonlocal": (
        "def f(x):\n    def g():\n        nonlocal x\n        x = df\n"
        "    x.n; g()\n    return x.to_pickle, x.n\nreturn f(Own())"
    ),
    "global": ("def g():\n    global THING\n    THING = df\ng()\nreturn THING.to_pickle"),
    "a closure": "def f(x):\n    def g(): return x.to_pickle, x.n\n    return g\nreturn f(df)()",
    "a closure over a name that is bound again": (
        "def f():\n    x = Own()\n    g = lambda: x.to_pickle\n    x = df\n    return g()\nreturn f()"
    ),
    "a default": "def f(x, y=df.to_pickle): return x.n, x.n, y\nreturn f(Own())",
    "a default with a parameter's name": "x = df\ndef f(x=x.to_pickle): return x.n, x.n\nreturn f(Own())",
    "a lambda": "return (lambda x: x.to_pickle)(df)",
    "a lambda's default": "x = df\nreturn (lambda x=x.to_pickle: x)()",
    "with": "from contextlib import nullcontext\nx = Own()\nx.n; x.n\nwith nullcontext(df) as x: return x.to_pickle",
    "except": "x = Own()\nx.n; x.n\ntry: 1 / 0\nexcept ZeroDivisionError as x: pass\nx = df\nreturn x.to_pickle",
    "match": "x = Own()\nx.n; x.n\nmatch df:\n    case x: return x.to_pickle",
    "unpacking": "x, y = Own(), df\nx.n; x.n\ny, x = x, y\nreturn x.to_pickle",
    "del": "x = Own()\nx.n; x.n\ndel x\nx = df\nreturn x.to_pickle",
    "a generator": (
        "def f(x):\n    while True:\n        got = yield\n        if got is not None: return got.to_pickle, got.n\n"
        "g = f(Own()); next(g)\nreturn g.send(df)"
    ),
    "a class body": "class C:\n    x = df\n    y = x.to_pickle, x.to_pickle\nreturn C.y",
    "a method on something else": "class C:\n    def f(self): return self.to_pickle, self.n\nreturn C.f(df)",
    "a method call": "class C:\n    def f(self): return self.to_pickle('x'), self.n\nreturn C.f(df)",
    "an attribute of an attribute": "class C: pass\nc = C()\nc.x = df\nreturn c.x.to_pickle, c.x.to_pickle",
    "an import that is shadowed": "def f(pd): return pd.to_pickle, pd.to_pickle\nreturn f(df)",
    "an import that is bound again": "import json\njson = df\nreturn json.to_pickle",
    "an import of a function": "import json as x\nx.dumps\nx = df\nreturn x.to_pickle",
}
"""Ways to have a name stand for a frame, after it stood for something plain: the second has to be looked at as well."""


@pytest.mark.parametrize("body", CHANGING.values(), ids=CHANGING)
def test_a_name_is_looked_at_again_when_it_stands_for_something_else(body: str) -> None:
    source = "class Own: n = 1\nTHING = Own()\ndf = pd.DataFrame({'n': [1]})\ndef h():\n"
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    with pytest.raises(AttributeError, match="'to_pickle' of a DataFrame is not open"):
        load(source + lines).handler("m:h")()


WRITTEN = {
    "a parameter that is bound again": "def f(x):\n    x.n = 1; x.n = 2\n    x = df\n    x.n = 3\nf(Own())",
    "a parameter of the second call": "def f(x):\n    x.n = 1; x.n = 2\nf(Own()); f(Own())\nf(df)",
    "a parameter that is added to": "def f(x):\n    x.n += 1; x.n += 2\nf(Own()); f(Own())\nf(df)",
    "a parameter whose private name is read": "def f(x):\n    x._mgr; x._mgr\nf(Own()); f(Own())\nf(df)",
    "an assignment in a loop": "for n in range(2):\n    x = [Own(), df][n]\n    x.n = 1\n    x.n = 2",
    "an assignment under a condition": (
        "def f(c):\n    x = Own() if c else df\n    x.n = 1; x.n = 2\nf(True); f(True)\nf(False)"
    ),
    "an assignment that fails": (
        "def one(n):\n    if n: raise ValueError\n    return Own()\n"
        "def f():\n    for n in range(2):\n        try:\n            x = one(n)\n            x.n = 1; x.n = 2\n"
        "        except ValueError:\n            x.n = 3\n            x = df\n            x.n = 4\nf()"
    ),
    "a walrus": "(x := Own()).n\nx.n = 1; x.n = 2\n(x := df)\nx.n = 3",
    "a loop variable": "for x in [Own(), Own(), df]:\n    x.n = 1; x.n = 2",
    "nonlocal": (
        "def f(x):\n    def g():\n        nonlocal x\n        x = df\n"
        "    x.n = 1; x.n = 2; g()\n    x.n = 3; x.n = 4\nf(Own())"
    ),
    "global": "def g():\n    global THING\n    THING = df\nTHING.n = 1; THING.n = 2\ng()\nTHING.n = 3",
    "a closure": "def f(x):\n    def g():\n        x.n = 1; x.n = 2\n    return g\nf(Own())(); f(Own())()\nf(df)()",
    "a closure over a name that is bound again": (
        "def f():\n    x = Own()\n    def g():\n        x.n = 1; x.n = 2\n    g(); x = df\n    g()\nf()"
    ),
    "a method on something else": "class C:\n    def f(self): self.n = 1; self.n = 2\nC().f(); C().f()\nC.f(df)",
    "a parameter that is read, too": "def f(x):\n    x.n; x.n\n    x.n = 1; x.n = 2\nf(Own()); f(Own())\nf(df)",
    "a delete": "def f(x):\n    x.n = 1; x.n = 2\n    del x.n\nf(Own()); f(Own())\ndel df.n",
}


@pytest.mark.parametrize("body", WRITTEN.values(), ids=WRITTEN)
def test_a_name_is_looked_at_again_before_an_attribute_of_something_else_is_set(body: str) -> None:
    source = "class Own:\n    n = 1\n    _mgr = 2\nTHING = Own()\ndf = pd.DataFrame({'n': [1]})\ndef h():\n"
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    with pytest.raises((AttributeError, TypeError), match=r"of a DataFrame (cannot be set|is not open)"):
        load(source + lines).handler("m:h")()


def test_a_name_of_a_module_is_looked_at_again_when_it_stands_for_something_else() -> None:
    source = (
        "class Own: n = 1\nfor x in [Own(), pd.DataFrame()]:\n"
        "    y = x\n    r = y.n if type(y) is Own else y.to_pickle\n"
    )
    with pytest.raises(AttributeError, match="'to_pickle' of a DataFrame is not open"):
        load(source + "def h(): pass").handler("m:h")


PATTERNS = {
    "object": "case object(to_pickle=f): return f",
    "an abstract class": "case Iterable(to_pickle=f): return f",
    "the library's class": "case pd.DataFrame(to_csv=f): return f",
    "a name of a class": "case Renamed(eval=f): return f",
    "a name of a group": "case [pd.DataFrame(plot=f)]: return f",
}


@pytest.mark.parametrize("case", PATTERNS.values(), ids=PATTERNS)
def test_a_pattern_cannot_read_what_is_closed(case: str) -> None:
    source = (
        "from collections.abc import Iterable\nRenamed = pd.DataFrame\n"
        f"def h():\n    match pd.DataFrame():\n        {case}\n    match [pd.DataFrame()]:\n        {case}\n"
        "    return 'no match'"
    )
    with pytest.raises(TypeError, match="a pattern cannot read"):
        load(source).handler("m:h")()


def test_a_patterns_class_is_the_one_that_was_looked_at() -> None:
    source = (
        "class Own: pass\ndef swap():\n    global Own\n    Own = object\n    return False\n"
        "def h():\n    match pd.DataFrame():\n        case _ if swap(): pass\n        case Own(to_pickle=f): return f\n"
        "    return Own is object"
    )
    assert load(source).handler("m:h")() is True


def test_a_pattern_on_a_base_of_a_librarys_scalars_reads_only_what_is_open() -> None:
    assert run("from datetime import date\nmatch pd.Timestamp('2024-01-02'):\n    case date(year=y): return y") == 2024
    with pytest.raises(TypeError, match="cannot read the attribute 'dump' of a float"):
        run("match np.float64(1):\n    case float(dump=f): return f")


@pytest.mark.parametrize("base", ["pd.DataFrame", "np.ndarray", "np.float64", "pl.DataFrame", "pd.Timestamp"])
def test_a_librarys_class_is_no_base_of_a_plugins(base: str) -> None:
    with pytest.raises(TypeError, match="cannot be a base class here"):
        run(f"class A({base}): pass")


@pytest.mark.parametrize(
    "statement",
    [
        "df.price = 1",
        "pd.DataFrame.sum = 1",
        "setattr(df, 'to_csv', print)",
        "df.attrs.x = 1",
        "del df.price",
        "np.zeros(1).dtype = object",
    ],
)
def test_attributes_that_cannot_be_set_say_so(statement: str) -> None:
    with pytest.raises(TypeError, match=r"cannot be set|own classes only"):
        run(f"df = pd.DataFrame({{'price': [1]}})\n{statement}")


def test_an_error_of_a_library_is_read_like_any_other() -> None:
    assert run(
        "try: pa.array([1, 'a'])\nexcept pa.ArrowInvalid as error: return type(error).__name__, len(error.args)"
    ) == ("ArrowInvalid", 1)


def test_a_column_with_the_name_of_a_method_stays_the_method() -> None:
    assert run("return pd.DataFrame({'count': [7]}).count().tolist()") == [1]
    with pytest.raises(AttributeError, match="not open"):
        run("return pd.DataFrame({'to_pickle': [7]}).to_pickle")
