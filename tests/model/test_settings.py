"""A setting's layers: the default, what the user set, what the environment says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automatosx_nb.errors import InvalidPluginId
from automatosx_nb.model.settings import (
    SOURCES,
    ConfiguredSettings,
    Preset,
    Said,
    SettingLock,
    lock_pattern,
    value_of,
    variable,
)
from automatosx_nb.model.settings import layered as layered_of

ROWS = {"type": "integer", "default": 10, "minimum": 1}
NAME = {"type": "string", "default": "x", "maxLength": 5}
LIST = {"type": "array", "default": ["a"], "items": {"type": "string"}}


def layered(name: str, schema: dict[str, Any], user: dict[str, Any], typed: str | None) -> Any:
    said = [Said("variable", "ROWS", typed, typed=True)] if typed is not None else []
    said += [Said("profile", "the profile", value) for each, value in user.items() if each == name]
    return layered_of(name, schema, said)


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
        ("0", ROWS, "it is 0, and has to be at least 1"),
        ("toolong", NAME, "5 characters at most, and has 7"),
        ("[1]", LIST, r"it\[0\] is 1, and has to be of the type string"),
        ("NaN", {"type": "number", "default": 1.5}, "is not JSON, as 1.5 is"),
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


@given(st.permutations(list(SOURCES)[1:]), st.sampled_from([None, *SOURCES]))
def test_the_last_source_before_a_lock_decides_in_whatever_order_they_are_found(
    found_in: list[str], locked: str | None
) -> None:
    """``default < admin < user < project < application < environment``, up to the one that locks."""
    order = list(SOURCES)
    said = [Said(source, f"in {source}", order.index(source) + 1) for source in found_in]
    lock = None if locked is None else SettingLock("*", locked, "/etc/lock, line 3")
    found = layered_of("rows", ROWS, said, lock)
    last = order[-1] if locked is None else locked
    counted = [each for each in said if order.index(each.source) <= order.index(last)]
    decides = max(counted, key=lambda each: order.index(each.source), default=None)
    expected = (10, "default", "") if decides is None else (decides.value, decides.origin, decides.place)
    assert (found.value, found.origin, found.place) == expected
    assert [reason for _, reason in found.passed_over] == ["/etc/lock, line 3 locks it"] * (len(said) - len(counted))
    assert found.locked == ("" if locked is None else "/etc/lock, line 3")


@pytest.mark.parametrize(
    ("pattern", "plugin", "name", "holds"),
    [
        ("*", "acme.demo", "rows", True),
        ("acme.demo", "acme.demo", "rows", True),
        ("Acme.Demo", "acme.demo", "rows", True),
        ("acme.demo.rows", "acme.demo", "rows", True),
        ("acme.demo.max-rows", "acme.demo", "rows", False),
        ("acme.demo2", "acme.demo", "rows", False),
    ],
)
def test_a_lock_holds_for_a_setting_a_plugin_or_everything(pattern: str, plugin: str, name: str, holds: bool) -> None:
    assert SettingLock(pattern, "system", "x").holds(plugin, name) is holds


def test_a_lock_names_a_plugin_or_everything() -> None:
    assert [lock_pattern(text) for text in ("*", "a.b", "a.b.c")] == ["*", "a.b", "a.b.c"]
    with pytest.raises(InvalidPluginId):
        lock_pattern("demo")


def test_the_first_lock_of_several_counts() -> None:
    locks = (SettingLock("*", "project", "later"), SettingLock("a.b", "system", "first"))
    said, lock = ConfiguredSettings((Preset("a.b", "rows", Said("user", "x", 5)),), locks).of("a.b", "rows")
    assert lock is not None
    assert (lock.place, layered_of("rows", ROWS, said, lock).value) == ("first", 10)
