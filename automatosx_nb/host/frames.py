"""Tables as the kind of frame that the user works with."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pyarrow as pa

Kind = Literal["pandas", "polars", "arrow", ""]
_KINDS: dict[Kind, tuple[str, ...]] = {"pandas": ("DataFrame", "Series"), "polars": ("DataFrame", "Series")}


def kind_of(value: object) -> Kind:
    """Whose table it is; '' for what is no table. Imports nothing: what made the value is loaded."""
    for kind, names in _KINDS.items():
        library = sys.modules.get(kind)
        if any(isinstance(value, getattr(library, name, ())) for name in names):
            return kind
    return "arrow" if hasattr(value, "__arrow_c_stream__") else ""


def as_kind(table: pa.Table, kind: Kind) -> Any:
    """The table as a frame of ``kind``; for 'arrow' and '' it stays what it is. Raises what the library raises."""
    if kind == "pandas":
        return table.to_pandas()
    if kind == "polars":
        import polars

        return polars.from_arrow(table)
    return table


def bytes_of(value: Any) -> int | None:
    """Of a table in memory (without what its objects refer to), of bytes, or of text in characters; None: unknown."""
    if isinstance(value, bytes | str):
        return len(value)
    try:
        match kind_of(value):
            case "pandas":
                used = value.memory_usage(index=False)
                return int(used.sum() if hasattr(used, "sum") else used)
            case "polars":
                return int(value.estimated_size())
            case "arrow":
                return int(value.nbytes)
    except Exception:  # noqa: BLE001 - whatever somebody's own kind of frame does: its size is not worth a call
        return None
    return None


def described(value: object) -> str:
    """What was kept, for a line of output: 'DataFrame of 344 rows and 8 columns'."""
    name = type(value).__name__
    shape = getattr(value, "shape", None)
    if kind_of(value) and isinstance(shape, tuple) and len(shape) == 2:
        return f"{name} of {_counted(shape[0], 'row')} and {_counted(shape[1], 'column')}"
    if isinstance(value, str | bytes | list | dict):
        return f"{name} of length {len(value):,}"
    return name


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
