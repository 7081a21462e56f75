"""``--into NAME``: what a handler returned, as a variable of the user's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from automatosx_nb.errors import NothingToKeep
from automatosx_nb.host.frames import as_kind, described, kind_of
from automatosx_nb.host.namespace import bind
from automatosx_nb.sandbox.values import DisplayTree

if TYPE_CHECKING:
    from automatosx_nb.host.handover import Handover


@dataclass(frozen=True, slots=True)
class Kept:
    """A value that is ready to be kept."""

    name: str
    value: object
    variables: Mapping[str, Any]

    def bind(self) -> str:
        """Set the variable; a line that says to what."""
        bind(self.name, self.value, self.variables)
        return f"{self.name} is now a {described(self.value)}."


def to_keep(value: object, name: str, handover: Handover) -> Kept:
    """``value`` as it will be kept; a table as the kind of frame that was handed over first.

    :raises NothingToKeep: it is a display, or nothing, or that kind of frame cannot be made of it.
    """
    if value is None or isinstance(value, DisplayTree):
        returned = "nothing" if value is None else "a display"
        raise NothingToKeep(handover.plugin, name, returned)
    if kind_of(value):
        try:
            value = as_kind(value, handover.frame)
        except Exception as error:  # whatever pandas or polars makes of it
            returned = f"a table that {handover.frame} does not take ({str(error)[:300]})"
            raise NothingToKeep(handover.plugin, name, returned) from error
    return Kept(name, value, handover.variables)
