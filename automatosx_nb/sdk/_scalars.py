"""numpy's scalars, which frames and arrays hand out where Python's own numbers are meant."""

from __future__ import annotations

import sys


def unboxed(value: object) -> object:
    """A numpy bool, integer, float or str as Python's own; anything else as it is. Imports nothing."""
    numpy = sys.modules.get("numpy")
    kinds = () if numpy is None else (numpy.bool_, numpy.integer, numpy.floating, numpy.str_)
    if not kinds or not issubclass(type(value), kinds):
        return value
    item: object = value.item()  # type: ignore[attr-defined]
    return item
