"""How a table's cell is written, alike in HTML and in a terminal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automatosx_nb.host.display.forms import Field
    from automatosx_nb.host.display.nodes import Cell, Scalar, Table

NOTHING = "–"


def scalar_text(value: Scalar) -> str:
    """Numbers with a comma at the thousands; fractions to five digits, or to the unit if that is more."""
    if value is None:
        return NOTHING
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    return _float_text(value)


def first_text(field: Field) -> str:
    """What stands in a form's field at first, and what it may be."""
    if field.control == "checkbox":
        return "☑" if field.value else "☐"
    if field.choices:
        return " / ".join(field.choices[:12]) + (" …" if len(field.choices) > 12 else "")
    value = "" if field.value is None else scalar_text(field.value)
    between = f" ({scalar_text(field.minimum)} to {scalar_text(field.maximum)})" if field.control == "slider" else ""
    return f"{value}{between}" or f"({field.type})"


def _float_text(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    size = abs(value)
    if value == int(value) and size < 1e15:
        return f"{int(value):,}"
    if size < 1e-4 or size >= 1e15:
        return f"{value:.4g}"
    if size >= 1e4:
        return f"{value:,.0f}"
    return f"{value:,.5g}"


def is_number(value: Cell) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def numeric_columns(table: Table) -> frozenset[int]:
    """The places of the columns that hold numbers and blanks only: these stand to the right."""
    return frozenset(
        place
        for place in range(len(table.columns))
        if any(is_number(row[place]) for row in table.rows)
        and all(row[place] is None or is_number(row[place]) for row in table.rows)
    )
