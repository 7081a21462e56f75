"""Which group each row belongs to: at most eight, the largest, and the rest together."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from .columns import Column, texts

MOST = 8
REST = "(other)"


@dataclass(frozen=True)
class Groups:
    """``names`` of the groups, and for each row the place of its own among these (int32)."""

    names: list
    places: pa.ChunkedArray | pa.Array
    left_out: int = 0
    """Groups that became one."""


def groups_of(column: Column | None, rows: int, most: int = MOST) -> Groups:
    if column is None:
        return Groups([""], pa.repeat(pa.scalar(0, pa.int32()), rows))
    words = texts(column)
    counted = pc.value_counts(words).to_pylist()
    counted.sort(key=lambda entry: (-entry["counts"], entry["values"]))
    kept = [entry["values"] for entry in counted[:most]]
    rest = len(counted) - len(kept)
    if column.kind != "category":
        order = pc.unique(column.values.take(pc.sort_indices(column.values)))
        wanted = {name: place for place, name in enumerate(texts(Column("", column.kind, order, column.whole)).to_pylist())}
        kept.sort(key=lambda name: wanted.get(name, 0))
    if rest:
        kept[most - 1 :] = [REST]
        rest += 1
    names = kept or [""]
    places = pc.index_in(words, value_set=pa.array(names, pa.large_string()))
    return Groups(names, pc.fill_null(places, len(names) - 1), rest)
