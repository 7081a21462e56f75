"""numpy, pandas, polars and pyarrow under the policy: what authors write works, and what is closed says so."""

from __future__ import annotations

import ast
import datetime
import inspect
import io
import tomllib
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from automatosx_nb.errors import PluginRefused
from automatosx_nb.model.libraries import GRANTABLE_MODULES
from automatosx_nb.sandbox import facades, libraries, lookups
from automatosx_nb.sandbox.modules import PluginModules
from automatosx_nb.testing import run_in_sandbox

SNIPPETS = Path(__file__).parents[1] / "data" / "snippets"
IMPORTS = "import io, numpy as np, pandas as pd, polars as pl, pyarrow as pa, pyarrow.compute as pc\n"


def load(source: str, printed: list[str] | None = None) -> PluginModules:
    write = ([] if printed is None else printed).append
    return PluginModules("acme.test", {"m.py": (IMPORTS + source).encode()}, granted=GRANTABLE_MODULES, write=write)


def run(body: str, printed: list[str] | None = None) -> Any:
    """What the body of a function returns."""
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return load(f"def h():\n{lines}", printed).handler("m:h")()


# --- what authors write ---------------------------------------------------------------------------------------

FRAME = 'df = pd.DataFrame({"k": ["a", "b", "a"], "price": [1.0, 2.0, 3.0], "n": [1, 2, 3]})\n'


def snippets(file: str) -> dict[str, dict[str, str]]:
    return tomllib.loads((SNIPPETS / file).read_text("utf-8"))


PANDAS, OTHERS = snippets("pandas.toml"), snippets("libraries.toml")


@pytest.mark.parametrize("snippet", PANDAS.values(), ids=PANDAS)
def test_pandas_as_authors_write_it(snippet: dict[str, str]) -> None:
    assert run(FRAME + snippet["source"]) == ast.literal_eval(snippet["returns"])


@pytest.mark.parametrize("snippet", OTHERS.values(), ids=OTHERS)
def test_numpy_polars_and_pyarrow_as_authors_write_them(snippet: dict[str, str]) -> None:
    assert run(snippet["source"]) == ast.literal_eval(snippet["returns"])


def test_info_prints_where_plugin_code_prints() -> None:
    printed: list[str] = []
    run("pd.DataFrame({'a': [1]}).info()", printed)
    assert "1 entries" in "".join(printed)


# --- what is closed -------------------------------------------------------------------------------------------

