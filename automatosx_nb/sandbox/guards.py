"""What plugin code gets in place of Python's own attribute access, builtins and class creation.

The compiler (:mod:`automatosx_nb.sandbox.policy`) has already refused every name that begins with ``_``; what is
left to run time is what a name alone cannot tell: which object it is asked of, and names that are made as strings.
"""

from __future__ import annotations

import abc
import types
import typing
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from automatosx_nb.sandbox import libraries
from automatosx_nb.sandbox.classes import has_inherited, is_own, is_private
from automatosx_nb.sandbox.formatting import FORMATTERS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

T = TypeVar("T")

_words = str.split
CLOSED_TYPES = frozenset(
    {types.ModuleType, types.FrameType, types.CodeType, types.TracebackType, types.CellType},
)
"""Objects whose attributes lead out of the sandbox: none of them is handed out, and none can be looked into."""


def _introspection_names() -> frozenset[str]:
    looked_into = (
        types.FrameType,
        types.CodeType,
        types.TracebackType,
        types.GeneratorType,
        types.CoroutineType,
        types.AsyncGeneratorType,
    )
    found = {name for kind in looked_into for name in dir(kind) if not name.startswith("_") and "_" in name}
    newer = {"f_generator", "gi_suspended", "cr_suspended", "ag_suspended"}
    cython = _words("func_globals func_code func_closure func_defaults func_dict func_doc func_name im_func im_self")
    return frozenset({*found, *newer, *cython})


INTROSPECTION = _introspection_names()
"""Attributes of frames, code, tracebacks, generators, coroutines and Cython's functions; refused on every object."""

TUPLE_NAMES = frozenset({"_asdict", "_replace", "_fields", "_make"})
"""Public in spite of their underscore, on named tuples."""


READABLE_DUNDERS = frozenset({"__name__", "__qualname__", "__doc__", "__cause__", "__context__", "__notes__"})
"""Of functions and classes, and of errors."""

ORDINARY_DUNDERS = frozenset(
    f"__{name}__"
    for name in _words(
        "init post_init repr str bytes format bool hash len length_hint iter next reversed contains getitem setitem "
        "delitem missing call enter exit lt le eq ne gt ge int float complex index round trunc floor ceil neg pos "
        "abs invert add sub mul matmul truediv floordiv mod divmod pow lshift rshift and or xor radd rsub rmul "
        "rmatmul rtruediv rfloordiv rmod rdivmod rpow rlshift rrshift rand ror rxor iadd isub imul imatmul itruediv "
        "ifloordiv imod ipow ilshift irshift iand ior ixor copy deepcopy"
    )
)
"""Methods that a class body may define, and that may be called on ``super()``.

Closed for what Python or a library would do with them: ``__getattr__`` answers for any name, also for those by which
numpy takes an address; ``__subclasshook__`` makes anything an instance, and so opens it to patterns.
"""


def refuse_attribute(obj: object, name: str) -> NoReturn:
    """:raises AttributeError: with what to do instead, as far as there is an instead."""
    advice = {
        "__class__": "use type(x)",
        "__dict__": "use dataclasses.asdict, or name the attributes",
        "register": "inherit from the abstract class",
    }.get(name, "docs/plugin-python.md lists what plugin code may use")
    raise AttributeError(f"{name!r} of a {type(obj).__name__} is not open to plugins: {advice}")


# --- attributes -----------------------------------------------------------------------------------------------


PLAIN: set[type] = set()
"""Types whose objects have no attribute that is closed by anything but its name; filled as they are met.

Compiled plugin code asks ``type(x) in PLAIN`` by itself, and then reads as Python does.
"""

_MOST_REMEMBERED = 4096


def get_attribute(obj: object, name: str, *, _plain: set[type] = PLAIN) -> Any:
    """``obj.name`` for a name that the compiler has checked."""
    if type(obj) in _plain:
        return getattr(obj, name)
    return _look(obj, name)


_ALIASES: tuple[type, ...] = (types.GenericAlias, vars(typing)["_BaseGenericAlias"])


