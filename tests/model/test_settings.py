"""A setting's layers: the default, what the user set, what the environment says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automatosx_nb.model.settings import layered, value_of, variable

ROWS = {"type": "integer", "default": 10, "minimum": 1}
NAME = {"type": "string", "default": "x", "maxLength": 5}
LIST = {"type": "array", "default": ["a"], "items": {"type": "string"}}


@pytest.mark.parametrize(
    ("user", "typed", "value", "origin", "passed_over"),
    [
        ({}, None, 10, "default", []),
        ({"rows": 20}, None, 20, "user", []),
        ({"rows": 20}, "30", 30, "environment", []),
        ({"rows": 0}, None, 10, "default", ["user"]),
        ({"rows": "20"}, None, 10, "default", ["user"]),
        ({"rows": 20}, "0", 20, "user", ["environment"]),
        ({"rows": 20}, "many", 20, "user", ["environment"]),
        ({"rows": 0}, "x", 10, "default", ["user", "environment"]),
        ({"other": 5}, None, 10, "default", []),
    ],
)
def test_the_last_layer_that_fits_decides(
    user: dict[str, Any], typed: str | None, value: int, origin: str, passed_over: list[str]
) -> None:
    found = layered("rows", ROWS, user, typed)
    assert (found.value, found.origin) == (value, origin)
    assert [each for each, _ in found.passed_over] == passed_over


@pytest.mark.parametrize(
    ("text", "schema", "value"),
    [("7", ROWS, 7), ("7", NAME, "7"), ("", NAME, ""), ('["b", "c"]', LIST, ["b", "c"])],
)
def test_a_typed_value_is_read_as_its_type(text: str, schema: dict[str, Any], value: object) -> None:
    assert value_of(text, schema) == value


@pytest.mark.parametrize(
    ("text", "schema", "told"),
    [
        ("seven", ROWS, "is not JSON, as 10 is"),
        ("0", ROWS, "minimum"),
        ("toolong", NAME, "too long"),
        ("[1]", LIST, "1"),
    ],
)
def test_what_does_not_fit_says_how(text: str, schema: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        value_of(text, schema)


@given(st.integers(), st.integers() | st.text(max_size=5) | st.none())
def test_whatever_was_set_the_value_fits_the_schema(user: int, typed: object) -> None:
    found = layered("rows", ROWS, {"rows": user}, None if typed is None else json.dumps(typed))
    assert isinstance(found.value, int)
    assert found.value >= 1


def test_the_variable_has_the_names_in_capitals() -> None:
    assert variable("acme.csv-doctor", "max-rows") == "AUTOMATOSX_SETTING_ACME_CSV_DOCTOR__MAX_ROWS"