CLOSED: dict[str, list[str]] = {
    "open to plugins": [
        "pd.read_pickle", "pd.read_parquet", "pd.eval", "pd.io", "pd.set_option", "pd.options", "pd.HDFStore",
        "pd.DataFrame({'a': [1]}).to_pickle('x')", "pd.DataFrame({'a': [1]}).to_parquet()",
        "pd.DataFrame({'a': [1]}).eval('a + 1')", "pd.DataFrame({'a': [1]}).query('a > 1')",
        "pd.DataFrame({'a': [1]}).plot", "pd.Series([1]).hist", "pd.DataFrame().style", "pd.Series([1]).to_sql",
        "pd.DataFrame.to_pickle", "pd.DataFrame.to_csv", "pd.DataFrame.agg",
        "getattr(pd.DataFrame(), 'to_' + 'excel')", "list(map(getattr, [pd.Series([1])], ['to_pickle']))",
        "pd.api.extensions", "pd.CategoricalDtype.type", "np.load", "np.save", "np.fromfile", "np.memmap",
        "np.ctypeslib", "np.f2py", "np.lib", "np.bmat", "np.testing", "np.array([1]).tofile('x')",
        "np.array([1]).ctypes", "np.array([1]).data", "np.array([1]).base", "np.array([1]).dump('x')",
        "np.array([1]).setflags(write=True)", "np.array([1]).resize(9, refcheck=False)", "np.array([1]).view(object)",
        "np.random.default_rng().bit_generator", "np.float64(1).dumps()", "np.core", "pl.scan_csv", "pl.read_parquet",
        "pl.sql", "pl.SQLContext", "pl.plugins", "pl.io", "pl.Config", "pl.DataFrame().write_parquet('x')",
        "pl.DataFrame().lazy().sink_csv('x')", "pl.DataFrame().sql('')", "pl.DataFrame().serialize()",
        "pl.LazyFrame.deserialize", "pl.col('a').meta", "pl.DataFrame().plot", "pl.DataFrame().lazy().remote()",
        "pl.Series([1]).sql", "pl.col('a').deserialize", "pa.array([1]).view(pa.string())", "pa.array([1]).buffers()",
        "pa.table({}).serialize",
    ],
    "no files here": [
        "pd.DataFrame({'a': [1]}).to_csv('x.csv')", "pd.DataFrame({'a': [1]}).to_json(path_or_buf='x')",
        "pd.read_csv('x.csv')", "pd.read_csv(filepath_or_buffer='x.csv')", "pd.read_json('{}')", "np.loadtxt('x')",
        "pl.read_csv('x')", "pl.DataFrame({'a': [1]}).write_csv('x')", "pd.Series([1]).to_string('x')",
    ],
    "cannot be named as a function": [
        "pd.DataFrame({'a': [1]}).agg('to_pickle')", "pd.DataFrame({'a': [1]}).apply('eval', args=('1',))",
        "pd.Series([1]).agg(['sum', 'to_csv'])", "pd.Series([1]).transform('save')",
        "pd.DataFrame({'a': [1]}).agg({'a': ['to_pickle']})",
        "pd.DataFrame({'a': [1]}).groupby('a').agg(b=('a', 'to_csv'))",
        "pd.DataFrame({'a': [1], 'b': [1]}).pivot_table(index='a', values='b', aggfunc='to_csv')",
        "pd.crosstab([1], [1], values=[1], aggfunc='to_csv')",
        "pd.pivot_table(pd.DataFrame({'a': [1]}), 'a', 'a', None, 'to_csv')",
        "pd.Series([1]).rolling(1).agg('to_pickle')", "pd.Series([1]).groupby([1]).agg(x='to_csv')",
    ],
    "engine is": [
        "pl.DataFrame({'a': [1]}).lazy().collect(engine=1)", "pl.DataFrame().lazy().collect(background=True)",
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("call", "text"),
    [(call, text) for text, calls in CLOSED.items() for call in calls],
)
def test_what_reads_files_evaluates_text_or_opens_memory_is_closed(call: str, text: str) -> None:
    with pytest.raises((AttributeError, TypeError, ValueError, PluginRefused), match=text):
        run(f"return {call}")


def test_a_name_that_pretends_to_be_harmless_is_looked_at_as_it_is() -> None:
    source = "class S(str):\n    def __hash__(self): return hash('sum')\n    def __eq__(self, other): return True\n"
    with pytest.raises(TypeError, match="wanted here, not a S"):
        run(source + "return pd.Series([1]).agg(S('to_pickle'))")
    source = "class D(dict):\n    def values(self): return ['sum']\n    def __iter__(self): return iter(())\n"
    with pytest.raises(ValueError, match="cannot be named"):
        run(source + "return pd.DataFrame({'a': [1]}).agg(D(a='to_pickle'))")


FORGED = {
    "ndarray": "np.ndarray((1,), object, bytearray(8))",
    "ndarray of an array": "type(np.zeros(1))((1,), object, bytearray(8))",
    "NDArray": "npt.NDArray[np.int64]((1,), object, bytearray(8))",
    "an annotation": "np.ndarray[int, float]((1,), object, bytearray(8))",
    "frombuffer": "np.frombuffer(holder, 'u8')",
    "frombuffer by name": "np.frombuffer(buffer=holder, dtype='u8')",
    "pack_into": "struct.pack_into('Q', holder, 0, 1)",
    "pack_into of a Struct": "struct.Struct('Q').pack_into(holder, 0, 1)",
    "pack_into of the class": "struct.Struct.pack_into(struct.Struct('Q'), holder, 0, 1)",
    "pack_into from a subclass": "S('Q').pack(holder)",
    "pack_into by methodcaller": "operator.methodcaller('pack_into', holder, 0, 1)(struct.Struct('Q'))",
    "readinto": "io.BytesIO(bytes(8)).readinto(holder)",
    "readinto1": "getattr(io.BytesIO(bytes(8)), 'readinto1')(holder)",
    "a structure with an object": "np.frombuffer(np.zeros(1, [('a', 'u8'), ('b', object)]), 'u8')",
}


@pytest.mark.parametrize("call", FORGED.values(), ids=FORGED)
def test_no_bytes_become_objects(call: str) -> None:
    source = (
        "import struct, operator\nimport numpy.typing as npt\nclass S(struct.Struct):\n"
        " def pack(self, to): return super(S, self).pack_into(to, 0, 1)\n"
        f"def h():\n holder = np.array([None], dtype=object)\n return {call}"
    )
    with pytest.raises(TypeError, match=r"cannot be called|callable|array of objects is no buffer"):
        load(source).handler("m:h")()


LABELS = {
    "a series": "pd.Series([value], index=[name], dtype=object)",
    "a series with an index of categories": "pd.Series([value], index=pd.CategoricalIndex([name]), dtype=object)",
    "a series with an index of strings": "pd.Series([value], index=pd.Index([name], dtype='string'), dtype=object)",
    "a row of a frame": "pd.DataFrame({name: [value]}).iloc[0]",
    "a frame": "pd.DataFrame({name: [value]})",
    "a group": "next(iter(pd.Series([value], index=[name], dtype=object).groupby([1])))[1]",
    "groups": "pd.DataFrame({name: [1.0]}).groupby(name)",
    "a window": "pd.DataFrame({name: [1.0]}).rolling(1)",
    "a record": "pd.DataFrame({name: [value]}).to_records()[0]",
    "records": "pd.DataFrame({name: [value]}).to_records()",
    "a table's own frame": "pa.table({name: [1]}).to_pandas()",
}
"""Objects that answer for attributes out of their data."""


@pytest.mark.parametrize("label", ["__array_interface__", "__array_struct__", "__arrow_c_array__", "_typ_of_mine"])
@pytest.mark.parametrize("made", LABELS.values(), ids=LABELS)
def test_no_label_becomes_an_attribute_that_a_library_believes(made: str, label: str) -> None:
    thing = run(f"name, value = {label!r}, {{'data': (4096, False)}}\nreturn {made}")
    found = getattr(thing, label, None)
    assert hasattr(thing, label) == hasattr(type(thing), label)
    assert found != {"data": (4096, False)}
    assert not isinstance(found, pd.Series | pd.DataFrame | np.generic)


def test_labels_with_public_names_stay_attributes_of_data() -> None:
    body = "g = df.groupby('k')\nreturn float(df.price.sum()), g.n.sum().tolist(), float(df.iloc[0].price)"
    assert run(FRAME + body) == (6.0, [4, 2], 1.0)
    assert run(FRAME + "return df.to_records()").price.tolist() == [1.0, 2.0, 3.0]


def test_a_library_that_comes_through_another_has_its_lookups_closed_before_it_hands_out_anything() -> None:
    """In a process of its own, where nothing has loaded pandas yet."""
    source = (
        "import numpy as np, pyarrow as pa\n"
        "def attack():\n"
        " where = {'data': (id(print) + 16, False), 'shape': (1,), 'typestr': '|u8', 'version': 3}\n"
        " column = pa.table({'k': ['__array_interface__']}).to_pandas().set_index('k').assign(v=[where]).v\n"
        " return np.asarray(column).dtype.kind\n"
    )
    outcome = run_in_sandbox(source, modules=("numpy", "pandas", "pyarrow"))
    assert (outcome.status, outcome.value) == ("returned", "O"), outcome.error


def test_every_class_of_a_library_that_looks_names_up_by_itself_was_found() -> None:
    """What stays as it is has the lookup in C: no object of theirs is in a plugin's reach."""
    for name in GRANTABLE_MODULES:
        facades.load(name)
    lookups.close_lookups()
    kept = {
        f"{cls.__module__}.{cls.__qualname__}"
        for cls in lookups._changed
        if not any(isinstance(vars(cls).get(name), types.FunctionType) for name in lookups.BY_ITSELF)
    }
    assert kept <= {"numpy.object_", "numpy.random._generator.array", "numpy.ufunc"}
    found = {cls.__qualname__ for cls in lookups._changed}
    assert found >= {"NDFrame", "GroupBy", "BaseWindow", "Resampler", "record", "recarray"}


def test_buffers_of_numbers_are_written_into_as_ever() -> None:
    body = "import struct\na = np.zeros(1, 'u8')\nstruct.pack_into('Q', a, 0, 5)\nb = bytearray(2)\n"
    assert run(body + "io.BytesIO(b'xy').readinto(b)\nreturn int(a[0]), b, np.frombuffer(b, 'u1').tolist()") == (
        5, bytearray(b"xy"), [120, 121],
    )  # fmt: skip


def test_ndarray_is_what_arrays_are_instances_of() -> None:
    body = (
        "a = np.zeros(2)\nmatch a:\n case np.ndarray(ndim=1): seen = True\n"
        "def f(x: np.ndarray | None) -> np.ndarray: return x\n"
        "return seen, isinstance(a, np.ndarray), type(a) is np.ndarray, isinstance([], np.ndarray), "
        "np.ndarray.__name__, float(np.ndarray.sum(a))"
    )
    assert run(body) == (True, True, True, False, "ndarray", 0.0)


LISTS_OF_NAMES = """
class Later(list):
    seen = 0
    def __iter__(self):
        self.seen += 1
        return iter([]) if self.seen == 1 else iter(["to_pickle"])
class Items(dict):
    def items(self): return [("n", "to_pickle")]
class Duck:
    def __call__(self, *a, **k): return 7
    def __iter__(self): return iter(["to_pickle"])
    def __len__(self): return 1
class Bound:
    method = classmethod(Duck())
"""


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("df.agg(Later(['sum']))['n'].tolist()", [6]),
        ("df[['n']].agg(Items(n='sum')).tolist()", [6]),
        ("df.n.agg(Duck())", 7),
        ("df.n.agg(Bound.method)", 7),
        ("df.groupby('k').n.agg(Duck()).tolist()", [7, 7]),
        ("df.groupby('k').agg(t=Later(['n', Duck()]))", None),
        ("df.groupby('k').agg(t=('n', Duck())).t.tolist()", [7, 7]),
        ("df.pivot_table(index='k', values='n', aggfunc=Duck()).n.tolist()", [7, 7]),
    ],
)
def test_pandas_gets_the_functions_that_were_looked_at(call: str, expected: Any) -> None:
    lines = "\n".join(f"    {line}" for line in (FRAME + f"return {call}").splitlines())
    handler = load(f"{LISTS_OF_NAMES}\ndef h():\n{lines}").handler("m:h")
    if expected is None:
        with pytest.raises(ValueError, match="'n' cannot be named"):
            handler()
    else:
        assert handler() == expected


