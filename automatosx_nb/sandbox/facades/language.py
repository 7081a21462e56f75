"""What classes and annotations are written with."""

from __future__ import annotations

import dataclasses
from typing import Any

from automatosx_nb.sandbox import guards
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
    if getattr(cls, guards.MARK, False) is not True or not isinstance(cls, type):
        raise TypeError("@dataclass is for classes of the plugin")
    if issubclass(cls, str):
        raise TypeError(f"class {cls.__name__}: a str cannot be a dataclass here")
    names = vars(cls).get("__annotations__", {})
    for name in names:
        if type(name) is not str or not name.isidentifier() or name.startswith("_"):
            raise TypeError(f"class {cls.__name__}: {name!r} cannot be a field")
        default = vars(cls).get(name)
        if isinstance(default, dataclasses.Field) and type(default) is not dataclasses.Field:
            raise TypeError(f"class {cls.__name__}: the default of {name!r} is no field()")
    if any(name in guards.BY_OBJECT for name in _inherited(cls, names)):
        options = {**options, "match_args": False}
    return guards.mark_class(dataclasses.dataclass(cls, **options))


def _inherited(cls: type, names: Any) -> set[str]:
    return {*names, *(name for base in cls.__mro__ for name in getattr(base, "__dataclass_fields__", ()))}


FACADES = {
    "__future__": Names(replaced={"annotations": None}, source=""),
    "dataclasses": Names(
        "FrozenInstanceError InitVar KW_ONLY MISSING asdict astuple field fields is_dataclass replace",
        replaced={"dataclass": dataclass},
    ),
    "enum": Names(
        "CONFORM EJECT Enum Flag FlagBoundary IntEnum IntFlag KEEP STRICT StrEnum auto member nonmember unique"
    ),
    "abc": Names("ABC abstractmethod"),
    "contextlib": Names(
        "AbstractContextManager ContextDecorator ExitStack closing contextmanager nullcontext suppress"
    ),
    "typing": Names(
        "AbstractSet Annotated Any AnyStr Callable ChainMap ClassVar Collection Concatenate Container Counter "
        "DefaultDict Deque Dict Final FrozenSet Generator Generic Hashable Iterable Iterator List Literal "
        "LiteralString Mapping MutableMapping MutableSequence MutableSet NamedTuple Never NewType NoReturn "
        "NotRequired Optional OrderedDict ParamSpec Protocol Required Reversible Self Sequence Set Sized "
        "SupportsAbs SupportsFloat SupportsIndex SupportsInt SupportsRound Text Tuple TypeAlias TypeGuard TypeVar "
        "TypedDict Union Unpack assert_never cast final overload reveal_type",
        newer="override TypeIs ReadOnly",
        replaced={"TYPE_CHECKING": False},
    ),
}
