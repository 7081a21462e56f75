"""``[contributes.settings.<name>]``: a value that the user can set, with its default."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from automatosx_nb.model.contributions.kind import Kind, Needless, Uncalled, keyed, name
from automatosx_nb.model.reader import Spot
from automatosx_nb.model.schemas import Schema, setting_schema


@dataclass(frozen=True, slots=True)
class Setting(Uncalled, Needless):
    """``schema`` is the JSON Schema of the value, with a ``default``."""

    name: str
    schema: Schema

    @property
    def label(self) -> str:
        return self.name

    def record(self) -> dict[str, Any]:
        return asdict(self)


def _setting(called: str, spot: Spot, _own: str | None) -> Setting | None:
    schema = setting_schema(spot)
    if name(Spot(called, spot.path, spot.problems)) is None or schema is None:
        return None
    return Setting(called, schema)


KIND = Kind("settings", keyed(_setting, "a table of names and settings"))