READ_AS_IT_IS = """
class B(io.BytesIO):
    name = "/etc/hostname"
    def getvalue(self): return "/etc/hostname"
    def read(self, *a): return "/etc/hostname"
"""


@pytest.mark.parametrize(
    "call", ["pl.read_csv(B(b'a\\n1')).rows()", "[*pd.read_csv(B(b'a\\n1')).itertuples(index=False, name=None)]"]
)
def test_a_reader_gets_what_a_buffer_holds_and_not_what_its_class_says(call: str) -> None:
    assert load(f"{READ_AS_IT_IS}\ndef h(): return {call}").handler("m:h")() == [(1,)]


@pytest.mark.parametrize("call", ["pl.DataFrame({'a': [1]}).write_csv(B())", "pd.DataFrame().to_csv(B())"])
def test_a_writer_takes_no_class_of_the_plugin(call: str) -> None:
    with pytest.raises(TypeError, match=r"an io\.StringIO or io\.BytesIO itself"):
        load(f"{READ_AS_IT_IS}\ndef h(): return {call}").handler("m:h")()


def test_what_is_closed_says_what_to_use_instead() -> None:
    for call, instead in {
        "pd.DataFrame().query('a')": "write df[df['x'] > 1]",
        "pd.DataFrame().to_excel('x')": "return the frame",
        "np.zeros(1).view('i4')": "use astype",
        "pd.DataFrame().prise": "a DataFrame has no 'prise'",
    }.items():
        with pytest.raises(AttributeError) as caught:
            run(f"return {call}")
        assert instead in str(caught.value)


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


