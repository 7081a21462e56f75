"""Nothing of a library gets in that nobody looked at."""

from __future__ import annotations

import datetime
import inspect
import io
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from automatosx_nb.model.libraries import GRANTABLE_MODULES
from automatosx_nb.sandbox import facades, libraries


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