def _look(obj: object, name: str) -> Any:
    kind = type(obj)
    if issubclass(kind, tuple(CLOSED_TYPES)):
        refuse_attribute(obj, name)
    if issubclass(kind, super):
        library = libraries.library_of(super.__getattribute__(obj, "__self_class__"))
        return getattr(obj, name) if library is None else refuse_attribute(obj, name)
    if issubclass(kind, _ALIASES):  # Annotated[X, ...].name is X.name
        return get_attribute(getattr(obj, "__origin__", None), name)
    is_class = issubclass(kind, type)
    library = libraries.library_of(obj if is_class else kind)  # type: ignore[arg-type]
    if library is not None:
        return libraries.read(obj, name, library)
    if not is_class:
        _remember(kind, PLAIN)
    return getattr(obj, name)


def _remember(thing: T, things: set[T]) -> None:
    if len(things) >= _MOST_REMEMBERED:  # classes that were made in a loop must not be kept alive for ever
        things.clear()
    things.add(thing)


def get_checked(obj: object, name: str) -> Any:
    """``obj.name`` for any name.

    :raises AttributeError: if there is none, or it is not open to plugins.
    """
    if type(name) is not str:
        raise TypeError(f"an attribute's name is a str, not {type(name).__name__}")
    if type(obj) in CLOSED_TYPES or name in INTROSPECTION:
        refuse_attribute(obj, name)
    if name.startswith("_") and name != "_":
        return _underscored(obj, name)
    check = BY_OBJECT.get(name)
    return get_attribute(obj, name) if check is None else check(obj, name)


def get_super(obj: object, name: str) -> Any:
    """``super().__name__`` for one of the ordinary methods."""
    if type(obj) is not super or name not in ORDINARY_DUNDERS:
        refuse_attribute(obj, name)
    return getattr(obj, name)


def get_private(obj: object, name: str) -> Any:
    """``obj._name``, where a class of the plugin has it, or an object of one."""
    kind = type(obj)
    owner: type = obj if issubclass(kind, type) else kind  # type: ignore[assignment]
    mro: Sequence[type] = owner.__mro__
    if issubclass(kind, super):
        owner = super.__getattribute__(obj, "__self_class__")
        mro = owner.__mro__[owner.__mro__.index(super.__getattribute__(obj, "__thisclass__")) + 1 :]
    found = next((cls for cls in mro if name in vars(cls)), None)
    if not is_own(owner) or (found is not None and not is_own(found)) or (found is None and issubclass(kind, super)):
        refuse_attribute(obj, name)
    if kind is owner:
        _remember_own(kind)
    return getattr(obj, name)


def _underscored(obj: object, name: str) -> Any:
    if name in READABLE_DUNDERS:
        return getattr(obj, name)
    if name in TUPLE_NAMES and issubclass(obj if issubclass(type(obj), type) else type(obj), tuple):  # type: ignore[arg-type]
        return getattr(obj, name)
    if is_private(name):
        return get_private(obj, name)
    return refuse_attribute(obj, name)


def _format(obj: object, name: str) -> Any:
    """``str.format`` walks attributes; what is returned in its place does not. Told by what was found, not where:
    ``super()`` and subclasses lead to it as well.
    """
    safe = FORMATTERS[name]
    found = getattr(obj, name)
    if found is getattr(str, name):
        return safe
    if type(found) is types.BuiltinMethodType and isinstance(found.__self__, str):
        return types.MethodType(safe, found.__self__)
    return get_attribute(obj, name)


def _failed_object(obj: object, name: str) -> Any:
    if isinstance(obj, AttributeError):
        refuse_attribute(obj, name)
    return get_attribute(obj, name)


def _register(obj: object, name: str) -> Any:
    """``register`` of an abstract class makes anything an instance of it, and so opens it to patterns."""
    found = get_attribute(obj, name)
    if getattr(found, "__func__", found) is abc.ABCMeta.register:
        refuse_attribute(obj, name)
    return found


