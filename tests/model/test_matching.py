"""Values against schemas: what the standard's own validator says, in a bounded number of steps."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from automatosx_nb.model.matching import checker, fault_of

NAMES = st.sampled_from(["a", "b", "c"])
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from([0.0, 1.0, 0.5, -1.5, 2.0]), st.text("ab", max_size=3)
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8
)
TYPES = st.sampled_from(["object", "array", "string", "integer", "number", "boolean", "null"])
COUNTS = st.integers(0, 3)
FLAT: dict[str, st.SearchStrategy[Any]] = {
    "type": TYPES | st.lists(TYPES, min_size=1, max_size=3, unique=True),
    "enum": st.lists(VALUES, min_size=1, max_size=3),
    "const": VALUES,
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), COUNTS),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), st.sampled_from([-1, 0, 0.5, 1])),
    "multipleOf": st.sampled_from([1, 2, 0.5]),
    "required": st.lists(NAMES, max_size=2, unique=True),
    "uniqueItems": st.booleans(),
    "additionalProperties": st.booleans(),
}


def _keywords(words: dict[str, st.SearchStrategy[Any]], most: int) -> st.SearchStrategy[dict[str, Any]]:
    """A schema of a few keywords, as people write them."""
    return st.lists(st.one_of(*(st.tuples(st.just(word), each) for word, each in words.items())), max_size=most).map(
        dict
    )


def _within(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    several = st.lists(inner, min_size=1, max_size=2)
    deep = {
        "properties": st.dictionaries(NAMES, inner, max_size=2),
        "additionalProperties": inner,
        "items": inner,
        **dict.fromkeys(("prefixItems", "anyOf", "oneOf", "allOf"), several),
        "not": inner,
    }
    return _keywords({**FLAT, **deep}, 3)


SCHEMAS = st.recursive(_keywords(FLAT, 2), _within, max_leaves=3)
EXAMPLES = int(os.environ.get("AUTOMATOSX_TEST_EXAMPLES", "100"))
"""More of them on demand: the tests of schemas take longer then."""


@settings(max_examples=EXAMPLES, deadline=None)
@given(VALUES, SCHEMAS)
def test_a_value_fits_exactly_where_the_standard_says_so(value: Any, schema: dict[str, Any]) -> None:
    fault = fault_of(value, schema)
    assert (fault is None) is Draft202012Validator(schema).is_valid(value), fault
    assert checker(schema)(value) == fault_of(value, schema, name="data")


@pytest.mark.parametrize(
    ("value", "schema", "fault"),
    [
        (3, {"type": "string"}, "it is 3, and has to be of the type string"),
        ({"rows": [1, "x"]}, {"properties": {"rows": {"items": {"type": "integer"}}}},
         "it.rows[1] is 'x', and has to be of the type integer"),
        ("x" * 500, {"enum": ["a", "b"]}, "it is a text of 500 characters, and has to be one of a, b"),
        ({"a": 1}, {"additionalProperties": False}, "it has 'a', and may have nothing"),
        ({}, {"required": ["a", "b"]}, "it needs a, b"),
        ([1, 1.0], {"uniqueItems": True}, "it has an item twice"),
        (0.35, {"multipleOf": 0.1}, "it is 0.35, and has to be a multiple of 0.1"),
        (float("inf"), {"multipleOf": 0.1}, "it is inf, and has to be a multiple of 0.1"),
        ([], {"minItems": 1}, "it has to have 1 items or more, and has 0"),
    ],
)  # fmt: skip
def test_a_fault_says_where_it_is_what_is_there_and_what_has_to_be(value: Any, schema: Any, fault: str) -> None:
    assert fault_of(value, schema) == fault


def test_decimals_are_what_they_are_written_as() -> None:
    assert fault_of(0.3, {"multipleOf": 0.1}) is None


@pytest.mark.parametrize(
    "items",
    [{"anyOf": [{"anyOf": [{"const": n} for n in range(60)]}]}, {"oneOf": [{"const": n} for n in range(60)]}],
    ids=["anyOf", "oneOf"],
)
def test_what_would_take_for_ever_is_given_up_after_so_many_steps(items: dict[str, Any]) -> None:
    assert fault_of([59] * 100, {"items": items}) is None
    fault = fault_of([59] * 5000, {"items": items}, steps=50_000) or ""
    assert "takes more than 50000 steps to check" in fault


@given(st.text(max_size=400))
def test_a_fault_is_short_whatever_the_value(text: str) -> None:
    assert len(fault_of({text: {text: text}}, {"additionalProperties": {"additionalProperties": False}}) or "") < 600


def test_long_numbers_take_more_steps_to_divide_than_short_ones() -> None:
    def divided(value: float, step: float, count: int) -> str | None:
        return fault_of([value] * count, {"type": "array", "items": {"type": "number", "multipleOf": step}})

    assert "takes more than" in (divided(1.234e299, 1e-299, 3_000) or "")
    assert divided(1.234e299, 1e-299, 1_000) is None
    assert divided(12.34, 0.01, 3_000) is None
    assert divided(10**18, 1, 3_000) is None


WORDS = {"not": {"anyOf": [{"anyOf": [{"const": 50 * tens + one} for one in range(50)]} for tens in range(60)]}}


def test_no_schema_of_an_event_keeps_the_host_busy() -> None:
    check = checker({"type": "array", "items": {"type": "integer", **WORDS}})
    assert check([-1] * 10) is None
    assert check([-1] * 10 + [7]) == "data[10] is 7, which is what it may not be"
    assert "takes more than" in (check([-1] * 100_000) or "")


def test_large_data_of_an_event_with_an_ordinary_schema_are_checked_to_the_end() -> None:
    rows = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer", "minimum": 0}}}
    check = checker({"type": "array", "items": rows, "uniqueItems": True})
    assert check([{"n": number} for number in range(10_000)]) is None
    assert check([{"n": number} for number in range(10_000, -2, -1)]) == "data[10001].n is -1, and has to be at least 0"
