"""Objects of granted libraries: which of their attributes plugin code may read, set, and match in patterns.

numpy, pandas, polars and pyarrow read files, evaluate text and open memory through methods of the objects that plugin
code holds. So each library has a list of the attributes that are open, filled by its facade; whatever is not listed is
closed, also what a later version adds. That keeps authors on the documented road. It does not make these libraries
safe: they are millions of lines that were never meant to hold anybody, and are taken to be breakable. The confinement
of the process is what stands behind them.
"""

from __future__ import annotations

import abc
import functools
import io
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from automatosx_nb.model.libraries import GRANTABLE_MODULES

Check = Callable[[object, str], Any]
"""(object, name) → what plugin code gets for ``object.name``."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What is open of one library's objects and classes.

    ``checked``: open names that hand out something of ours, or look at the object first. ``settable``: attributes that
    plugin code may set. ``instead``: closed names, and what to use in their place. ``holds``: classes whose items are
    attributes as well, as a frame's columns.
    """

    names: frozenset[str]
    checked: Mapping[str, Check] = field(default_factory=dict)
    settable: frozenset[str] = frozenset()
    instead: Mapping[str, str] = field(default_factory=dict)
    holds: frozenset[str] = frozenset()


LIBRARIES: dict[str, Opened] = {}
"""Library → what is open of its objects; filled by facades. A library that is missing here is closed."""

_NOTHING = Opened(frozenset())


def _library_of(cls: type) -> str | None:
    """The granted library that ``cls`` or one of its bases belongs to. Errors and named tuples belong to none."""
    if issubclass(cls, BaseException):
        return None
    for base in cls.__mro__:
        top = str(type.__getattribute__(base, "__module__")).partition(".")[0]
        if top in GRANTABLE_MODULES and not (base.__bases__ == (tuple,) and "_fields" in vars(base)):
            return top
    return None


library_of: Callable[[type], str | None] = functools.lru_cache(maxsize=4096)(_library_of)
"""The same, remembered for the classes that were asked about last."""


def read(obj: Any, name: str, library: str, advice: str = "") -> Any:
    """``obj.name`` of an object or a class of ``library``.

    :raises AttributeError: it is not open.
    """
    opened = LIBRARIES.get(library, _NOTHING)
    if name in opened.names:
        check = opened.checked.get(name)
        return getattr(obj, name) if check is None else check(obj, name)
    cls = obj if issubclass(type(obj), type) else type(obj)
    if obj is not cls and not hasattr(cls, name) and not opened.holds.isdisjoint(base.__name__ for base in cls.__mro__):
        try:
            return obj[name]
        except (KeyError, TypeError, ValueError):
            raise AttributeError(f"a {cls.__name__} has no {name!r}") from None
    if not hasattr(cls, name):
        raise AttributeError(f"a {cls.__name__} has no {name!r} that is open to plugins")
    instead = opened.instead.get(name) or advice or f"docs/plugin-python.md lists what is open of {library}"
    raise AttributeError(f"{name!r} of a {cls.__name__} is not open to plugins: {instead}")


def is_settable(library: str, name: str) -> bool:
    return name in LIBRARIES.get(library, _NOTHING).settable


# --- patterns: they read attributes past every guard -----------------------------------------------------------


def readable_in_patterns(cls: type, name: str) -> bool:
    """Whether ``case cls(name=...)`` is harmless whatever object of a library is an instance of ``cls``."""
    if issubclass(cls, BaseException):
        return True
    return all(_is_plain(LIBRARIES.get(library, _NOTHING), name) for library in _held_by(cls))


def _is_plain(opened: Opened, name: str) -> bool:
    return name in opened.names and name not in opened.checked


def _held_by(cls: type) -> set[str]:
    """The loaded libraries that have instances of ``cls``; an abstract class may take in any object."""
    if cls is object or isinstance(cls, abc.ABCMeta):
        return {library for library in GRANTABLE_MODULES if library in sys.modules}
    return {library for kind in _family(cls) if (library := library_of(kind)) is not None}


def _family(cls: type) -> Iterator[type]:
    yield cls
    below: list[type] = type.__subclasses__(cls)
    for sub in below:
        yield from _family(sub)


# --- printing -------------------------------------------------------------------------------------------------

_write: list[Callable[[str], None]] = []


def print_to(write: Callable[[str], None]) -> None:
    """Where what a library prints goes, as ``df.info()`` does."""
    _write[:] = [write]


def printed(text: str) -> None:
    for write in _write:
        write(text)


# --- checks that facades use ----------------------------------------------------------------------------------

IN_MEMORY = (io.StringIO, io.BytesIO)


def in_memory(parameter: str) -> Check:
    """For a method that writes to a path or a file, its first parameter: text or bytes in memory, or none."""

    def check(obj: object, name: str) -> Any:
        method = _bound(obj, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            target = args[0] if args else kwargs.get(parameter)
            if target is not None and type(target) not in IN_MEMORY:
                raise TypeError(
                    f"{name}: there are no files here, only an io.StringIO or io.BytesIO itself; "
                    f"without {parameter} it returns what it would write"
                )
            return method(*args, **kwargs)

        return call

    return check


def reading(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function``, which reads a path or a file, for ``io.StringIO`` and ``io.BytesIO`` only."""

    def call(*args: Any, **kwargs: Any) -> Any:
        if not args or not issubclass(type(args[0]), IN_MEMORY):
            raise TypeError(f"{function.__name__}: there are no files here; hand over io.StringIO(text) first")
        return function(_plain(args[0]), *args[1:], **kwargs)

    return call


def without_objects(buffer: Any) -> Any:
    """``buffer``, if its bytes are no addresses of objects: whoever writes such bytes makes objects out of numbers.

    :raises TypeError: it is an array of objects.
    """
    try:
        held = memoryview(buffer).format
    except (TypeError, ValueError, BufferError):
        return buffer
    if "O" in held:
        raise TypeError("an array of objects is no buffer here: its bytes are addresses; give it a dtype of numbers")
    return buffer


def _plain(buffer: Any) -> Any:
    """``buffer`` itself, or what it holds in a plain one: a library asks a class of the plugin for paths and names."""
    kind: Any = next(kind for kind in IN_MEMORY if issubclass(type(buffer), kind))
    if type(buffer) is kind:
        return buffer
    copy = kind(kind.getvalue(buffer))
    copy.seek(kind.tell(buffer))
    return copy


def _bound(obj: object, name: str) -> Any:
    if issubclass(type(obj), type):
        raise AttributeError(f"{name!r} of the class {obj!r} is not open to plugins: call it on an object")
    return getattr(obj, name)


def bound(check: Callable[[Callable[..., Any], str], Callable[..., Any]]) -> Check:
    """A check that wraps the method of an object; asked of a class, the name is closed."""

    def checked(obj: object, name: str) -> Any:
        return check(_bound(obj, name), name)

    return checked