# --- in a worker ----------------------------------------------------------------------------------------------

CROSSING: dict[str, tuple[str, dict[str, list[Any]]]] = {
    "a frame of pandas": (
        "return table.to_pandas().groupby('k', as_index=False).v.sum()",
        {"k": ["a", "b"], "v": [4, 2]},
    ),
    "a series of pandas": ("return table.to_pandas().set_index('k').v", {"k": ["a", "b", "a"], "v": [1, 2, 3]}),
    "a frame of polars": ("return table.to_polars().filter(pl.col('v') > 1).select('v')", {"v": [2, 3]}),
    "a series of polars": ("return table.to_polars()['v'] * 2", {"v": [2, 4, 6]}),
    "a series without a name": ("return pl.Series([1])", {"value": [1]}),
    "a table of pyarrow": ("return table.to_arrow().select(['v'])", {"v": [1, 2, 3]}),
    "a record batch": ("return table.to_arrow().to_batches()[0]", {"k": ["a", "b", "a"], "v": [1, 2, 3]}),
    "a column of pyarrow": ("return table.to_arrow()['v']", {"value": [1, 2, 3]}),
}


@pytest.mark.parametrize(("body", "expected"), CROSSING.values(), ids=CROSSING)
def test_a_handler_may_return_a_frame_of_any_library(body: str, expected: dict[str, list[Any]]) -> None:
    table = pd.DataFrame({"k": ["a", "b", "a"], "v": [1, 2, 3]})
    source = f"{IMPORTS}def attack(table):\n    {body}\n"
    outcome = run_in_sandbox(source, args=[table], modules=GRANTABLE_MODULES)
    assert outcome.error is None
    assert isinstance(outcome.value, pa.Table)
    assert outcome.value.to_pydict() == expected


