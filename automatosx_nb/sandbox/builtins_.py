"""The builtins of plugin code: Python's own where they are harmless, and guarded ones under the same names."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any

from automatosx_nb.sandbox.classes import KNOWN_TYPES, PluginType, build_class, is_private
from automatosx_nb.sandbox.guards import INTROSPECTION, get_checked, writable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_words = str.split
_MISSING = object()


def guarded_getattr(obj: object, name: str, default: object = _MISSING, /) -> Any:
    """``getattr``; a name that is not open raises also where there is a default."""
    try:
        return get_checked(obj, name)
    except AttributeError:
        if default is _MISSING or (name.startswith("_") and name != "_") or name in INTROSPECTION:
            raise
        return default


def guarded_hasattr(obj: object, name: str, /) -> bool:
    try:
        get_checked(obj, name)
    except AttributeError:
        return False
    return True


def guarded_setattr(obj: object, name: str, value: object, /) -> None:
    setattr(writable(obj, name), _public(name), value)


def guarded_delattr(obj: object, name: str, /) -> None:
    delattr(writable(obj, name), _public(name))


def _public(name: str) -> str:
    if type(name) is not str:
        raise TypeError(f"an attribute's name is a str, not {type(name).__name__}")
    if (name.startswith("_") and not is_private(name)) or name in INTROSPECTION:
        raise AttributeError(f"{name!r} cannot be set by a plugin: the name is the sandbox's own")
    return name


def printer(write: Callable[[str], None]) -> Callable[..., None]:
    """``print`` that writes to ``write``."""

    def print(
        *values: object, sep: str | None = " ", end: str | None = "\n", file: Any = None, flush: bool = False
    ) -> None:
        text = (" " if sep is None else sep).join(map(str, values)) + ("\n" if end is None else end)
        if file is None:
            write(text)
        else:
            get_checked(file, "write")(text)

    return print


PLAIN_BUILTINS = _words(
    "abs all any ascii bin bool bytearray bytes callable chr classmethod complex dict divmod enumerate filter float "
    "format frozenset hash hex id int isinstance issubclass iter len list map max min next object oct ord pow "
    "property range repr reversed round set slice sorted staticmethod str sum super tuple zip "
    "Ellipsis False None NotImplemented True"
)
"""Python's own, as they are."""

GUARDED_BUILTINS: Mapping[str, Any] = {
    "delattr": guarded_delattr,
    "getattr": guarded_getattr,
    "hasattr": guarded_hasattr,
    "setattr": guarded_setattr,
    "type": PluginType(),
}
"""Same names and meaning, within what is open to plugins."""

_NOT_RAISED_BY_PLUGINS = (BaseExceptionGroup, StopAsyncIteration)

EXCEPTIONS = tuple(
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, Exception) and not issubclass(value, _NOT_RAISED_BY_PLUGINS)
)
"""Every ``Exception`` of Python, except groups. BaseException, KeyboardInterrupt and SystemExit are the host's."""

BUILTIN_NAMES = frozenset({*PLAIN_BUILTINS, *GUARDED_BUILTINS, *EXCEPTIONS, "print", "__debug__"})


def builtins_for(write: Callable[[str], None], importer: Callable[..., Any]) -> dict[str, Any]:
    """The ``__builtins__`` of a plugin's modules."""
    names = _prepared.pop() if _prepared else _names()
    names["print"], names["__import__"] = printer(write), importer
    return names


def _names() -> dict[str, Any]:
    """All of them, with places for those two that are made for each plugin."""
    same = {name: getattr(builtins, name) for name in (*PLAIN_BUILTINS, *EXCEPTIONS)}
    return {**same, **GUARDED_BUILTINS, "print": None, "__build_class__": build_class, "__import__": None}


_prepared: list[dict[str, Any]] = []


def prepare() -> None:
    """Make those of the next plugin now, before a fork: what a process counts references to is memory of its own."""
    _prepared.append(_names())


KNOWN_TYPES.update(
    value for name in (*PLAIN_BUILTINS, *EXCEPTIONS) if isinstance(value := getattr(builtins, name), type)
)
KNOWN_TYPES.add(type(None))
