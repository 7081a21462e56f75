from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from automatosx_nb.model.reader import Problems, Spot
from automatosx_nb.model.schemas import (
    KEYWORDS,
    MAX_DEPTH,
    SETTING_KEYWORDS,
    json_schema,
    setting_schema,
)


def read(value: object) -> tuple[dict[str, Any] | None, list[str]]:
    problems = Problems()
    return json_schema(Spot(value, "x", problems)), [str(problem) for problem in problems.told]


def nested(depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(depth):
        schema = {"type": "array", "items": schema}
    return schema


def test_a_schema_is_read_as_it_stands() -> None:
    schema = {
        "type": "object",
        "properties": {"rows": {"type": "integer", "minimum": 0}, "on": {"type": "boolean", "default": False}},
        "required": ["rows"],
        "additionalProperties": False,
    }
    assert read(schema) == (schema, [])


def test_schemas_nest_so_deep_and_no_deeper() -> None:
    assert read(nested(MAX_DEPTH)) == (nested(MAX_DEPTH), [])
    _, [problem] = read(nested(MAX_DEPTH + 1))
    assert "nested more deeply" in problem


@pytest.mark.parametrize("keyword", ["pattern", "patternProperties", "$ref", "$defs", "if"])
def test_what_would_cost_the_host_time_is_refused_with_what_to_do_instead(keyword: str) -> None:
    _, [problem] = read({"type": "string", keyword: "(a+)+$"})
    assert f"valid is no '{keyword}': " in problem


def test_a_setting_has_a_type_that_a_form_has_a_field_for() -> None:
    problems = Problems()
    assert setting_schema(Spot({"type": "null", "default": 1}, "x", problems)) is None
    assert set(SETTING_KEYWORDS) <= set(KEYWORDS)
    fine = {"type": "number", "default": 0.5, "maximum": 1}
    assert setting_schema(Spot(fine, "x", Problems())) == fine


@pytest.mark.parametrize("schema", [{"type": "tabel"}, {"type": []}, {"type": 3, "title": "a"}])
def test_a_schema_whose_type_was_refused_is_none(schema: dict[str, Any]) -> None:
    found, problems = read(schema)
    assert found is None
    assert len(problems) == 1


WORDS = {"not": {"anyOf": [{"anyOf": [{"const": 50 * tens + one} for one in range(50)]} for tens in range(60)]}}


def test_no_default_of_a_setting_keeps_the_host_busy() -> None:
    numbered = [{"n": number} for number in range(8_000)]
    many = {"type": "array", "uniqueItems": True, "default": numbered}
    assert setting_schema(Spot(many, "x", Problems())) == many
    assert setting_schema(Spot({**many, "default": [*numbered, {"n": 0}]}, "x", Problems())) is None
    costly = {"type": "array", "items": {"type": "integer", **WORDS}, "default": [-1] * 8_000}
    problems = Problems()
    assert setting_schema(Spot(costly, "x", problems)) is None
    assert "takes more than" in "".join(map(str, problems.told))


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.floats(), st.text("ab$", max_size=3))
    | st.sampled_from(KEYWORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*KEYWORDS, "x"]), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from([*KEYWORDS, "pattern"]), VALUES, max_size=5))
def test_what_is_read_without_a_problem_is_a_schema_of_the_standard(value: dict[str, Any]) -> None:
    schema, problems = read(value)
    assert (schema is None) <= bool(problems)
    if not problems:
        assert schema == value
        Draft202012Validator.check_schema(schema)
