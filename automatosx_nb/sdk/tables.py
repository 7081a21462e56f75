"""Tables that cross between a notebook and a plugin: pandas, polars, pyarrow, duckdb all become this one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automatosx_nb.sdk import _wire

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas
    import polars
    import pyarrow


class Table:
    """A table of named columns of equal length. Read-only.

    ``Table(data)`` takes any object with ``__arrow_c_stream__``; :meth:`from_columns` takes lists.
    """

    __slots__ = ("_arrow", "_columns")

    def __init__(self, data: Any) -> None:
        """:raises TypeError: if ``data`` has no ``__arrow_c_stream__``."""
        if not hasattr(data, "__arrow_c_stream__"):
            raise TypeError(f"{type(data).__name__} is no table; use Table.from_columns({{name: [values]}})")
        self._arrow: Any = data
        self._columns: dict[str, list[Any]] | None = None

    @classmethod
    def from_columns(cls, columns: Mapping[str, Sequence[Any]]) -> Table:
        """A table of ``columns``, in their order.

        :raises ValueError: if they differ in length.
        """
        lists = {str(name): list(values) for name, values in columns.items()}
        lengths = {name: len(values) for name, values in lists.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns of a table have one length, these have {lengths}")
        table = cls.__new__(cls)
        table._arrow, table._columns = None, lists
        return table

    @property
    def column_names(self) -> list[str]:
        """Names, in their order."""
        return list(self._columns) if self._columns is not None else list(self._as_arrow().column_names)

    @property
    def num_rows(self) -> int:
        if self._columns is None:
            return int(self._as_arrow().num_rows)
        return len(next(iter(self._columns.values()), []))

    @property
    def num_columns(self) -> int:
        return len(self.column_names)

    def column(self, name: str) -> list[Any]:
        """The values of one column as Python objects; missing ones are None.

        :raises KeyError: if there is no such column.
        """
        if name not in self.column_names:
            raise KeyError(f"no column {name!r}: there are {self.column_names}")
        if self._columns is not None:
            return list(self._columns[name])
        return list(self._as_arrow().column(name).to_pylist())

    def to_arrow(self) -> pyarrow.Table:
        """The same data as a ``pyarrow.Table``, without a copy where it came as one.

        :raises PermissionDenied: without the permission ``modules:pyarrow``.
        """
        _wire.require_module("pyarrow")
        return self._as_arrow()

    def to_pandas(self) -> pandas.DataFrame:
        """The same data as a ``pandas.DataFrame``.

        :raises PermissionDenied: without the permission ``modules:pandas``.
        """
        _wire.require_module("pandas")
        frame: pandas.DataFrame = self._as_arrow().to_pandas()
        return frame

    def to_polars(self) -> polars.DataFrame:
        """The same data as a ``polars.DataFrame``, most of it without a copy.

        :raises PermissionDenied: without the permission ``modules:polars``.
        """
        _wire.require_module("polars")
        import polars

        return polars.DataFrame(self._as_arrow())

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._as_arrow().__arrow_c_stream__(requested_schema)

    def __len__(self) -> int:
        return self.num_rows

    def __repr__(self) -> str:
        return f"<Table of {self.num_rows} rows: {', '.join(self.column_names)}>"

    def _as_arrow(self) -> Any:
        import pyarrow

        if self._arrow is None:
            self._arrow = pyarrow.table(self._columns)
        elif not isinstance(self._arrow, pyarrow.Table):
            self._arrow = pyarrow.table(self._arrow)
        return self._arrow
