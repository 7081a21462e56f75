"""Run before an install is made: whether this computer's Arrow computes what charts are made of."""

import pyarrow as pa

from .frame import Look
from .magic import DRAW
from .request import KINDS, read
from .ticks import linear


def self_test() -> None:
    assert [text for _value, text in linear(3.0, 97.0).marks] == ["0", "20", "40", "60", "80", "100"]
    table = pa.table({"n": [1.0, 2.5, None, 4.0], "m": [4, 3, 2, 1], "w": ["a", "b", "a", None]})
    wanted = {"scatter": ("n", "m"), "line": ("n", "m"), "bar": ("w", "n"), "histogram": ("n", ""), "box": ("w", "n")}
    for kind in KINDS[1:]:
        x, y = wanted[kind]
        found = DRAW[kind](read(table, x, y, "w", kind, "mean", "none", 0), Look())
        assert found.source.startswith("<svg") and found.alt, kind
