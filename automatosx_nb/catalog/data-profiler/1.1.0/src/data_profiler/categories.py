"""Frequencies of a column of text or truth values."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True)
class Categories:
    """``top`` are (value, count), most frequent first, ties in the table's order; lengths in characters."""

    distinct: int
    top: tuple
    shortest: int | None = None
    longest: int | None = None
    blank: int = 0


def count_values(values: pa.ChunkedArray, top: int) -> Categories:
    """Frequencies of ``values`` (text or truth values, none missing)."""
    frequencies = pc.value_counts(values)
    counts = frequencies.field("counts")
    order = pc.array_sort_indices(counts, order="descending").slice(0, top)
    best = zip(frequencies.field("values").take(order).to_pylist(), counts.take(order).to_pylist(), strict=True)
    return Categories(len(frequencies), tuple((str(value), count) for value, count in best))


def describe_text(values: pa.ChunkedArray, top: int) -> Categories:
    """Frequencies, lengths, and how many are empty or white space only."""
    found = count_values(values, top)
    lengths = pc.min_max(pc.utf8_length(values)).as_py()
    blank = pc.sum(pc.equal(pc.utf8_length(pc.utf8_trim_whitespace(values)), 0)).as_py()
    return Categories(found.distinct, found.top, lengths["min"], lengths["max"], blank or 0)