def test_numbers_of_numpy_arrive_as_pythons_own() -> None:
    source = (
        "import numpy as np\nfrom automatosx_nb.sdk import ui\ndef attack():\n    a = np.arange(4)\n"
        "    ui.metric('sum', a.sum()); ui.table(['n'], [[n] for n in a])\n"
        "    texts = np.str_('x'), np.float32(0.5)\n"
        "    return {'sum': a.sum(), 'mean': a.mean(), 'any': a.any(), 'all': [a.max(), texts]}"
    )
    outcome = run_in_sandbox(source, modules=["numpy"])
    assert outcome.value == {"sum": 6, "mean": 1.5, "any": True, "all": [3, ["x", 0.5]]}
    assert [type(value) for value in outcome.value.values()] == [int, float, bool, list]


def test_an_array_of_numpy_is_refused_by_its_name() -> None:
    outcome = run_in_sandbox("import numpy as np\ndef attack(): return [np.arange(3)]", modules=["numpy"])
    assert outcome.status == "raised"
    assert "a ndarray" in str(outcome.error)


@pytest.mark.parametrize("library", GRANTABLE_MODULES)
def test_a_library_that_was_not_granted_is_refused_with_the_line_to_write(library: str) -> None:
    outcome = run_in_sandbox(f"import {library}\ndef attack(): return 1")
    assert outcome.status == "refused"
    assert f'"modules:{library}" = ' in str(outcome.error)


# --- nothing unknown gets in ----------------------------------------------------------------------------------


