"""Frames of every library as Arrow tables, and what of them cannot become one, with its column and its type."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from automatosx_nb.errors import UntransferableValue

if TYPE_CHECKING:
    import pyarrow as pa

_SERIES = "value"
"""What the only column is called that came without a name."""


def as_arrow(value: Any, what: str) -> pa.Table:
    """Anything with ``__arrow_c_stream__`` as a table; a series is one of a single column.

    :raises UntransferableValue: naming the column that cannot cross, and its type.
    """
    try:
        import pyarrow as pa
    except ModuleNotFoundError as error:
        raise UntransferableValue(
            what, type(value).__name__, "tables need pyarrow: pip install 'automatosx-nb[data]'"
        ) from error
    if isinstance(value, pa.Table):
        table = value
    elif _is_of("pandas", value):
        table = _from_pandas(value, what)
    elif _is_of("polars", value):
        table = _from_polars(value, what)
    else:
        table = _from_stream(value, what)
    for field in table.schema:
        if holds_extension(field.type):
            reason = f"the column {field.name!r} is of the extension type {field.type}; convert it first"
            raise UntransferableValue(what, type(value).__name__, reason)
    return _without_views(table, what, type(value).__name__)


def holds_view(kind: pa.DataType) -> bool:
    """Whether a type is one, or is made of one, whose values may all show the same bytes, as polars' texts may."""
    import pyarrow as pa

    views = {pa.lib.Type_STRING_VIEW, pa.lib.Type_BINARY_VIEW, pa.lib.Type_LIST_VIEW, pa.lib.Type_LARGE_LIST_VIEW}
    if kind.id in views or (isinstance(kind, pa.DictionaryType) and holds_view(kind.value_type)):
        return True
    return any(holds_view(kind.field(index).type) for index in range(kind.num_fields))


def _without_views(table: pa.Table, what: str, type_name: str) -> pa.Table:
    """:raises UntransferableValue: views are in a type that is not read anew here."""
    import pyarrow as pa

    if not any(holds_view(field.type) for field in table.schema):
        return table
    schema = pa.schema([field.with_type(_plain(field.type)) for field in table.schema])
    for field in schema:
        if holds_view(field.type):
            reason = f"the column {field.name!r} is of the type {field.type}, which has views in it; convert it first"
            raise UntransferableValue(what, type_name, reason)
    try:
        return table.cast(schema)
    except pa.ArrowException:  # older versions, and lists
        columns = [pa.array(table.column(at).to_pylist(), field.type) for at, field in enumerate(schema)]
        return pa.Table.from_arrays(columns, schema=schema)


def _plain(kind: pa.DataType) -> pa.DataType:
    """The type that holds the same values without views."""
    import pyarrow as pa

    def item() -> pa.Field:
        return kind.field(0).with_type(_plain(kind.field(0).type))

    types = pa.types
    if kind.id == pa.lib.Type_STRING_VIEW:
        return pa.large_string()
    if kind.id == pa.lib.Type_BINARY_VIEW:
        return pa.large_binary()
    if types.is_fixed_size_list(kind):
        return pa.list_(item(), kind.list_size)
    if types.is_list(kind) or kind.id == pa.lib.Type_LIST_VIEW:
        return pa.list_(item())
    if types.is_large_list(kind) or kind.id == pa.lib.Type_LARGE_LIST_VIEW:
        return pa.large_list(item())
    if types.is_struct(kind):
        return pa.struct([each.with_type(_plain(each.type)) for each in kind])
    if types.is_dictionary(kind):
        return pa.dictionary(kind.index_type, _plain(kind.value_type), kind.ordered)
    return kind


def holds_extension(kind: pa.DataType) -> bool:
    """Whether a type is one of those, or is made of one, that only some programs know."""
    import pyarrow as pa

    if isinstance(kind, pa.BaseExtensionType):
        return True
    if isinstance(kind, pa.DictionaryType) and holds_extension(kind.value_type):
        return True
    return any(holds_extension(kind.field(index).type) for index in range(kind.num_fields))


def _is_of(library: str, value: Any) -> bool:
    """Whether it is a frame of this library, or of one that builds on it. Imports nothing."""
    loaded = sys.modules.get(library)
    return any(isinstance(value, getattr(loaded, name, ())) for name in ("DataFrame", "Series", "Index"))


def _from_stream(value: Any, what: str, hint: str = "") -> pa.Table:
    import pyarrow as pa

    try:
        return pa.RecordBatchReader.from_stream(value).read_all()
    except (pa.ArrowException, TypeError, ValueError) as error:
        column = _only_column(value)
        if column is not None:
            return pa.table({str(getattr(value, "name", None) or _SERIES): column})
        reason = f"{hint}Arrow refuses it: {error}"
        raise UntransferableValue(what, type(value).__name__, reason) from error


def _only_column(value: Any) -> pa.ChunkedArray | None:
    """A stream that is no table but one column of it, as polars' and pyarrow's own are."""
    import pyarrow as pa

    if hasattr(value, "columns"):
        return None
    try:
        return pa.chunked_array(value)
    except (pa.ArrowException, TypeError, ValueError):
        return None


def _from_polars(frame: Any, what: str) -> pa.Table:
    """A frame or series. A column of Python objects would cross as their addresses in memory, and does not."""
    if not hasattr(frame, "columns"):
        frame = frame.to_frame(frame.name or _SERIES)
    for name, kind in frame.schema.items():
        if str(kind) == "Object":
            reason = f"the column {name!r} is of the type Object; convert it first"
            raise UntransferableValue(what, type(frame).__name__, reason)
    try:
        return _from_stream(frame, what)
    except UntransferableValue:
        if frame.width > 1:
            for name in frame.columns:
                _from_polars(frame.select(name), what)
            raise
        ((name, kind),) = frame.schema.items()
        return _from_stream(frame, what, f"the column {name!r} is of the type {kind}; ")


def _from_pandas(frame: Any, what: str) -> pa.Table:
    """A frame as a table. An unnamed RangeIndex carries nothing and is dropped; any other index becomes columns."""
    import pandas as pd
    import pyarrow as pa

    if isinstance(frame, pd.Series):
        frame = frame.to_frame(name=frame.name if frame.name is not None else _SERIES)
    if not isinstance(frame, pd.DataFrame):
        raise UntransferableValue(what, type(frame).__name__, "of pandas, DataFrame and Series cross")
    if not (isinstance(frame.index, pd.RangeIndex) and frame.index.name is None):
        frame = _with_index_as_columns(frame, what)
    arrays, fields = [], []
    for position, name in enumerate(frame.columns):
        try:
            array = pa.Array.from_pandas(frame.iloc[:, position])
        except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
            reason = f"the column {str(name)!r} does not fit one Arrow type ({error}); convert it first"
            raise UntransferableValue(what, type(frame).__name__, reason) from error
        arrays.append(array)
        fields.append(pa.field(str(name), array.type))
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def _with_index_as_columns(frame: Any, what: str) -> Any:
    taken = {str(name) for name in frame.columns}
    names = [
        str(name) if name is not None else "index" if frame.index.nlevels == 1 else f"level_{level}"
        for level, name in enumerate(frame.index.names)
    ]
    clash = next((name for name in names if name in taken), None)
    if clash is not None:
        reason = f"its index and one of its columns are both named {clash!r}; rename one"
        raise UntransferableValue(what, type(frame).__name__, reason)
    return frame.rename_axis(index=names if frame.index.nlevels > 1 else names[0]).reset_index()
