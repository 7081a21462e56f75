"""What every kind of contribution has in common."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from automatosx_nb.model.reader import MAX_ITEMS, Spot, matching, tuple_of

if TYPE_CHECKING:
    from collections.abc import Callable


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


class Called:
    """A contribution that calls one function of the plugin, its ``handler``."""

    __slots__ = ()
    handler: str

    @property
    def handlers(self) -> tuple[str, ...]:
        return (self.handler,)


class Uncalled:
    """A contribution that calls nothing."""

    __slots__ = ()

    @property
    def handlers(self) -> tuple[str, ...]:
        return ()


class Needless:
    """A contribution that works without a permission of its own."""

    __slots__ = ()

    @property
    def needs(self) -> tuple[str, ...]:
        return ()


C = TypeVar("C", bound=Contribution)
C_co = TypeVar("C_co", bound=Contribution, covariant=True)


class Read(Protocol[C_co]):
    """Reads the value of ``contributes.<name>`` of the plugin with the id ``own`` (None: it is not known)."""

    def __call__(self, spot: Spot, *, own: str | None) -> tuple[C_co, ...]:
        """Problems go where the spot says."""


@dataclass(frozen=True, slots=True)
class Kind(Generic[C]):
    """One kind: its key under ``[contributes]`` and how its table is read."""

    name: str
    read: Read[C]
    served: bool = True
    """Whether this version does something with it; the manifest's reader takes it either way."""


def listed(read: Callable[[Spot], C | None], what: str) -> Read[C]:
    """The reader of ``[[contributes.<kind>]]``: a list of tables, no two of them with one label."""

    def read_all(spot: Spot, *, own: str | None) -> tuple[C, ...]:
        found = tuple_of(read, f"a list of up to {MAX_ITEMS} tables: [[{spot.path}]]")(spot) or ()
        labels = [one.label for one in found]
        for label in dict.fromkeys(label for label in labels if labels.count(label) > 1):
            spot.refuse(f"each {what}'s name once", found=f"{labels.count(label)} {what}s named {label!r}")
        return found

    return read_all


def keyed(read: Callable[[str, Spot, str | None], C | None], valid: str) -> Read[C]:
    """The reader of ``[contributes.<kind>.<name>]``: a table of at most :data:`MAX_ITEMS` names and their tables."""

    def read_all(spot: Spot, *, own: str | None) -> tuple[C, ...]:
        table = spot.table(valid)
        if table is None:
            return ()
        found = [read(name, entry, own) for name, entry in table.entries()]
        if len(found) > MAX_ITEMS:
            spot.refuse(f"at most {MAX_ITEMS} of them", found=f"a table of {len(found)}")
        return tuple(one for one in found if one is not None)

    return read_all


NAME_PATTERN = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
NAME = "a name of small letters, digits and single hyphens, at most 40 characters, as in 'check-types'"
name = matching(re.compile(rf"(?=.{{1,40}}$){NAME_PATTERN}"), NAME)
"""A reader of the name of a command, a panel or a setting."""

_NAME = r"[A-Za-z][A-Za-z0-9_]*"
HANDLER_PATTERN = rf"({_NAME}(?:\.{_NAME})*):({_NAME})"
_HANDLER = re.compile(HANDLER_PATTERN)
HANDLER = "module.sub:function (200 characters at most, no leading underscores), as in 'csv_doctor.checks:doctor'"


def handler(spot: Spot) -> str | None:
    """A reader of a reference to one of the plugin's functions."""
    if isinstance(spot.value, str) and len(spot.value) <= 200:
        match = _HANDLER.fullmatch(spot.value)
        if match and not any(map(keyword.iskeyword, re.split(r"[.:]", spot.value))):
            return spot.value
    spot.refuse(HANDLER)
    return None
