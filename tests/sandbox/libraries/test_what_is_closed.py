"""What of the libraries reads files, evaluates text or opens memory is closed, and says what to use instead."""

from __future__ import annotations

import types
from typing import Any

import numpy as np
import pandas as pd
import pytest

from automatosx_nb.errors import PluginRefused
from automatosx_nb.model.libraries import GRANTABLE_MODULES
from automatosx_nb.sandbox import facades, lookups
from automatosx_nb.testing import run_in_sandbox
from tests.sandbox.libraries.running import FRAME, load, run

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
