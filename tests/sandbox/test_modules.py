"""A plugin's modules in memory: importing each other, what they see of libraries, and their tracebacks."""

from __future__ import annotations

import builtins
import subprocess
import sys
from typing import Any

import pytest

from automatosx_nb.errors import PermissionDenied, PluginRefused, UnknownHandler
from automatosx_nb.sandbox import facades
from automatosx_nb.sandbox.modules import MAX_FRAMES, PluginModules
from automatosx_nb.sandbox.protocol import Frame


def modules(granted: tuple[str, ...] = (), **files: str) -> PluginModules:
    sources = {f"{name.replace('__', '/')}.py": text.encode() for name, text in files.items()}
    return PluginModules("acme.test", sources, granted=granted, write=lambda text: None)


# --- importing ------------------------------------------------------------------------------------------------

PACKAGE = {
    "pkg/__init__.py": b"from .stats import mean\nfrom . import names\nTITLE = 'pkg'",
    "pkg/stats.py": b"def mean(v): return sum(v) / len(v)",
    "pkg/names.py": b"from pkg import stats\nfrom .deep.leaf import LEAF\nNAME = stats.mean([1, 3])",
    "pkg/deep/leaf.py": b"from .. import stats as s\nfrom ..stats import mean as m\nLEAF = s.mean is m",
    "pkg/main.py": b"""
import pkg.stats, pkg.names as names
import pkg
from . import stats, TITLE
from .deep import leaf
def h():
    return pkg.stats.mean([2]), names.NAME, stats is pkg.stats, TITLE, leaf.LEAF, names.LEAF, pkg.mean([4])
""",
}


def test_modules_of_a_plugin_import_each_other_absolutely_and_relatively() -> None:
    plugin = PluginModules("acme.test", PACKAGE, granted=(), write=print)
    assert plugin.handler("pkg.main:h")() == (2, 2, True, "pkg", True, True, 4)


def test_a_module_runs_once() -> None:
    plugin = modules(a="import b\nimport c\ndef h(): return b.seen", b="seen = []", c="import b\nb.seen.append(1)")
    assert plugin.handler("a:h")() == [1]
    assert plugin.handler("a:h") is plugin.handler("a:h")


def test_modules_that_import_each_other_in_a_circle_work_as_in_python() -> None:
    plugin = modules(a="import b\nX = 1\ndef h(): return b.get()", b="import a\ndef get(): return a.X")
    assert plugin.handler("a:h")() == 1
    with pytest.raises(ImportError, match="cannot import 'X' from 'a'"):
        modules(a="from b import Y\nX = 1", b="from a import X\nY = 1").handler("a:h")


def test_a_module_that_raised_is_run_again_by_the_next_import() -> None:
    plugin = modules(a="1 / 0")
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            plugin.handler("a:h")


def test_another_module_is_seen_by_its_public_names_and_read_only() -> None:
    plugin = modules(
        a="import b\ndef read(): return b.nothing\ndef write(): b.X = 2\ndef guard(): return getattr(b, '_getattr_')",
        b="X = 1",
    )
    for name in ("read", "guard"):
        with pytest.raises(AttributeError):
            plugin.handler(f"a:{name}")()
    with pytest.raises(TypeError, match="own classes only"):
        plugin.handler("a:write")()
    with pytest.raises(PluginRefused, match="_getattr_"):
        modules(a="from b import _getattr_", b="").handler("a:h")


def test_a_refusal_in_an_imported_module_names_that_module() -> None:
    with pytest.raises(PluginRefused) as caught:
        modules(a="import b", b="x = 1\nimport os").handler("a:h")
    assert (caught.value.file, caught.value.line) == ("b.py", 2)


def test_importing_from_above_the_sources_is_refused() -> None:
    with pytest.raises(PluginRefused, match="not open to plugins"):
        PluginModules("acme.test", {"p/m.py": b"from ...x import y"}, granted=(), write=print).handler("p.m:h")


def test_two_plugins_do_not_see_each_other() -> None:
    modules(shared="X = 1\ndef h(): return X").handler("shared:h")
    other = PluginModules("acme.other", {"m.py": b"import shared"}, granted=(), write=print)
    with pytest.raises(PluginRefused):
        other.handler("m:h")


@pytest.mark.parametrize(
    ("ref", "nearest"),
    [("mian:h", "main"), ("main:helo", "main:hello"), ("main:TITLE", ""), ("main:_getattr_", ""), ("json:dumps", "")],
)
def test_a_missing_handler_is_named_with_the_nearest_ones(ref: str, nearest: str) -> None:
    with pytest.raises(UnknownHandler) as caught:
        modules(main="TITLE = 'x'\ndef hello(): pass").handler(ref)
    assert not nearest or nearest in str(caught.value)


