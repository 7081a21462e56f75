"""The libraries that plugin code can import: each behind an immutable namespace of curated names.

One small file a family holds the names. No module object is reachable: a facade is a namespace of its own, and the
modules that a library happens to import are not among its names.
"""

from __future__ import annotations

import functools
import importlib
from typing import TYPE_CHECKING, Any

from automatosx_nb.model.libraries import GRANTABLE_MODULES
from automatosx_nb.model.spelling import nearest
from automatosx_nb.sandbox import classes, guards, lookups
from automatosx_nb.sandbox.facades import (
    arrow,
    collections_,
    formats,
    language,
    numbers_,
    numpy_,
    pandas_,
    polars_,
    sdk,
    text,
    time_,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from automatosx_nb.sandbox.facades.spec import Names

SPECS: Mapping[str, Names] = {
    **numbers_.FACADES,
    **text.FACADES,
    **formats.FACADES,
    **collections_.FACADES,
    **language.FACADES,
    **time_.FACADES,
    **sdk.FACADES,
    **arrow.FACADES,
    **numpy_.FACADES,
    **pandas_.FACADES,
    **polars_.FACADES,
}
"""Module → the names that plugin code can have of it."""

PARENTS = frozenset(
    name.rsplit(".", count)[0] for name in SPECS for count in range(1, name.count(".") + 1)
) - frozenset(SPECS)
"""Packages without names of their own, on the way to a facade."""


class Facade:
    """An immutable namespace. Its values are in ``__dict__``, so that reading one costs what an attribute costs."""

    def __getattr__(self, name: str) -> Any:
        title = self.__dict__.get("__facade__", "")
        raise AttributeError(f"{title}.{name} is not open to plugins{did_you_mean(name, self.__dict__)}")

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{name!r} cannot be set: libraries are read-only for plugins")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{name!r} cannot be deleted: libraries are read-only for plugins")

    def __repr__(self) -> str:
        return f"<facade of {self.__dict__['__facade__']}>"

    def __reduce_ex__(self, _protocol: object) -> str:
        raise TypeError("a facade cannot be copied")


def did_you_mean(name: str, known: Collection[str]) -> str:
    """``; did you mean 'x'?`` or nothing."""
    found = nearest(name, [item for item in known if not item.startswith("_")])
    return f"; did you mean {' or '.join(repr(item) for item in found)}?" if found else ""


def exists(module: str) -> bool:
    """Whether plugin code can import ``module``, with a grant at most."""
    return module in SPECS or module in PARENTS


def permission_for(module: str) -> str | None:
    """The permission that importing ``module`` needs; None for the standard library and the sdk."""
    top = module.partition(".")[0]
    return f"modules:{top}" if top in GRANTABLE_MODULES else None


_loaded: dict[str, Facade] = {}


def load(module: str) -> Facade:
    """The facade of ``module``, with the facades below it as attributes. Imports the library at first use.

    :raises KeyError: if there is none.
    :raises ImportError: if the library is not installed.
    """
    found = _loaded.get(module)
    if found is None:
        if not exists(module):
            raise KeyError(module)
        found = _loaded[module] = _build(module)
        if permission_for(module) is not None:
            _close_lookups_of(module.partition(".")[0])
    return found


@functools.cache
def _close_lookups_of(_library: str) -> None:
    """Once for each library: it brings its classes with its first import."""
    lookups.close_lookups()


def _build(module: str) -> Facade:
    values = _values(module, SPECS[module]) if module in SPECS else {}
    for name in SPECS:
        parent, _, rest = name.partition(module + ".")
        if not parent and rest:
            child = rest.partition(".")[0]
            values[child] = load(f"{module}.{child}")
    classes.KNOWN_TYPES.update(value for value in values.values() if isinstance(value, type))
    facade = Facade()
    facade.__dict__.update(values, __facade__=module)
    return facade


def _values(module: str, spec: Names) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if spec.source != "":
        library = importlib.import_module(spec.source or module)
        newer = [name for name in spec.newer.split() if hasattr(library, name)]
        names = [name for name in spec.names.split() if name not in spec.replaced]
        values = {name: getattr(library, name) for name in (*names, *newer)}
        if spec.more is not None:
            values = {**spec.more(library), **values}
    values.update(spec.replaced)
    guards.WRITABLE_TYPES.update(values[name] for name in spec.writable.split())
    return values


def names_of(facade: Facade) -> frozenset[str]:
    """The public names of a facade."""
    return frozenset(name for name in facade.__dict__ if not name.startswith("_"))
