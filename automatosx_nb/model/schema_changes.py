"""What of a changed JSON Schema breaks those who rely on the old one: schemas as :mod:`.schemas` reads them.

A *request* is written by others, so everything that was valid has to stay valid. A *reply* (and an event's data) is
read by others, so nothing may become valid that was not. Both are the same question, asked in two directions: does
every value of one schema fit another? It is decided keyword by keyword. That one fits is right whenever it is said;
where alternatives (``anyOf``, ``oneOf``, ``allOf``, ``not``) were rewritten, it is said that it may not.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from automatosx_nb.model.matching import fault_of
from automatosx_nb.model.schemas import TYPES, Schema

_ASIDE = frozenset(("title", "description", "default", "examples"))
"""Keywords that say nothing about which values are valid."""
_AT_LEAST = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_AT_MOST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_REWRITTEN = ("anyOf", "oneOf", "allOf", "not")


def request_breaks(old: Schema, new: Schema, *, name: str = "request") -> tuple[str, ...]:
    """Why a request that was valid may no longer be: sentences with dotted paths; empty: every one still is.

    ``name`` is what it is called.
    """
    return tuple(_narrower(old, new, name))


def reply_breaks(old: Schema, new: Schema, *, name: str = "reply") -> tuple[str, ...]:
    """Why a value may come that could not come before, as :func:`request_breaks`; ``name`` is what it is called."""
    return tuple(_narrower(new, old, name))


Bound = Schema | bool


def _narrower(some: Bound, other: Bound, path: str) -> Iterator[str]:
    """Where a value of ``some`` may not fit ``other``."""
    if other is True or some is False or _plain(some) == _plain(other):
        return
    if some is True or other is False:
        yield f"{path} is {'anything' if some is True else 'something'} on one side, and not on the other"
        return
    words = _words(some)
    if words is not None:  # a list of all that it may be: each is tried
        if any(fault_of(word, other) is not None for word in words):
            yield f"{path}: not every value of its 'enum' or 'const' is valid on the other side"
        return
    yield from _narrower_type(some, other, path)
    for keyword in ("enum", "const"):
        if keyword in other:
            yield f"{path}: {keyword!r} is only on one side"
    yield from _narrower_bounds(some, other, path)
    yield from _narrower_object(some, other, path)
    yield from _narrower_list(some, other, path)
    for keyword in _REWRITTEN:
        if keyword in other and some.get(keyword) != other[keyword]:
            yield f"{path}: {keyword!r} is not the same on both sides"
    if some.get("contentMediaType") != other.get("contentMediaType"):
        yield f"{path}: 'contentMediaType' is not the same on both sides"


def _plain(schema: Bound) -> object:
    if isinstance(schema, bool):
        return schema
    return {keyword: value for keyword, value in schema.items() if keyword not in _ASIDE}


def _words(schema: Schema) -> list[Any] | None:
    found: list[Any] | None = [schema["const"]] if "const" in schema else schema.get("enum")
    return found


def _types(schema: Schema) -> frozenset[str]:
    """With ``integer`` spelt out where ``number`` is."""
    wanted = schema.get("type", TYPES)
    names = {wanted} if isinstance(wanted, str) else {*wanted}
    return frozenset(names | ({"integer"} if "number" in names else set()))


def _narrower_type(some: Schema, other: Schema, path: str) -> Iterator[str]:
    more = sorted(_types(some) - _types(other))
    if more:
        yield f"{path} may be of the type {', '.join(more)} on one side only"


def _narrower_bounds(some: Schema, other: Schema, path: str) -> Iterator[str]:
    for keyword in (*_AT_LEAST, *_AT_MOST):
        if keyword not in other or not _applies(keyword, some):
            continue
        wide = keyword not in some
        if not wide:
            wide = some[keyword] < other[keyword] if keyword in _AT_LEAST else some[keyword] > other[keyword]
        if wide:
            yield f"{path}: {keyword!r} is {some.get(keyword, 'nothing')} on one side and {other[keyword]} on the other"
    if "multipleOf" in other and _types(some) & {"number", "integer"}:
        step = some.get("multipleOf", 1 if "number" not in _types(some) else None)
        if step is None or (Fraction(repr(step)) / Fraction(repr(other["multipleOf"]))).denominator != 1:
            yield f"{path}: 'multipleOf' is {some.get('multipleOf', 'nothing')} on one side"
    if other.get("uniqueItems") and not some.get("uniqueItems") and "array" in _types(some):
        yield f"{path}: items are unique on one side only"


def _applies(keyword: str, schema: Schema) -> bool:
    """Whether a value of ``schema`` could be one that ``keyword`` is about."""
    about = {"Length": "string", "Items": "array", "Properties": "object"}
    kind = next((kind for end, kind in about.items() if keyword.endswith(end)), "integer")
    return kind in _types(schema)


def _narrower_object(some: Schema, other: Schema, path: str) -> Iterator[str]:
    if "object" not in _types(some):
        return
    needed = [name for name in other.get("required", ()) if name not in some.get("required", ())]
    if needed:
        yield f"{path}: {', '.join(needed)} is required on one side only"
    names = [*some.get("properties", {}), *other.get("properties", {})]
    for name in dict.fromkeys(names):
        yield from _narrower(_property(some, name), _property(other, name), f"{path}.{name}")
    yield from _narrower(_others(some), _others(other), f"{path}: a property of another name")


def _property(schema: Schema, name: str) -> Bound:
    found: dict[str, Bound] = schema.get("properties", {})
    return found.get(name, _others(schema))


def _others(schema: Schema) -> Bound:
    found: Bound = schema.get("additionalProperties", True)
    return found


def _narrower_list(some: Schema, other: Schema, path: str) -> Iterator[str]:
    if "array" not in _types(some):
        return
    count = max(len(some.get("prefixItems", ())), len(other.get("prefixItems", ())))
    for index in range(count):
        if index < some.get("maxItems", count):
            yield from _narrower(_item(some, index), _item(other, index), f"{path}[{index}]")
    yield from _narrower(_item(some, count), _item(other, count), f"{path}[]")


def _item(schema: Schema, index: int) -> Bound:
    first = schema.get("prefixItems", ())
    found: Bound = first[index] if index < len(first) else schema.get("items", True)
    return found
