"""``[[contributes.formatters]]``: how a cell's result of one type is shown."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from automatosx_nb.model.contributions.kind import HANDLER, Called, Kind, handler, listed
from automatosx_nb.model.permissions import TYPE_NAME
from automatosx_nb.model.reader import line, matching

if TYPE_CHECKING:
    from automatosx_nb.model.reader import Spot

TYPE = "a type by its module and name, as in 'pandas.DataFrame'"
_type = matching(re.compile(rf"(?=.{{1,120}}$){TYPE_NAME}"), TYPE)


@dataclass(frozen=True, slots=True)
class Formatter(Called):
    """The handler takes the value and returns a display. It sees every such value, so it needs a permission."""

    type: str
    handler: str
    summary: str = ""

    @property
    def label(self) -> str:
        return self.type

    @property
    def needs(self) -> tuple[str, ...]:
        return (f"display:{self.type}",)

    def record(self) -> dict[str, Any]:
        return asdict(self)


def _formatter(spot: Spot) -> Formatter | None:
    table = spot.table()
    if table is None:
        return None
    shown = table.need("type", _type, TYPE)
    function = table.need("handler", handler, HANDLER)
    summary = table.get("summary", line(200)) or ""
    table.finish()
    return None if shown is None or function is None else Formatter(shown, function, summary)


KIND = Kind("formatters", listed(_formatter, "formatter"))
