"""What every kind of contribution has in common."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from automatosx_nb.model.reader import Spot


class Contribution(Protocol):
    """One thing that a plugin adds. Its fields are plain, so that :meth:`record` is JSON."""

    @property
    def label(self) -> str:
        """What names it among its kind, as in ``profile`` or ``kernel.cell.finished``."""

    @property
    def handlers(self) -> tuple[str, ...]:
        """The functions of the plugin that it calls, as ``module.sub:function``."""

    @property
    def needs(self) -> tuple[str, ...]:
        """Permissions that the manifest has to ask for, or else it can never work."""

    def record(self) -> dict[str, Any]:
        """Its fields as JSON values."""


C = TypeVar("C", bound=Contribution)


@dataclass(frozen=True, slots=True)
class Kind(Generic[C]):
    """One kind: its key under ``[contributes]``, how its table is read, how a record is read back."""

    name: str
    read: Callable[[Spot], tuple[C, ...]]
    """Reads the value of ``contributes.<name>``; problems go where the spot says."""
    from_record: Callable[[Mapping[str, Any]], C]
    """The inverse of :meth:`Contribution.record`; trusts what it is given."""


_NAME = r"[A-Za-z][A-Za-z0-9_]*"
_HANDLER = re.compile(rf"({_NAME}(?:\.{_NAME})*):({_NAME})")
HANDLER = "module.sub:function (200 characters at most, no leading underscores), as in 'csv_doctor.checks:doctor'"


def handler(spot: Spot) -> str | None:
    """A reader of a reference to one of the plugin's functions."""
    if isinstance(spot.value, str) and len(spot.value) <= 200:
        match = _HANDLER.fullmatch(spot.value)
        if match and not any(map(keyword.iskeyword, re.split(r"[.:]", spot.value))):
            return spot.value
    spot.refuse(HANDLER)
    return None
