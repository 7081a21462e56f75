"""An Arrow table validated without holding up other threads: pyarrow holds the interpreter's lock while it does it.

A large column of text is most of that work. It is taken in slices: as bytes first, so that no offset leads out of a
buffer, and then as UTF-8, by a cast, which lets other threads run and runs in several of them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

_LARGE_BYTES = 1 << 20
"""A column with so many bytes a chunk is large; what is smaller is validated by pyarrow in less than a millisecond."""
_SLICE_BYTES = 4 << 20
_MOST_THREADS = 2


def validate(table: pa.Table, *, encoding: bool = True) -> None:
    """As ``table.validate(full=True)``; without ``encoding``, whether large columns of text are UTF-8 is left out.

    :raises pa.ArrowInvalid: it is not valid.
    """
    table.validate()
    large = _large_columns(table)
    table.select([number for number in range(table.num_columns) if number not in large]).validate(full=True)
    if encoding:
        with checked_meanwhile(table):
            return
    for number in large:
        for part in _slices(table.column(number)):
            part.validate(full=True)


@contextmanager
def checked_meanwhile(table: pa.Table) -> Iterator[None]:
    """Check the large columns of text, in other threads, while the block runs.

    :raises pa.ArrowInvalid: at its end: one has bytes that are not UTF-8, or offsets that lead nowhere.
    """
    large = _large_columns(table)
    if not large:
        yield
        return
    from concurrent.futures import ThreadPoolExecutor  # which brings threading, and that a worker pages of its own

    table.validate()
    pool = ThreadPoolExecutor(min(os.cpu_count() or 1, _MOST_THREADS), "automatosx-texts")
    try:
        checks = [pool.submit(_check, table.field(number), part) for number in large for part in _slices(table[number])]
        yield
        for check in checks:
            check.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _large_columns(table: pa.Table) -> list[int]:
    import pyarrow as pa

    return [
        number
        for number, column in enumerate(table.columns)
        if (pa.types.is_string(column.type) or pa.types.is_large_string(column.type))
        and column.get_total_buffer_size() >= _LARGE_BYTES * max(1, column.num_chunks)
    ]


def _slices(column: pa.ChunkedArray) -> Iterator[pa.Array]:
    """The column's texts as bytes, in slices of some MiB; nothing of them is read here."""
    import pyarrow as pa

    as_bytes = pa.large_binary() if pa.types.is_large_string(column.type) else pa.binary()
    for chunk in column.chunks:
        whole = chunk.view(as_bytes)
        rows = max(1, len(whole) * _SLICE_BYTES // max(1, whole.get_total_buffer_size()))
        for start in range(0, len(whole), rows):
            yield whole.slice(start, rows)


def _check(field: pa.Field, part: pa.Array) -> None:
    import pyarrow as pa

    part.validate(full=True)
    try:
        part.cast(field.type)
    except pa.ArrowInvalid as error:
        raise pa.ArrowInvalid(f"the column {field.name!r} has a text that is not UTF-8") from error
