"""Containers, iteration, functions as values."""

from __future__ import annotations

import collections
import types
from typing import TYPE_CHECKING, Any

from automatosx_nb.sandbox import guards
from automatosx_nb.sandbox.facades.spec import Names

if TYPE_CHECKING:
    from collections.abc import Callable


def wraps(wrapped: Callable[..., Any]) -> Callable[[Any], Any]:
    """``functools.wraps``, for plugin functions: name and docstring, and nothing that can be chosen."""

    def decorate(wrapper: Any) -> Any:
        if type(wrapper) is types.FunctionType and "_getattr_" in wrapper.__globals__:
            wrapper.__name__ = str(getattr(wrapped, "__name__", wrapper.__name__))
            wrapper.__qualname__ = str(getattr(wrapped, "__qualname__", wrapper.__qualname__))
            wrapper.__doc__ = getattr(wrapped, "__doc__", None)
        return wrapper

    return decorate


def namedtuple(typename: str, field_names: Any, **options: Any) -> Any:
    """``collections.namedtuple``; fields that lead into frames, or are open or not by object, are no patterns."""
    make: Any = collections.namedtuple
    cls = make(typename, field_names, **options)
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
        "cache cached_property cmp_to_key lru_cache partial reduce total_ordering", replaced={"wraps": wraps}
    ),
    "operator": Names(
        "abs add and_ concat contains countOf delitem eq floordiv ge getitem gt iadd index indexOf inv invert is_ "
        "is_not itemgetter le length_hint lshift lt matmul mod mul ne neg not_ or_ pos pow rshift setitem sub truediv "
        "truth xor"
    ),
    "heapq": Names("heapify heappop heappush heappushpop heapreplace merge nlargest nsmallest"),
    "bisect": Names("bisect bisect_left bisect_right insort insort_left insort_right"),
    "graphlib": Names("CycleError TopologicalSorter"),
}
