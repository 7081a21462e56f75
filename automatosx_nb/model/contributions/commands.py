"""``[[contributes.commands]]``: an action with a name, which ``%ax run`` carries out."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from automatosx_nb.model.contributions.arguments import Argument, arguments
from automatosx_nb.model.contributions.kind import HANDLER, NAME, Called, Kind, Needless, handler, listed, name
from automatosx_nb.model.reader import line

if TYPE_CHECKING:
    from automatosx_nb.model.reader import Spot


@dataclass(frozen=True, slots=True)
class Command(Called, Needless):
    """``title`` is what a button or a menu says: ``Check the types of a table``."""

    name: str
    title: str
    handler: str
    summary: str = ""
    args: tuple[Argument, ...] = ()

    @property
    def label(self) -> str:
        return self.name

    def record(self) -> dict[str, Any]:
        return {**asdict(self), "args": [one.record() for one in self.args]}


def _command(spot: Spot) -> Command | None:
    table = spot.table()
    if table is None:
        return None
    called = table.need("name", name, NAME)
    title = table.need("title", line(60), "what a button would say, at most 60 characters")
    function = table.need("handler", handler, HANDLER)
    summary = table.get("summary", line(200)) or ""
    args = table.get("args", arguments) or ()
    table.finish()
    if called is None or title is None or function is None:
        return None
    return Command(called, title, function, summary, args)


KIND = Kind("commands", listed(_command, "command"))