def _into_buffer(obj: object, name: str) -> Any:
    """What writes bytes into a buffer, for buffers that hold no objects; a plugin's own method stays what it is."""
    found = get_attribute(obj, name)
    if type(found) not in _OF_C:
        return found

    def call(*args: Any, **kwargs: Any) -> Any:
        for arg in (*args, *kwargs.values()):
            libraries.without_objects(arg)
        return found(*args, **kwargs)

    return call


_OF_C = (types.BuiltinMethodType, types.MethodDescriptorType)

BY_OBJECT: Mapping[str, Callable[[object, str], Any]] = {
    "register": _register,
    "format": _format,
    "format_map": _format,
    "obj": _failed_object,
    "pack_into": _into_buffer,
    "readinto": _into_buffer,
    "readinto1": _into_buffer,
}
"""Names that are open or not depending on the object. Never allowed where Python looks them up by itself."""


_PROTOCOL: type = type(typing.Protocol)


def pattern_class(cls: Any, positions: int, *names: str) -> Any:
    """``cls``, when a pattern may read ``names`` of its instances, as it does past every guard.

    The first ``positions`` of its ``__match_args__`` are such names as well.

    :raises TypeError: an object of a library could be one of them, and a name is not open for it.
    """
    if not isinstance(cls, type) or (cls, positions, names) in _MATCHED:
        return cls
    by_position = getattr(cls, "__match_args__", ())[:positions]
    may_be_anything = not is_own(cls) or isinstance(cls, _PROTOCOL)
    for name in (*by_position, *names):
        leads_out = name.startswith("_") or name in INTROSPECTION or name in BY_OBJECT
        if leads_out or (may_be_anything and not libraries.readable_in_patterns(cls, name)):
            raise TypeError(f"a pattern cannot read the attribute {name!r} of a {cls.__name__}: test it in an 'if'")
    if not may_be_anything:  # what is an instance of the others changes with each library that is loaded
        _remember((cls, positions, names), _MATCHED)
    return cls


_MATCHED: set[tuple[type, int, tuple[str, ...]]] = set()
"""Patterns on classes of the plugin that were found to be harmless."""


def writable(obj: Any, name: str) -> Any:
    """``obj``, when plugin code may set its attribute ``name``: an instance of one of its own classes, or such a class.

    :raises TypeError: for anything else.
    :raises AttributeError: ``name`` is one that a base class keeps to itself.
    """
    owner: type = obj if issubclass(type(obj), type) else type(obj)
    if is_own(owner):
        if is_private(name) and has_inherited(owner, name):
            raise AttributeError(
                f"{name!r} of a {owner.__name__} cannot be set by a plugin: it belongs to a base class"
            )
        if owner is not obj:
            _remember_own(owner)
        return obj
    if type(obj) in WRITABLE_TYPES and not name.startswith("_"):
        return obj
    library = libraries.library_of(owner)
    if library is None:
        raise TypeError(f"a plugin can set attributes on objects of its own classes only, not on a {owner.__name__}")
    if owner is obj or not libraries.is_settable(library, name):
        raise TypeError(f"{name!r} of a {owner.__name__} cannot be set by a plugin; items can, as in x[{name!r}] = ...")
    return obj


OWN: set[type] = set()
"""Types of the plugin whose objects have no private attributes but its own; filled as they are met."""


def _remember_own(cls: type) -> None:
    if all(is_own(base) or base.__module__ in ("abc", "builtins", "enum", "typing") for base in cls.__mro__):
        _remember(cls, OWN)


WRITABLE_TYPES: set[type] = set()
"""Library types whose attributes are meant to be set; filled by facades."""


GUARDS: Mapping[str, Any] = {
    "_getattr_": get_attribute,
    "_getchecked_": get_checked,
    "_getprivate_": get_private,
    "_getsuper_": get_super,
    "_own_": OWN,
    "_pattern_": pattern_class,
    "_plain_": PLAIN,
    "_type_": type,
    "_write_": writable,
}
"""Names that compiled plugin code calls; no plugin name begins with ``_``, so none can be replaced."""
