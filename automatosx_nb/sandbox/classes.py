"""Classes of the plugin: how they are made and told from others, and what ``type`` shows of the rest."""

from __future__ import annotations

import builtins
import types
from typing import Any

from automatosx_nb.sandbox import libraries

MARK = "__automatosx_plugin_class__"


def mark_class(cls: Any) -> Any:
    """Make ``cls`` one of the plugin's own."""
    setattr(cls, MARK, True)
    return cls


def is_own(cls: type) -> bool:
    """Whether ``cls`` is one of the plugin's own, also while its class statement runs: no library has such a module."""
    return getattr(cls, MARK, False) is True or ":" in str(vars(cls).get("__module__", ""))


_HOOKS = frozenset({"_is_protocol", "_is_runtime_protocol"})
"""With ``_abc_…``: how the standard library tells what is an instance, and so what a pattern reads."""


def is_private(name: str) -> bool:
    """``_name``, which belongs to whoever wrote it: not ``_``, not ``__name``, and not ``_name_``, which is ours."""
    if not name.startswith("_") or name.startswith(("__", "_abc_")):
        return False
    return not name.endswith("_") and name not in _HOOKS


def has_inherited(cls: type, name: str) -> bool:
    """Whether a class that is not the plugin's gave ``name`` to ``cls``."""
    return any(name in vars(base) for base in cls.__mro__ if not is_own(base))


def build_class(body: Any, name: str, *bases: Any, _private_: tuple[str, ...] = (), **keywords: Any) -> Any:
    """The ``class`` statement: no metaclasses, and no str that is also a dataclass.

    The last is a way around :func:`_format`: a dataclass reads fields by name, and may call one ``format``.
    """
    if "metaclass" in keywords:
        raise TypeError("metaclass= is not open to plugins: use a base class or a decorator")
    resolved = types.resolve_bases(bases)
    _check_bases(name, resolved)
    _check_private(name, resolved, _private_)
    cls = builtins.__build_class__(body, name, *bases, **keywords)
    if not isinstance(cls, type) or issubclass(cls, type):
        raise TypeError(f"class {name}: metaclasses are not open to plugins")
    return mark_class(cls)


def _check_bases(name: str, bases: tuple[Any, ...]) -> None:
    """Before the class exists, so that nothing ever holds one that is not allowed."""
    for base in bases:
        if not isinstance(base, type):
            raise TypeError(f"class {name}: a base is a class, not a {type(base).__name__}")
        if issubclass(base, type):
            raise TypeError(f"class {name}: metaclasses are not open to plugins")
        if issubclass(base, super):
            raise TypeError(f"class {name}: super cannot be a base class here; call it in a method")
        if libraries.library_of(base) is not None:
            raise TypeError(f"class {name}: keep a {base.__name__} in an attribute; it cannot be a base class here")
    if any(issubclass(base, str) for base in bases) and any(hasattr(base, "__dataclass_fields__") for base in bases):
        raise TypeError(f"class {name}: a str cannot be a dataclass here")


def _check_private(name: str, bases: tuple[Any, ...], bound: tuple[str, ...]) -> None:
    for private in bound:
        if any(has_inherited(base, private) for base in bases):
            raise TypeError(f"class {name}: {private!r} belongs to a base class: choose another name")


KNOWN_TYPES: set[type] = set()
"""Classes that plugin code can name; filled by the builtins below and by facades."""


STAND_INS: dict[type, type] = {}
"""Classes of a library → what plugin code has in their place."""


class TypeName:
    """Stands for a class that plugin code cannot name: it can be compared and has its name, no more."""

    __slots__ = ("__name__", "_cls")

    def __init__(self, cls: type) -> None:
        self._cls = cls
        self.__name__ = cls.__name__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TypeName) and other._cls is self._cls

    def __hash__(self) -> int:
        return hash(self._cls)

    def __repr__(self) -> str:
        return f"<class {self.__name__!r}>"


class PluginType:
    """``type`` for plugin code: ``type(x)``, ``isinstance(x, type)``, ``type[X]`` in annotations."""

    __slots__ = ()

    def __call__(self, obj: object, /) -> Any:
        cls = STAND_INS.get(type(obj), type(obj))
        return cls if cls in KNOWN_TYPES or getattr(cls, MARK, False) is True else TypeName(cls)

    def __instancecheck__(self, obj: object) -> bool:
        return isinstance(obj, type)

    def __subclasscheck__(self, cls: object) -> bool:
        return False

    def __getitem__(self, _item: object) -> Any:
        return Any

    def __or__(self, _other: object) -> Any:
        return Any

    __ror__ = __or__

    def __repr__(self) -> str:
        return "<class 'type'>"