def _objects() -> dict[str, list[Any]]:
    """Objects of every kind that plugin code can come by, and their classes."""
    df = pd.DataFrame({"a": [1, 2], "t": ["x", "y"], "d": pd.to_datetime(["2020-01-01", "2020-02-01"])})
    by = df.groupby("t")
    day = df.set_index("d")
    spans = pd.Series(pd.to_timedelta([1], unit="s"))
    months = pd.Series(pd.period_range("2020", periods=1, freq="M"))
    frame = pl.DataFrame({"a": [1], "t": ["x"]})
    col = pl.col("a")
    table = pa.table({"a": [1], "l": [[1]], "s": [{"x": 1}]})
    spaces = "str dt list arr cat struct name bin"
    return {
        "pandas": [
            df, df.a, df.index, df.columns, pd.MultiIndex.from_product([[1], [2]]), pd.CategoricalIndex(["a"]),
            pd.DatetimeIndex(["2020"]), pd.TimedeltaIndex([]), pd.period_range("2020", periods=1, freq="M"),
            pd.interval_range(0, 1), by, by["a"], df.a.rolling(1), df.a.expanding(), df.a.ewm(1), day.resample("D"),
            day.groupby("t").resample("D"), by.rolling(1), df.t.str, df.d.dt, spans.dt, months.dt, df.iloc, df.loc,
            df.at, df.iat, df.t.astype("category").cat, pd.Timestamp("2020"), pd.Timedelta(1), pd.Period("2020"),
            pd.Interval(0, 1), pd.NaT, pd.NA, pd.offsets.MonthEnd(), pd.CategoricalDtype(), pd.StringDtype(),
            pd.Int64Dtype(), df.d.dt.tz_localize("UTC").dtype, pd.Categorical(["a"]), df.d.array, df.a.array,
            pd.array([1, None]), pd.array(["a"]), pd.array([True, None]), pd.Grouper(key="a"),
        ],
        "numpy": [
            np.zeros(1), np.float64(1), np.int64(1), np.bool_(True), np.str_("a"), np.datetime64("2020"),
            np.dtype("i4"), np.add, np.random.default_rng(1), np.random.RandomState(1), np.poly1d([1]),
            np.finfo(float), np.iinfo(int),
            np.zeros(1).flat, np.vectorize(len), np.broadcast([1], [1]), np.errstate(), np.complex128(1),
            np.bytes_(b"a"), np.random.SeedSequence(1), np.busdaycalendar(), np.void(b"a"),
        ],
        "polars": [
            frame, frame.lazy(), frame["a"], col, *(getattr(col, name) for name in spaces.split()),
            *(getattr(frame["a"], name) for name in ("str", "dt", "list", "arr", "cat", "struct", "bin")),
            frame.group_by("a"), frame.lazy().group_by("a"), frame.schema, pl.Int64, pl.Datetime("us"),
            pl.List(pl.Int64), pl.Field("a", pl.Int64), pl.when(True), pl.when(True).then(1),
            pl.Enum(["a"]), pl.Struct({}),
            pl.Decimal(3, 1),
        ],
        "pyarrow": [
            table, table["a"], table["a"].chunk(0), table["l"].chunk(0), table["s"].chunk(0), table.schema,
            table.schema.field(0), *(field.type for field in table.schema), table["a"][0], table["l"][0], table["s"][0],
            table.to_batches()[0], table.group_by("a"), pc.field("a"), table.to_reader(), pa.scalar(b"x"),
            pa.array(["a"]).dictionary_encode(), pa.timestamp("s"), pa.decimal128(3), pa.map_(pa.int64(), pa.int64()),
            pc.CountOptions(), pa.scalar(datetime.datetime(2020, 1, 1)), pa.array([datetime.timedelta(1)]), pa.nulls(1),
        ],
    }  # fmt: skip