def test_every_module_can_be_checked_without_running_any() -> None:
    modules(a="import b\n1 / 0", b="x = 1").check()
    with pytest.raises(PluginRefused, match=r"c\.py, line 1"):
        modules(a="1 / 0", c="open('x')").check()


# --- printing and tracebacks ----------------------------------------------------------------------------------


def test_print_goes_where_the_plugin_was_told() -> None:
    printed: list[str] = []
    plugin = PluginModules(
        "acme.test", {"m.py": b"def h(): print(1, 'a', sep='-', end='.')"}, granted=(), write=printed.append
    )
    plugin.handler("m:h")()
    assert printed == ["1-a."]


def test_a_traceback_has_the_plugins_own_lines_only() -> None:
    plugin = modules(
        a="import json\nfrom b import deep\ndef h():\n    return json.dumps(1, default=deep) and deep({})",
        b="def deep(value):\n    return value.nothing",
    )
    with pytest.raises(AttributeError) as caught:
        plugin.handler("a:h")()
    assert plugin.frames(caught.value) == [
        Frame("a.py", 4, "h", "return json.dumps(1, default=deep) and deep({})"),
        Frame("b.py", 2, "deep", "return value.nothing"),
    ]


def test_a_traceback_of_an_import_has_the_line_that_raised() -> None:
    plugin = modules(a="import b", b="\nx = 1 / 0")
    with pytest.raises(ZeroDivisionError) as caught:
        plugin.handler("a:h")
    assert [(frame.file, frame.line) for frame in plugin.frames(caught.value)] == [("a.py", 1), ("b.py", 2)]


def test_a_traceback_of_endless_recursion_is_cut() -> None:
    plugin = modules(a="def h():\n return h()")
    with pytest.raises(RecursionError) as caught:
        plugin.handler("a:h")()
    assert len(plugin.frames(caught.value)) == MAX_FRAMES


# --- libraries ------------------------------------------------------------------------------------------------


def test_a_granted_library_can_be_imported_and_shows_curated_names() -> None:
    source = """
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types
def h():
    table = pa.table({"a": [1, 2, None]})
    return pc.sum(table["a"]).as_py(), types.is_integer(table.schema.field("a").type), table.num_rows
"""
    assert modules(("pyarrow",), m=source).handler("m:h")() == (3, True, 3)


@pytest.mark.parametrize(
    "call",
    [
        "pa.Array.from_buffers(pa.int64(), 9, [None, None])",
        "pa.array([1]).buffers()",
        "pa.table({'a': [1]}).to_reader().read_pandas()",
        "pa.int64().to_pandas_dtype()",
        "pa.scalar('x').as_buffer()",
        "pa.null.func_globals",
        "pa.memory_map('x')",
        "pa.OSFile('x')",
        "pa.foreign_buffer(1, 2)",
        "pa.csv",
        "pa.parquet",
        "pa.lib",
        "pc.register_scalar_function",
        "pc.call_function",
        "pc.get_function",
    ],
)
def test_of_pyarrow_nothing_reads_files_opens_memory_or_registers_functions(call: str) -> None:
    source = f"import pyarrow as pa, pyarrow.compute as pc\ndef h(): return {call}"
    with pytest.raises((AttributeError, PluginRefused), match=r"open to plugins|leads into frames"):
        modules(("pyarrow",), m=source).handler("m:h")()


@pytest.mark.parametrize(
    ("call", "permission"),
    [
        ("pa.array([1]).to_numpy()", "modules:numpy"),
        ("pa.table({'a': [1]}).to_pandas()", "modules:pandas"),
        ("pa.Table.from_pandas(1)", "modules:pandas"),
        ("Table.from_columns({'a': [1]}).to_pandas()", "modules:pandas"),
        ("Table.from_columns({'a': [1]}).to_polars()", "modules:polars"),
    ],
)
def test_what_leads_to_another_library_needs_the_permission_for_that_one(call: str, permission: str) -> None:
    source = f"import pyarrow as pa\nfrom automatosx_nb.sdk.tables import Table\ndef h(): return {call}"
    with pytest.raises(PermissionDenied) as caught:
        modules(("pyarrow",), m=source).handler("m:h")()
    assert caught.value.permission == permission


def every_facade() -> list[facades.Facade]:
    return [facades.load(name) for name in facades.SPECS]


@pytest.mark.parametrize("name", facades.SPECS)
def test_a_facade_has_every_name_that_is_documented(name: str) -> None:
    wanted = set(facades.SPECS[name].names.split()) | set(facades.SPECS[name].replaced)
    assert wanted <= facades.names_of(facades.load(name))


def test_no_module_and_no_closed_builtin_is_reachable_from_any_facade(walk: Any) -> None:
    for facade in every_facade():
        for name in facades.names_of(facade):
            walk.from_(getattr(facade, name), f"{facade!r}.{name}", depth=3)
    assert len(walk.seen) > 5000


