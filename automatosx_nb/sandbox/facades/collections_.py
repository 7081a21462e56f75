"""Containers, iteration, functions as values."""

from __future__ import annotations

import collections
import functools
import types
from typing import TYPE_CHECKING, Any

from automatosx_nb.sandbox import guards, libraries
from automatosx_nb.sandbox.facades.spec import Names

if TYPE_CHECKING:
    from collections.abc import Callable


def undecorated(wrapped: Any, decorator: str) -> Any:
    """``wrapped``, where a decorator may copy its namespace into what it makes.

    :raises TypeError: it belongs to a granted library, and its attributes are not all open.
    """
    if libraries.library_of(wrapped if isinstance(wrapped, type) else type(wrapped)) is not None:
        raise TypeError(f"{decorator} decorates functions of the plugin: write one that calls it")
    return wrapped


def cache(function: Callable[..., Any], /) -> Any:
    return functools.cache(undecorated(function, "cache"))


def lru_cache(maxsize: Any = 128, typed: bool = False) -> Any:
    if callable(maxsize):
        return functools.lru_cache(undecorated(maxsize, "lru_cache"))
    return lambda function: functools.lru_cache(maxsize, typed)(undecorated(function, "lru_cache"))


def wraps(wrapped: Callable[..., Any]) -> Callable[[Any], Any]:
    """``functools.wraps``, for plugin functions: name and docstring, and nothing that can be chosen."""

    def decorate(wrapper: Any) -> Any:
        if type(wrapper) is types.FunctionType and "_getattr_" in wrapper.__globals__:
            wrapper.__name__ = str(getattr(wrapped, "__name__", wrapper.__name__))
            wrapper.__qualname__ = str(getattr(wrapped, "__qualname__", wrapper.__qualname__))
            wrapper.__doc__ = getattr(wrapped, "__doc__", None)
        return wrapper

    return decorate


def singledispatch(function: Callable[..., Any]) -> Callable[..., Any]:
    """``functools.singledispatch``, whose ``register`` does not evaluate annotations that are text."""
    dispatcher = functools.singledispatch(undecorated(function, "singledispatch"))

    def call(*args: Any, **kwargs: Any) -> Any:
        return dispatcher(*args, **kwargs)

    def register(cls: Any, implementation: Any = None) -> Any:
        if isinstance(cls, types.FunctionType) and implementation is None:
            annotated = next(iter(cls.__annotations__.values()), None)
            cls, implementation = annotated, cls
        if not isinstance(cls, type | types.UnionType):
            raise TypeError("register: name the class, as in @function.register(int)")
        return functools.partial(register, cls) if implementation is None else dispatcher.register(cls, implementation)

    dispatch: Any = call
    dispatch.__name__, dispatch.__doc__ = str(getattr(function, "__name__", "call")), getattr(function, "__doc__", None)
    dispatch.register = register
    return call


class attrgetter:
    """``operator.attrgetter``, through the guard."""

    __slots__ = ("_paths",)

    def __init__(self, *names: str) -> None:
        if not names or any(type(name) is not str for name in names):
            raise TypeError("attrgetter takes names of attributes, each a str")
        self._paths = [name.split(".") for name in names]

    def __call__(self, obj: object) -> Any:
        found = [functools.reduce(guards.get_checked, path, obj) for path in self._paths]
        return found[0] if len(found) == 1 else tuple(found)


class methodcaller:
    """``operator.methodcaller``, through the guard."""

    __slots__ = ("_args", "_kwargs", "_name")

    def __init__(self, name: str, /, *args: Any, **kwargs: Any) -> None:
        self._name, self._args, self._kwargs = name, args, kwargs

    def __call__(self, obj: object) -> Any:
        return guards.get_checked(obj, self._name)(*self._args, **self._kwargs)


def namedtuple(typename: str, field_names: Any, **options: Any) -> Any:
    """``collections.namedtuple``; fields that lead into frames, or are open or not by object, are no patterns."""
    make: Any = collections.namedtuple
    return unmatched(make(typename, field_names, **options))


def unmatched(cls: Any) -> Any:
    """``cls``, a named tuple; no pattern reads it by position where a field is not open by its name alone."""
    if any(name in guards.INTROSPECTION or name in guards.BY_OBJECT for name in cls._fields):
        cls.__match_args__ = ()  # type: ignore[misc]
    return cls


FACADES = {
    "collections": Names(
        "ChainMap Counter OrderedDict UserDict UserList defaultdict deque", replaced={"namedtuple": namedtuple}
    ),
    "collections.abc": Names(
        "Callable Collection Container Generator Hashable ItemsView Iterable Iterator KeysView Mapping MappingView "
        "MutableMapping MutableSequence MutableSet Reversible Sequence Set Sized ValuesView"
    ),
    "itertools": Names(
        "accumulate chain combinations combinations_with_replacement compress count cycle dropwhile filterfalse "
        "groupby islice pairwise permutations product repeat starmap takewhile tee zip_longest",
        newer="batched",
    ),
    "functools": Names(
        "cached_property cmp_to_key partial reduce total_ordering",
        replaced={"cache": cache, "lru_cache": lru_cache, "singledispatch": singledispatch, "wraps": wraps},
    ),
    "operator": Names(
        "abs add and_ concat contains countOf delitem eq floordiv ge getitem gt iadd index indexOf inv invert is_ "
        "is_not itemgetter le length_hint lshift lt matmul mod mul ne neg not_ or_ pos pow rshift setitem sub truediv "
        "truth xor",
        replaced={"attrgetter": attrgetter, "methodcaller": methodcaller},
    ),
    "copy": Names("copy deepcopy", newer="replace"),
    "heapq": Names("heapify heappop heappush heappushpop heapreplace merge nlargest nsmallest"),
    "bisect": Names("bisect bisect_left bisect_right insort insort_left insort_right"),
    "graphlib": Names("CycleError TopologicalSorter"),
}