CLOSED_ON_PURPOSE = {
    "pandas": """
        base boxplot construct_array_type construct_from_string eval exclusions flags from_arrow from_numpy_dtype
        hist index_class indices isbuiltin isnative kwds level num numpy_dtype online plot putmask query
        reset_cache set_flags sparse style subdtype to_clipboard to_excel to_feather to_hdf to_iceberg to_latex
        to_orc to_parquet to_pickle to_sql to_stata to_xarray to_xml type update_dtype validate_categories
        validate_ordered view
    """,
    "numpy": """
        alignment base baseclass bit_generator byteorder cache call char ctypes data debug_print descr device dump
        dumps entropy epsneg excluded flags format format_map generate_state get_state getfield hasobject holidays
        iexp isalignedstruct isbuiltin machep maxexp metadata minexp n_children_spawned negep newbyteorder nexp
        ngrd nmant ntypes num otypes pool pool_size pyfunc random_integers resize resolve_dtypes set_state
        setfield setflags spawn_key state subdtype to_device tofile tomaxint view weekmask
    """,
    "polars": """
        collect_async collect_batches deserialize execute ext from_lazyframe_resolver fromkeys glimpse inspect
        is_extension lf meta move_to_end plot pop popitem reinterpret remote serialize setdefault show show_graph
        sink_batches sink_csv sink_delta sink_iceberg sink_ipc sink_ndjson sink_parquet sql style thisown
        to_dtype_expr to_jax to_torch union write_avro write_clipboard write_database write_delta write_excel
        write_iceberg write_ipc write_ipc_stream write_parquet
    """,
    "pyarrow": """
        as_buffer buffers call copy_to deserialize device_type equals_ extension_name find_physical_length
        find_physical_offset format from_buffers from_dense from_dlpack from_sparse from_stream from_substrait
        get_total_buffer_size has_variadic_buffers is_cpu iter_batches_with_custom_metadata kernels n_fields
        n_sequence_fields n_unnamed_fields num_kernels pandas_metadata read_next_batch_with_custom_metadata
        read_pandas serialize statistics to_pandas_dtype to_substrait to_tensor view
    """,
}
"""Public attributes of the libraries' objects that are closed. Who adds a name to a list has looked at what it does."""


@pytest.mark.parametrize("library", GRANTABLE_MODULES)
def test_every_attribute_of_a_librarys_objects_is_open_or_closed_on_purpose(library: str) -> None:
    """It fails when a library grows a new one: look at what that does, then write it into one of the two lists."""
    known = libraries.LIBRARIES[library].names | set(CLOSED_ON_PURPOSE[library].split())
    found = {
        name
        for thing in _objects()[library]
        for kind in {thing if isinstance(thing, type) else type(thing)}
        for name in dir(kind)
        if not name.startswith("_")
    }
    assert found - known == set()


@pytest.mark.parametrize("library", GRANTABLE_MODULES)
def test_no_module_and_no_closed_builtin_is_reachable_from_a_librarys_objects(library: str, walk: Any) -> None:
    for thing in _objects()[library]:
        walk.from_(thing, type(thing).__name__, depth=2)
    assert len(walk.seen) > 200


@pytest.mark.parametrize("library", GRANTABLE_MODULES)
def test_nothing_is_both_open_and_closed(library: str) -> None:
    assert libraries.LIBRARIES[library].names & set(CLOSED_ON_PURPOSE[library].split()) == set()
    assert libraries.LIBRARIES[library].names & set(libraries.LIBRARIES[library].instead) == set()
    assert set(libraries.LIBRARIES[library].checked) <= libraries.LIBRARIES[library].names


def _reads_files(value: Any) -> bool:
    """Whether a public function of a facade could be handed a path: told by the names of its parameters."""
    try:
        parameters = inspect.signature(value).parameters
    except (TypeError, ValueError):
        return False
    return bool({"path", "path_or_buf", "filepath_or_buffer", "filename", "fname", "file"} & set(parameters))


@pytest.mark.parametrize("module", [name for name in facades.SPECS if name.partition(".")[0] in GRANTABLE_MODULES])
def test_no_function_of_a_librarys_facade_takes_a_path(module: str) -> None:
    facade = facades.load(module)
    functions = {name: getattr(facade, name) for name in facades.names_of(facade)}
    ours = {name for name, value in functions.items() if getattr(value, "__module__", "") == libraries.__name__}
    assert [name for name, value in functions.items() if name not in ours and _reads_files(value)] == []


def test_a_reader_in_memory_takes_no_path_under_any_name() -> None:
    read = libraries.reading(pd.read_csv)
    assert read(io.StringIO("a\n1")).shape == (1, 1)
    for wrong in ("x.csv", b"x", 3, None):
        with pytest.raises(TypeError, match="no files here"):
            read(wrong)
    with pytest.raises(TypeError):
        read(filepath_or_buffer="x.csv")


@pytest.fixture(autouse=True)
def _grants_are_forgotten() -> Iterator[None]:
    from automatosx_nb.sdk import _wire

    yield
    _wire.granted_to("this code", None)
