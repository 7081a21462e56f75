"""A whole table's profile."""

from dataclasses import dataclass

import pyarrow as pa

from . import columns, correlation, kinds


@dataclass(frozen=True)
class Profile:
    rows: int
    memory: int
    """Bytes of the table in Arrow's layout."""
    duplicates: int | None
    """Rows that are like an earlier one in every column; None where nested columns make that unknown."""
    columns: tuple
    correlations: correlation.Correlations | None

    @property
    def cells(self) -> int:
        return self.rows * len(self.columns)

    @property
    def missing(self) -> int:
        return sum(column.missing for column in self.columns)

    def of_kind(self, *wanted: str) -> list:
        return [column for column in self.columns if column.kind in wanted]


def profile_table(table: pa.Table, top: int) -> Profile:
    found = tuple(
        columns.describe(name, column, top) for name, column in zip(table.column_names, table.columns, strict=True)
    )
    return Profile(table.num_rows, table.nbytes, duplicate_rows(table), found, correlation.correlate(table))


def duplicate_rows(table: pa.Table) -> int | None:
    """How many rows are like an earlier one; nulls count as alike. None where a column cannot be compared."""
    if not table.num_columns:
        return 0
    comparable = [kinds.plain(column) for column in table.columns]
    if any(kinds.kind_of(str(column.type)) == kinds.OTHER for column in comparable):
        return None
    keys = {str(place): column for place, column in enumerate(comparable) if str(column.type) != "null"}
    if not keys:
        return max(0, table.num_rows - 1)
    groups = pa.table(keys).group_by(list(keys), use_threads=False).aggregate([([], "count_all")])
    return table.num_rows - groups.num_rows
