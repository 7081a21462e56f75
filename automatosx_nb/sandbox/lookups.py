"""Objects of libraries that answer for attributes out of their data: never for a name that begins with ``_``.

``series.x`` is the item under the label ``"x"``, and ``record.x`` the field: whoever makes the data chooses what the
attribute is. numpy, pandas, polars and pyarrow ask any object for ``__array_interface__`` and its kin, and believe an
address that they find there. So a name that begins with ``_`` is what a class says, whatever is in the data. Whichever
version of a library is installed, every class of it that looks names up by itself is found and changed.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Iterator
from typing import Any

from automatosx_nb.model.libraries import GRANTABLE_MODULES

_changed: set[type] = set()

BY_ITSELF = ("__getattr__", "__getattribute__")
"""How a class looks names up in its own way; what C code of Python has there is the usual way."""


def close_lookups() -> None:
    """Change the classes of the libraries that are loaded by now; those that were changed before stay as they are."""
    for cls in _classes():
        if cls not in _changed and _looks_up_by_itself(cls):
            _changed.add(cls)
            _change(cls)


def _looks_up_by_itself(cls: type) -> bool:
    if str(type.__getattribute__(cls, "__module__")).partition(".")[0] not in GRANTABLE_MODULES:
        return False
    return any(name in vars(cls) for name in BY_ITSELF) and not issubclass(cls, types.ModuleType)


def _change(cls: type) -> None:
    own = vars(cls)
    if isinstance(own.get("__getattr__"), types.FunctionType):
        type.__setattr__(cls, "__getattr__", _public_only(own["__getattr__"]))
    if isinstance(own.get("__getattribute__"), types.FunctionType):
        type.__setattr__(cls, "__getattribute__", _public_or_inherited(own["__getattribute__"], cls))


def _public_only(lookup: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    @functools.wraps(lookup)
    def __getattr__(self: Any, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return lookup(self, name)

    return __getattr__


def _public_or_inherited(lookup: Callable[[Any, str], Any], cls: type) -> Callable[[Any, str], Any]:
    @functools.wraps(lookup)
    def __getattribute__(self: Any, name: str) -> Any:
        if name.startswith("_"):
            return super(cls, self).__getattribute__(name)  # type: ignore[arg-type]
        return lookup(self, name)

    return __getattribute__


def _classes() -> Iterator[type]:
    """Every class that is loaded."""
    seen: set[type] = {object}
    waiting: list[type] = [object]
    while waiting:
        cls = waiting.pop()
        yield cls
        below: list[type] = type.__subclasses__(cls)
        waiting += [sub for sub in below if sub not in seen]
        seen.update(below)
