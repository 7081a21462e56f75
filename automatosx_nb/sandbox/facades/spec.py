"""What a facade is made of: the public names of one library module, as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from automatosx_nb.sdk import _wire

if TYPE_CHECKING:
    from automatosx_nb.sandbox.libraries import Check


@dataclass(frozen=True, slots=True)
class Names:
    """The curated names of one module.

    ``names`` and ``newer`` are separated by white space; those of ``newer`` are left out where the running Python
    does not have them yet. ``replaced`` are values of ours that stand in for the library's. ``more`` is called with
    the imported module and yields further names, ``made`` among them. ``writable`` are classes whose attributes a
    plugin may set. ``source`` is the module behind the facade, where it has another name; '' where there is none.
    """

    names: str = ""
    newer: str = ""
    made: str = ""
    replaced: Mapping[str, Any] = field(default_factory=dict)
    more: Callable[[Any], Mapping[str, Any]] | None = None
    writable: str = ""
    source: str | None = None


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def needs(library: str) -> Check:
    """For a name that leads to objects of another library: open with that library's grant.

    The check raises PermissionDenied without it.
    """

    def check(obj: Any, name: str) -> Any:
        _wire.require_module(library)
        return getattr(obj, name)

    return check
