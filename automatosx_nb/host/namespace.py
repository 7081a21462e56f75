"""The notebook's names: which of them a plugin may be told, and which may be given to what it returns."""

from __future__ import annotations

import builtins
import keyword
import types
import unicodedata
from collections.abc import Mapping, MutableMapping
from typing import Any

from automatosx_nb.errors import InvalidVariableName, UnknownVariable
from automatosx_nb.model.spelling import nearest

IPYTHON = frozenset({"In", "Out", "exit", "quit", "get_ipython", "open"})
"""What IPython itself keeps in a notebook's namespace, apart from names with an underscore."""
_CODE = (types.ModuleType, type, types.FunctionType, types.BuiltinFunctionType, types.MethodType)


def is_private(name: str) -> bool:
    """Whether it is none of the names that a person gave to a value."""
    return name.startswith("_") or name in IPYTHON


def readable(variables: Mapping[str, Any]) -> dict[str, Any]:
    """The variables that hold values: nothing private, no function, class or module."""
    found = dict(variables)  # in one step: a cell may be running
    return {name: value for name, value in found.items() if not is_private(name) and not isinstance(value, _CODE)}


def lookup(name: str, variables: Mapping[str, Any]) -> Any:
    """:raises UnknownVariable: with the nearest names."""
    if name not in variables:
        raise UnknownVariable(name, nearest(name, [each for each in variables if not is_private(each)]))
    return variables[name]


def new_name(text: str) -> str:
    """``text`` as Python spells the name, where a result may be kept under it.

    :raises InvalidVariableName: it is no name, or one that Python or IPython has a use for.
    """
    name = unicodedata.normalize("NFKC", text)
    reason = _why_not(name)
    if reason is not None:
        raise InvalidVariableName(text, reason)
    return name


def _why_not(name: str) -> str | None:
    if not name.isidentifier():
        return "it is not one name"
    if keyword.iskeyword(name):
        return "it is a word of Python itself"
    if name.startswith("_"):
        return "names that begin with '_' are private"
    if name in IPYTHON or hasattr(builtins, name):
        return "it is a name of Python or IPython"
    return None


def replaceable(name: str, variables: Mapping[str, Any]) -> None:
    """:raises InvalidVariableName: as :func:`new_name`, and where it names code now, which a plugin never replaces."""
    new_name(name)
    if isinstance(variables.get(name), _CODE):
        raise InvalidVariableName(name, "it names a function, a class or a module, and a plugin replaces values only")


def bind(name: str, value: object, variables: Mapping[str, Any]) -> None:
    """Set one variable.

    :raises InvalidVariableName: there is no notebook around.
    """
    if not isinstance(variables, MutableMapping):
        raise InvalidVariableName(name, "there is no notebook here whose variable it could be")
    variables[name] = value