EXAMPLES = """
import collections, csv, datetime, decimal, difflib, enum, fractions, functools, graphlib, hashlib, hmac, io
import ipaddress, itertools, json, operator, random, re, statistics, string, struct, types, uuid, zoneinfo
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, fields
from typing import Annotated, Any, Generic, NamedTuple, NewType, Optional, ParamSpec, Protocol, TypedDict, TypeVar
from automatosx_nb.sdk import events, tables, ui
T = TypeVar("T")
@dataclass
class D:
    x: int = 1
    def method(self): return self.x
class G(Generic[T]): pass
class N(NamedTuple):
    a: int = 1
class E(enum.Enum):
    A = 1
@contextmanager
def managed(): yield 1
@functools.lru_cache
def cached(x=1): return x
@functools.singledispatch
def dispatched(x): return x
def generate(): yield 1
def failed():
    try: {}["x"]
    except KeyError as error: return error
def things():
    return [
        D(), D, D.method, D().method, fields(D), G[int], G, N(), N, E.A, E, managed, managed(), cached, dispatched,
        generate, generate(), failed(), lambda: 1, print, type, int, super, property(generate), staticmethod(generate),
        functools.partial(generate), functools.cached_property(generate), functools.cmp_to_key(max)(1),
        collections.Counter("a"), collections.deque([1]), csv.reader(["a"]),
        csv.DictReader(io.StringIO("a")), datetime.datetime.now(datetime.UTC), decimal.Decimal(1), decimal.getcontext(),
        difflib.SequenceMatcher(None, "a", "b"), fractions.Fraction(1), graphlib.TopologicalSorter({}),
        hashlib.sha256(), hmac.new(b"k", b"m", "sha256"), io.StringIO("a"), io.BytesIO(b"a"),
        ipaddress.ip_network("10.0.0.0/30"), itertools.count(), json.JSONEncoder(), json.JSONDecoder(),
        operator.itemgetter(1), operator.attrgetter("x"), operator.methodcaller("x"), random.Random(1),
        re.compile("(?P<a>b)"), re.match("a", "a"), statistics.NormalDist(), string.Template("$a"),
        struct.Struct("i"), types.SimpleNamespace(a=1), types.MappingProxyType({}), uuid.uuid4(),
        zoneinfo.ZoneInfo("UTC"), ExitStack(), nullcontext(), Annotated[int, 1], Optional[int], list[int], int | None,
        NewType("New", int), ParamSpec("P"), T, Any, ui.text("a"), tables.Table.from_columns({"a": [1]}),
        events.Event("1", "s", "t", "2024"), {}.items(), iter([]), zip(), map(len, []), range(1), slice(1), object(),
        b"a", bytearray(b"a"), 1.5, 1j, True, ..., NotImplemented, "text", "".join, [].append,
    ]
"""


def test_no_module_and_no_closed_builtin_is_reachable_from_what_plugin_code_makes(walk: Any) -> None:
    for number, thing in enumerate(modules(m=EXAMPLES).handler("m:things")()):
        walk.from_(thing, f"thing {number}: {type(thing).__name__}", depth=3)
    assert len(walk.seen) > 2000


def test_the_walk_sees_what_must_not_be_reached(walk: Any) -> None:
    """The positive control."""
    for value in (sys, open, [{"a": (eval,)}], sys._getframe(), type, vars(builtins), test_a_module_runs_once.__code__):
        with pytest.raises(AssertionError):
            walk.from_(value, "control", depth=3)


def test_a_facade_cannot_be_changed() -> None:
    facade = facades.load("math")
    with pytest.raises(AttributeError, match="read-only"):
        facade.pi = 3
    with pytest.raises(AttributeError, match="read-only"):
        del facade.pi


def test_a_granted_library_that_is_not_installed_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    monkeypatch.delitem(facades._loaded, "polars", raising=False)
    with pytest.raises(ImportError, match="pip install polars"):
        modules(("polars",), m="import polars").handler("m:h")


def test_the_zygote_does_not_import_what_few_plugins_need() -> None:
    code = (
        "import sys, automatosx_nb.sandbox.modules, automatosx_nb.sdk.ui, automatosx_nb.sdk.tables;"
        "print([n for n in ('pyarrow', 'numpy', 'pandas', 'threading') if n in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "pyarrow" not in out
    assert "numpy" not in out
    assert "pandas" not in out


# --- without the wall -----------------------------------------------------------------------------------------


def test_without_the_language_wall_it_is_plain_python() -> None:
    source = b"import os.path, b\nx: int = 1\ndef h(): return os.path.sep, ().__class__, b._y, open"
    plugin = PluginModules("acme.test", {"m.py": source, "b.py": b"_y = 2"}, granted=(), write=print, language=False)
    sep, kind, y, opened = plugin.handler("m:h")()
    assert (sep, kind, y, opened) == ("/", tuple, 2, open)
