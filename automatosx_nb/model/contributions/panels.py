"""``[[contributes.panels]]``: a view with a title, drawn by a function that returns a display."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from automatosx_nb.model.contributions.kind import HANDLER, NAME, Called, Kind, Needless, handler, listed, name
from automatosx_nb.model.reader import line

if TYPE_CHECKING:
    from automatosx_nb.model.reader import Spot


@dataclass(frozen=True, slots=True)
class Panel(Called, Needless):
    """The handler takes nothing and returns what is shown."""

    name: str
    title: str
    handler: str
    summary: str = ""

    @property
    def label(self) -> str:
        return self.name

    def record(self) -> dict[str, Any]:
        return asdict(self)


def _panel(spot: Spot) -> Panel | None:
    table = spot.table()
    if table is None:
        return None
    called = table.need("name", name, NAME)
    title = table.need("title", line(60), "the panel's heading, at most 60 characters")
    function = table.need("handler", handler, HANDLER)
    summary = table.get("summary", line(200)) or ""
    table.finish()
    if called is None or title is None or function is None:
        return None
    return Panel(called, title, function, summary)


KIND = Kind("panels", listed(_panel, "panel"))
