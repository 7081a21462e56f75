"""JSON Schemas in a manifest: what an event carries, what a service takes and gives, what a setting may be.

A closed part of JSON Schema 2020-12 (https://json-schema.org/draft/2020-12). Left out is what would let a plugin
decide how long the host works: regular expressions (``pattern``), and references, which may go in circles.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from automatosx_nb.model.matching import fault_of
from automatosx_nb.model.reader import Spot, Table, boolean, line, one_of, tuple_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

Schema = dict[str, Any]

TYPES = ("object", "array", "string", "integer", "number", "boolean", "null")
SCALARS = ("string", "integer", "number", "boolean")
MAX_DEPTH = 12
"""Schemas within schemas."""
MAX_NAMES = 64
"""Properties of one object, and words of one ``enum``."""
SCHEMA = 'a JSON Schema, as in {type = "object", properties = {rows = {type = "integer"}}}'
TABLE, BYTES = "application/vnd.apache.arrow.stream", "application/octet-stream"
MEDIA = (TABLE, BYTES)
"""What ``contentMediaType`` may say, which JSON itself has not: an Arrow table, and bytes."""
_MEDIA_WORDS = ("type", "contentMediaType", "title", "description")
_TEXT = line(300)
_LEFT_OUT = {
    **dict.fromkeys(("pattern", "patternProperties"), "say it with 'enum', 'minLength' and 'maxLength'"),
    **dict.fromkeys(("$ref", "$defs", "definitions", "$id"), "write the schema out where it is used"),
    **dict.fromkeys(("if", "then", "else"), "say it with 'anyOf'"),
}
"""Keyword that authors know → what to do without it."""


Steps = tuple[str, ...]
"""The keywords and names that lead from a schema to one in it."""


def nowhere(_steps: Steps) -> bool:
    return False


def json_schema(spot: Spot, *, media: Callable[[Steps], bool] = nowhere) -> Schema | None:
    """A reader of a whole schema, which has to say a ``type``. ``media``: where in it a table or bytes may be."""
    schema = _schema(spot, 0)
    for steps, each in _schemas_in(schema or {}):
        if "contentMediaType" not in each:
            continue
        if not media(steps):
            spot.refuse("JSON values here: no 'contentMediaType'", found=f"one at {'.'.join(steps) or 'the top'}")
            return None
        if each.get("type") != "string" or not each.keys() <= set(_MEDIA_WORDS):
            valid = f"{', '.join(_MEDIA_WORDS)} and nothing else, with the type 'string', where a table or bytes come"
            spot.refuse(valid, found=", ".join(each))
            return None
    if isinstance(spot.value, dict) and "type" not in spot.value:
        spot.refuse(f"a schema with a 'type': one of {', '.join(TYPES)}", found="a schema without a 'type'")
    return schema if schema is not None and "type" in schema else None


def setting_schema(spot: Spot) -> Schema | None:
    """A reader of one setting's schema: a value that a form has a field for, with its default."""
    table = spot.table("a table, as in {type = 'integer', default = 10}")
    if table is None:
        return None
    kinds = (*SCALARS, "array")
    table.need("type", one_of(kinds, "one of"), f"one of {', '.join(kinds)}")
    table.need("default", _value, "the value where nobody has set another one")
    schema = _keywords(table, 0, only=SETTING_KEYWORDS)
    table.finish()
    if "type" not in schema or "default" not in schema:
        return None
    fault = fault_of(schema["default"], schema, name="'default'")
    if fault is not None:
        spot.refuse("a 'default' that the setting's own schema allows", found=fault)
        return None
    return schema


def _schemas_in(schema: Schema, steps: Steps = ()) -> Iterator[tuple[Steps, Schema]]:
    """A schema and every one in it."""
    yield steps, schema
    for keyword, value in schema.items():
        if keyword == "properties":
            inner = value.items()
        elif keyword in ("anyOf", "oneOf", "allOf", "prefixItems"):
            inner = ((str(index), each) for index, each in enumerate(value))
        elif keyword in ("items", "not", "additionalProperties") and isinstance(value, dict):
            inner = (("", value),)
        else:
            continue
        for name, each in inner:
            yield from _schemas_in(each, (*steps, keyword, name))


def _schema(spot: Spot, depth: int) -> Schema | None:
    if depth > MAX_DEPTH:
        spot.refuse(f"at most {MAX_DEPTH} schemas within each other", found="a schema nested more deeply")
        return None
    table = spot.table(SCHEMA)
    if table is None:
        return None
    schema = _keywords(table, depth, only=KEYWORDS)
    for keyword in filter(table.has, _LEFT_OUT):
        table.refuse(keyword, f"no {keyword!r}: {_LEFT_OUT[keyword]}")
    table.finish(aside=_LEFT_OUT)
    return schema


