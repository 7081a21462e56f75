"""What plugin code gets in place of Python's own attribute access, builtins and class creation.

The compiler (:mod:`automatosx_nb.sandbox.policy`) has already refused every name that begins with ``_``; what is
left to run time is what a name alone cannot tell: which object it is asked of, and names that are made as strings.
"""

from __future__ import annotations

import abc
import builtins
import importlib
import string
import types
import typing
from typing import TYPE_CHECKING, Any, NoReturn

from automatosx_nb.sandbox import libraries

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_words = str.split
MARK = "__automatosx_plugin_class__"

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


def is_private(name: str) -> bool:
    """``_name``, which belongs to whoever wrote it: not ``_``, not ``__name``, and not ``_name_``, which is ours."""
    return name.startswith("_") and not name.startswith("__") and not name.endswith("_")


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
    if kind is super:
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


def _remember(kind: type, kinds: set[type]) -> None:
    if len(kinds) >= _MOST_REMEMBERED:  # classes that were made in a loop must not be kept alive for ever
        kinds.clear()
    kinds.add(kind)


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
    if kind is super:
        owner = super.__getattribute__(obj, "__self_class__")
        mro = owner.__mro__[owner.__mro__.index(super.__getattribute__(obj, "__thisclass__")) + 1 :]
    found = next((cls for cls in mro if name in vars(cls)), None)
    if not is_own(owner) or (found is not None and not is_own(found)) or (found is None and kind is super):
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
    safe = _FORMATTERS[name]
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


BY_OBJECT: Mapping[str, Callable[[object, str], Any]] = {
    "register": _register,
    "format": _format,
    "format_map": _format,
    "obj": _failed_object,
}
"""Names that are open or not depending on the object. Never allowed where Python looks them up by itself."""


_fields_of = string.Formatter().parse
_split_field: Callable[[str], tuple[Any, Any]] = vars(importlib.import_module("_string"))["formatter_field_name_split"]


def _without_walks(template: str) -> str:
    """``template`` as a plain str, when no field of it reads an attribute, nor one in a format spec.

    :raises ValueError: one does, or the template cannot be read.
    """
    text = str.__str__(template)
    if "." in text:
        _check_fields(text)
    return text


def _check_fields(text: str) -> None:
    for _, field, spec, _ in _fields_of(text):
        if field and "." in field:
            _, steps = _split_field(field)
            if any(is_attribute for is_attribute, _ in steps):
                raise ValueError(f"{{{field}}}: format strings cannot read attributes here: write an f-string")
        if spec and "." in spec and "{" in spec:
            _check_fields(spec)


def format_string(template: str, /, *args: object, **kwargs: object) -> str:
    """``template.format(*args, **kwargs)`` without attribute walks."""
    return str.format(_without_walks(template), *args, **kwargs)


def format_string_map(template: str, mapping: Mapping[str, object], /) -> str:
    """``template.format_map(mapping)`` without attribute walks."""
    return str.format_map(_without_walks(template), mapping)


_FORMATTERS: Mapping[str, Callable[..., str]] = {"format": format_string, "format_map": format_string_map}


def writable(obj: Any, name: str) -> Any:
    """``obj``, when plugin code may set its attribute ``name``: an instance of one of its own classes, or such a class.

    :raises TypeError: for anything else.
    """
    owner = obj if issubclass(type(obj), type) else type(obj)
    if is_own(owner):
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


# --- classes --------------------------------------------------------------------------------------------------


def mark_class(cls: Any) -> Any:
    """Make ``cls`` one of the plugin's own."""
    setattr(cls, MARK, True)
    return cls


def is_own(cls: type) -> bool:
    """Whether ``cls`` is one of the plugin's own, also while its class statement runs: no library has such a module."""
    return getattr(cls, MARK, False) is True or ":" in str(vars(cls).get("__module__", ""))


def build_class(body: Any, name: str, *bases: Any, **keywords: Any) -> Any:
    """The ``class`` statement: no metaclasses, and no str that is also a dataclass.

    The last is a way around :func:`_format`: a dataclass reads fields by name, and may call one ``format``.
    """
    if "metaclass" in keywords:
        raise TypeError("metaclass= is not open to plugins: use a base class or a decorator")
    _check_bases(name, types.resolve_bases(bases))
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
        if libraries.library_of(base) is not None:
            raise TypeError(f"class {name}: keep a {base.__name__} in an attribute; it cannot be a base class here")
    if any(issubclass(base, str) for base in bases) and any(hasattr(base, "__dataclass_fields__") for base in bases):
        raise TypeError(f"class {name}: a str cannot be a dataclass here")


_PROTOCOL: type = type(typing.Protocol)


def pattern_class(cls: Any, *names: str) -> Any:
    """``cls``, when a pattern may read ``names`` of its instances, as it does past every guard.

    :raises TypeError: an object of a library could be one of them, and a name is not open for it.
    """
    if isinstance(cls, type) and (not is_own(cls) or isinstance(cls, _PROTOCOL)):
        for name in names:
            if not libraries.readable_in_patterns(cls, name):
                raise TypeError(f"a pattern cannot read the attribute {name!r} of a {cls.__name__}: test it in an 'if'")
    return cls


KNOWN_TYPES: set[type] = set()
"""Classes that plugin code can name; filled by the builtins below and by facades."""


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


class _Type:
    """``type`` for plugin code: ``type(x)``, ``isinstance(x, type)``, ``type[X]`` in annotations."""

    __slots__ = ()

    def __call__(self, obj: object, /) -> Any:
        cls = type(obj)
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


# --- builtins -------------------------------------------------------------------------------------------------

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
    "type": _Type(),
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
    names = {name: getattr(builtins, name) for name in (*PLAIN_BUILTINS, *EXCEPTIONS)}
    return {
        **names,
        **GUARDED_BUILTINS,
        "print": printer(write),
        "__build_class__": build_class,
        "__import__": importer,
    }


KNOWN_TYPES.update(
    value for name in (*PLAIN_BUILTINS, *EXCEPTIONS) if isinstance(value := getattr(builtins, name), type)
)
KNOWN_TYPES.add(type(None))

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
