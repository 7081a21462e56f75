"""What classes and annotations are written with."""

from __future__ import annotations

import contextlib
import dataclasses
import enum
import types
import typing
from typing import Any

from automatosx_nb.sandbox import classes, guards
from automatosx_nb.sandbox.facades.collections_ import undecorated, unmatched
from automatosx_nb.sandbox.facades.spec import Names


def dataclass(cls: Any = None, /, **options: Any) -> Any:
    """``dataclasses.dataclass``, for plugin classes.

    The library writes source text from the names of fields, and Python reads fields by name in patterns: so fields
    are what the compiler has checked, and a field with a name that is open or not by object is kept out of patterns.
    """
    if cls is None:
        return lambda late: _dataclass(late, options)
    return _dataclass(cls, options)


def _dataclass(cls: Any, options: dict[str, Any]) -> Any:
    if getattr(cls, classes.MARK, False) is not True or not isinstance(cls, type):
        raise TypeError("@dataclass is for classes of the plugin")
    if issubclass(cls, str):
        raise TypeError(f"class {cls.__name__}: a str cannot be a dataclass here")
    names = vars(cls).get("__annotations__", {})
    for name in names:
        if type(name) is not str or not name.isidentifier() or not _can_be_field(name):
            raise TypeError(f"class {cls.__name__}: {name!r} cannot be a field")
        default = vars(cls).get(name)
        if isinstance(default, dataclasses.Field) and type(default) is not dataclasses.Field:
            raise TypeError(f"class {cls.__name__}: the default of {name!r} is no field()")
    if any(name in guards.BY_OBJECT for name in _inherited(cls, names)):
        options = {**options, "match_args": False}
    return classes.mark_class(dataclasses.dataclass(cls, **options))


def _can_be_field(name: str) -> bool:
    return name not in guards.INTROSPECTION and (not name.startswith("_") or name == "_" or classes.is_private(name))


def _inherited(cls: type, names: Any) -> set[str]:
    return {*names, *(name for base in cls.__mro__ for name in getattr(base, "__dataclass_fields__", ()))}


def contextmanager(function: Any) -> Any:
    return contextlib.contextmanager(undecorated(function, "contextmanager"))


class ContextDecorator(contextlib.ContextDecorator):
    """``contextlib.ContextDecorator``, for functions of the plugin."""

    def __call__(self, function: Any) -> Any:
        return super().__call__(undecorated(function, "a context manager"))


class _EnumType(enum.EnumType):
    """Enums by the class statement only: the functional form takes any name, ``__match_args__`` among them."""

    def __call__(cls, value: Any, /, *more: Any, **options: Any) -> Any:  # type: ignore[override]
        if more or options:
            raise TypeError(f"write 'class Name({cls.__name__}):' in place of {cls.__name__}(name, members)")
        return super().__call__(value)


class SimpleNamespace:
    """``types.SimpleNamespace`` without names like ``__array_interface__``, by which numpy takes an address."""

    def __init__(self, /, **values: Any) -> None:
        for name in values:
            if name.startswith("__"):
                raise AttributeError(f"{name!r} cannot be set by a plugin: the name is Python's own")
        vars(self).update(values)

    def __repr__(self) -> str:
        return f"namespace({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"

    def __eq__(self, other: object) -> Any:
        return vars(self) == vars(other) if isinstance(other, SimpleNamespace) else NotImplemented

    __hash__ = None  # type: ignore[assignment]


class _NamedTuple:
    """``typing.NamedTuple``: a base of classes, and a function that takes any name."""

    __slots__ = ()

    def __call__(self, typename: str, fields: Any = None, /, **by_name: Any) -> Any:
        make: Any = typing.NamedTuple
        return unmatched(make(typename, fields, **by_name) if fields is not None else make(typename, **by_name))

    def __mro_entries__(self, _bases: tuple[Any, ...]) -> Any:
        library: Any = typing.NamedTuple
        return library.__mro_entries__((library,))


def _enum(library: Any) -> Any:
    def body(namespace: dict[str, Any]) -> None:
        namespace["__module__"] = "enum"

    return types.new_class(library.__name__, (library,), {"metaclass": _EnumType}, body)


_ENUMS = {kind.__name__: _enum(kind) for kind in (enum.Enum, enum.IntEnum, enum.StrEnum, enum.Flag, enum.IntFlag)}

FACADES = {
    "__future__": Names(replaced={"annotations": None}, source=""),
    "dataclasses": Names(
        "FrozenInstanceError InitVar KW_ONLY MISSING asdict astuple field fields is_dataclass replace",
        replaced={"dataclass": dataclass},
    ),
    "enum": Names(
        "CONFORM EJECT FlagBoundary KEEP STRICT auto member nonmember unique",
        replaced=_ENUMS,
    ),
    "abc": Names("ABC abstractmethod"),
    "types": Names(
        "MappingProxyType NoneType UnionType",
        replaced={"SimpleNamespace": SimpleNamespace},
        writable="SimpleNamespace",
    ),
    "contextlib": Names(
        "AbstractContextManager ExitStack closing nullcontext suppress",
        replaced={"ContextDecorator": ContextDecorator, "contextmanager": contextmanager},
    ),
    # No runtime-checkable protocol is open: patterns would read attributes of whatever looks like one.
    "typing": Names(
        "AbstractSet Annotated Any AnyStr Callable ChainMap ClassVar Collection Concatenate Container Counter "
        "DefaultDict Deque Dict Final FrozenSet Generator Generic Hashable Iterable Iterator List Literal "
        "LiteralString Mapping MutableMapping MutableSequence MutableSet Never NewType NoReturn "
        "NotRequired Optional OrderedDict ParamSpec Protocol Required Reversible Self Sequence Set Sized "
        "Text Tuple TypeAlias TypeGuard TypeVar "
        "TypedDict Union Unpack assert_never cast final overload reveal_type",
        newer="override TypeIs ReadOnly",
        replaced={"NamedTuple": _NamedTuple(), "TYPE_CHECKING": False},
    ),
}