def _keywords(table: Table, depth: int, *, only: Iterable[str]) -> Schema:
    found = {keyword: table.get(keyword, _READERS[keyword](depth)) for keyword in only}
    return {keyword: value for keyword, value in found.items() if value is not None}


# --- readers of a keyword's value; a list where JSON has one, so that a schema is JSON as it stands ---


def _type(spot: Spot) -> str | list[str] | None:
    if isinstance(spot.value, list):
        names = tuple_of(one_of(TYPES, "one of"), f"one of {', '.join(TYPES)}, or a list of them", least=1)(spot)
        return None if names is None else list(names)
    return one_of(TYPES, "one of")(spot)


def _value(spot: Spot) -> Any:
    """Any JSON value but null, which TOML does not have."""
    if _is_json(spot.value, MAX_DEPTH):
        return spot.value
    spot.refuse("a value that JSON has, too: no dates, no infinities")
    return None


def _is_json(value: object, depth: int) -> bool:
    if isinstance(value, bool | int | str):
        return True
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, list):
        return depth > 0 and all(_is_json(each, depth - 1) for each in value)
    return isinstance(value, dict) and depth > 0 and all(_is_json(each, depth - 1) for each in value.values())


def _values(spot: Spot) -> list[Any] | None:
    found = tuple_of(_value, f"a list of 1 to {MAX_NAMES} values", least=1, most=MAX_NAMES)(spot)
    return None if found is None else list(found)


def _count(spot: Spot) -> int | None:
    if type(spot.value) is int and 0 <= spot.value < 2**53:
        return spot.value
    spot.refuse("a whole number from 0")
    return None


def _number(spot: Spot) -> int | float | None:
    if isinstance(spot.value, int | float) and not isinstance(spot.value, bool) and abs(spot.value) < 1e300:
        return spot.value
    spot.refuse("a number")
    return None


def _step(spot: Spot) -> int | float | None:
    value = _number(spot)
    if value is None or value > 0:
        return value
    spot.refuse("a number above 0")
    return None


def _names(spot: Spot) -> list[str] | None:
    found = tuple_of(line(100), "a list of property names", most=MAX_NAMES)(spot)
    return None if found is None else list(found)


def _properties(depth: int) -> Callable[[Spot], Schema | None]:
    def read(spot: Spot) -> Schema | None:
        table = spot.table("a table of property names and their schemas")
        if table is None:
            return None
        found = {name: _schema(entry, depth + 1) for name, entry in table.entries()}
        if len(found) > MAX_NAMES:
            spot.refuse(f"at most {MAX_NAMES} properties", found=f"a table of {len(found)}")
        return {name: schema for name, schema in found.items() if schema is not None}

    return read


def _inner(depth: int) -> Callable[[Spot], Schema | None]:
    return lambda spot: _schema(spot, depth + 1)


def _inner_or_boolean(depth: int) -> Callable[[Spot], Schema | bool | None]:
    return lambda spot: boolean(spot) if isinstance(spot.value, bool) else _schema(spot, depth + 1)


def _several(depth: int) -> Callable[[Spot], list[Schema] | None]:
    def read(spot: Spot) -> list[Schema] | None:
        found = tuple_of(_inner(depth), "a list of schemas, one at least", least=1)(spot)
        return None if found is None else list(found)

    return read


def _flat(read: Callable[[Spot], Any]) -> Callable[[int], Callable[[Spot], Any]]:
    return lambda _depth: read


ANY = ("type", "title", "description", "default", "enum", "const", "examples")
STRING = ("minLength", "maxLength")
NUMBER = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")

_READERS: Mapping[str, Callable[[int], Callable[[Spot], Any]]] = {
    "type": _flat(_type),
    "title": _flat(_TEXT),
    "description": _flat(_TEXT),
    "default": _flat(_value),
    "enum": _flat(_values),
    "const": _flat(_value),
    "examples": _flat(_values),
    **dict.fromkeys(STRING, _flat(_count)),
    **dict.fromkeys(NUMBER[:-1], _flat(_number)),
    "multipleOf": _flat(_step),
    "properties": _properties,
    "required": _flat(_names),
    "additionalProperties": _inner_or_boolean,
    **dict.fromkeys(("minProperties", "maxProperties", "minItems", "maxItems"), _flat(_count)),
    "items": _inner,
    "prefixItems": _several,
    "uniqueItems": _flat(boolean),
    "anyOf": _several,
    "oneOf": _several,
    "allOf": _several,
    "not": _inner,
    "contentMediaType": _flat(one_of(MEDIA, "one of")),
}
KEYWORDS = tuple(_READERS)
"""Every keyword that a schema in a manifest may have."""
SETTING_KEYWORDS = (*ANY, *STRING, *NUMBER, "items", "minItems", "maxItems", "uniqueItems")
"""Those of a setting."""
