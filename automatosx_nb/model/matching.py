"""Whether a value is what a schema of :mod:`.schemas` describes, in a number of steps that is known before.

Semantics: JSON Schema 2020-12 validation (https://json-schema.org/draft/2020-12/json-schema-validation), for the part
of it that a manifest can hold. What is checked comes from plugins while the notebook runs, so the work is bounded:
a schema with many alternatives against a long list could keep the host busy for minutes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any

MOST_STEPS = 200_000
"""Keywords looked at, and values compared; some 100 ms."""
_MOST_SHOWN = 60
_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: type(value) is dict,
    "array": lambda value: type(value) is list,
    "string": lambda value: type(value) is str,
    "boolean": lambda value: type(value) is bool,
    "null": lambda value: value is None,
    "number": lambda value: type(value) in (int, float),
    "integer": lambda value: type(value) is int or (type(value) is float and value.is_integer()),
}
_BOUNDS: Mapping[str, tuple[Callable[[Any, Any], bool], str]] = {
    "minimum": (lambda value, bound: value >= bound, "at least {}"),
    "maximum": (lambda value, bound: value <= bound, "at most {}"),
    "exclusiveMinimum": (lambda value, bound: value > bound, "more than {}"),
    "exclusiveMaximum": (lambda value, bound: value < bound, "less than {}"),
    "multipleOf": (lambda value, step: _is_multiple(value, step), "a multiple of {}"),
}
_SIZES: Mapping[str, tuple[type, bool, str]] = {
    "minLength": (str, True, "have {} characters or more"),
    "maxLength": (str, False, "have {} characters at most"),
    "minItems": (list, True, "have {} items or more"),
    "maxItems": (list, False, "have {} items at most"),
    "minProperties": (dict, True, "have {} properties or more"),
    "maxProperties": (dict, False, "have {} properties at most"),
}


def fault_of(value: object, schema: Mapping[str, Any], *, name: str = "it", steps: int = MOST_STEPS) -> str | None:
    """A sentence on the first thing in ``value``, a JSON value, that ``schema`` does not allow; None: all of it is.

    ``name`` is what the value is called in it. Where ``steps`` do not suffice, that is the fault.
    """
    try:
        return next(_Matcher(steps).faults(value, schema, name), None)
    except _TooMuch:
        return f"{name} takes more than {steps} steps to check; send less at a time, or a table"


def checker(schema: Mapping[str, Any]) -> Callable[[object], str | None]:
    """As :func:`fault_of`, of ``data``, for many values of one schema: what fits takes microseconds.

    That is by jsonschema-rs, during which nothing else runs, in no thread, and 3,000 words against 100,000 numbers took
    it 107 s: so it is asked only where a value and its schema are small enough.
    """
    import jsonschema_rs

    validator = jsonschema_rs.Draft202012Validator(dict(schema))
    most = MOST_STEPS // _values_in(schema, MOST_STEPS)

    def check(value: object) -> str | None:
        if _values_in(value, most) <= most and validator.is_valid(value):
            return None
        return fault_of(value, schema, name="data")

    return check


def _values_in(value: object, most: int) -> int:
    """How many JSON values ``value`` is, itself included; where it is more than ``most``, some number above that."""
    todo, seen = [value], 0
    while todo and seen <= most:
        node: Any = todo.pop()
        seen += 1
        if type(node) is dict:
            todo += node.values()
        elif type(node) is list:
            todo += node
    return seen + len(todo)


class _TooMuch(Exception):
    """The steps are used up."""


class _Matcher:
    def __init__(self, steps: int) -> None:
        self._left = steps

    def faults(self, value: Any, schema: Mapping[str, Any] | bool, path: str) -> Iterator[str]:
        """In the order of the schema's keywords; each is looked for when it is asked for."""
        if isinstance(schema, bool):
            if not schema:
                yield f"{path} may not be there"
            return
        self._step(1 + len(schema))
        yield from _of_type(value, schema, path)
        yield from self._of_choice(value, schema, path)
        yield from _of_size(value, schema, path)
        if type(value) in (int, float):
            if "multipleOf" in schema:
                self._step((_bits(value) + _bits(schema["multipleOf"])) // 20)
            yield from _of_bounds(value, schema, path)
        elif type(value) is dict:
            yield from self._of_object(value, schema, path)
        elif type(value) is list:
            yield from self._of_list(value, schema, path)
        yield from self._joined(value, schema, path)

    def _step(self, count: int = 1) -> None:
        self._left -= count
        if self._left < 0:
            raise _TooMuch

    def _fits(self, value: Any, schema: Mapping[str, Any] | bool) -> bool:
        return next(self.faults(value, schema, ""), None) is None

    def _of_choice(self, value: Any, schema: Mapping[str, Any], path: str) -> Iterator[str]:
        if "enum" in schema:
            key = self._key(value)
            if not any(self._key(word) == key for word in schema["enum"]):
                yield f"{path} is {_shown(value)}, and has to be one of {_listed(schema['enum'])}"
        if "const" in schema and self._key(schema["const"]) != self._key(value):
            yield f"{path} is {_shown(value)}, and has to be {_shown(schema['const'])}"

    def _of_object(self, value: dict[str, Any], schema: Mapping[str, Any], path: str) -> Iterator[str]:
        properties = schema.get("properties", {})
        missing = [name for name in schema.get("required", ()) if name not in value]
        if missing:
            yield f"{path} needs {_listed(missing)}"
        for name, each in value.items():
            self._step()
            inner = f"{path}.{name}"[-200:]
            if name in properties:
                yield from self.faults(each, properties[name], inner)
            elif schema.get("additionalProperties", True) is False:
                allowed = f"only {_listed(properties)}" if properties else "nothing"
                yield f"{path} has {_shown(name)}, and may have {allowed}"
            elif "additionalProperties" in schema:
                yield from self.faults(each, schema["additionalProperties"], inner)

    def _of_list(self, value: list[Any], schema: Mapping[str, Any], path: str) -> Iterator[str]:
        first = schema.get("prefixItems", ())
        for index, (each, inner) in enumerate(zip(value, first, strict=False)):
            yield from self.faults(each, inner, f"{path}[{index}]")
        if "items" in schema:
            for index in range(len(first), len(value)):
                yield from self.faults(value[index], schema["items"], f"{path}[{index}]")
        if schema.get("uniqueItems") and len({self._key(each) for each in value}) < len(value):
            yield f"{path} has an item twice"

    def _joined(self, value: Any, schema: Mapping[str, Any], path: str) -> Iterator[str]:
        for each in schema.get("allOf", ()):
            yield from self.faults(value, each, path)
        if "anyOf" in schema and not any(self._fits(value, each) for each in schema["anyOf"]):
            yield f"{path} is {_shown(value)}, which is none of the {len(schema['anyOf'])} things that it may be"
        if "oneOf" in schema:
            fitting = sum(self._fits(value, each) for each in schema["oneOf"])
            if fitting != 1:
                yield f"{path} is {_shown(value)}, which is {fitting} of the things of which it has to be one"
        if "not" in schema and self._fits(value, schema["not"]):
            yield f"{path} is {_shown(value)}, which is what it may not be"

    def _key(self, value: Any) -> object:
        """What two JSON values have in common if they are equal: 1 is 1.0, and no boolean is a number."""
        self._step()
        if type(value) is dict:
            return frozenset((name, self._key(each)) for name, each in value.items())
        if type(value) is list:
            return tuple(map(self._key, value))
        return ("bool", value) if type(value) is bool else value


def _of_type(value: Any, schema: Mapping[str, Any], path: str) -> Iterator[str]:
    wanted = schema.get("type", ())
    names = [wanted] if isinstance(wanted, str) else wanted
    if names and not any(_TYPES[name](value) for name in names):
        yield f"{path} is {_shown(value)}, and has to be of the type {_listed(names)}"


def _of_size(value: Any, schema: Mapping[str, Any], path: str) -> Iterator[str]:
    for keyword, (kind, least, words) in _SIZES.items():
        if keyword not in schema or type(value) is not kind:
            continue
        size, bound = len(value), schema[keyword]  # type: ignore[arg-type]
        if size < bound if least else size > bound:
            yield f"{path} has to {words.format(bound)}, and has {size}"


def _of_bounds(value: Any, schema: Mapping[str, Any], path: str) -> Iterator[str]:
    for keyword, (holds, words) in _BOUNDS.items():
        if keyword in schema and not holds(value, schema[keyword]):
            yield f"{path} is {_shown(value)}, and has to be {words.format(schema[keyword])}"


def _bits(value: float) -> int:
    """About how many binary places are before or behind its point: a division of long numbers takes longer."""
    if isinstance(value, int):
        return value.bit_length()
    return abs(math.frexp(value)[1]) if math.isfinite(value) else 0


def _is_multiple(value: float, step: float) -> bool:
    """By their decimal texts, as JSON writes them: 0.3 is a multiple of 0.1."""
    if not math.isfinite(value):
        return False
    return (Fraction(repr(value)) / Fraction(repr(step))).denominator == 1


def _shown(value: Any) -> str:
    """Short; of what is large only what it is."""
    if type(value) is dict or type(value) is list:
        return f"{'an object' if type(value) is dict else 'a list'} of {len(value)}"
    if type(value) is str and len(value) > _MOST_SHOWN:
        return f"a text of {len(value)} characters"
    return "null" if value is None else repr(value)


def _listed(words: Any) -> str:
    some = [word if isinstance(word, str) else _shown(word) for word in list(words)[:8]]
    return ", ".join(some) + (", …" if len(words) > len(some) else "")
