"""Requests and replies against their schemas."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from automatosx_nb.host.services.messages import MOST_VALUES, Reply, Request, size_of
from tests.host.services.conftest import BYTES, TABLE


def request(**properties: Any) -> Request:
    return Request({"type": "object", "properties": properties, "additionalProperties": False})


def test_what_is_left_out_is_no_fault_unless_it_is_required() -> None:
    assert request(table=TABLE, raw=BYTES, n={"type": "integer"}).fault({}) is None
    needed = Request({"type": "object", "properties": {"table": TABLE}, "required": ["table"]})
    assert needed.fault({}) == "the request needs table"
    assert needed.fault({"table": pa.table({"a": [1]})}) is None


@pytest.mark.parametrize("value", [b"x", {"a": b"x"}, [[b"x"]], {1, 2}, object()])
def test_what_is_no_json_value_is_none_wherever_it_is(value: object) -> None:
    assert request(n={}).fault({"n": value}) is not None
    assert Reply({"type": ["object", "array", "string"]}).fault(value) is not None


def test_a_large_value_is_refused_before_it_is_looked_into() -> None:
    fault = Reply({"type": "array"}).fault([0] * (MOST_VALUES + 1))
    assert fault == f"the reply has more than {MOST_VALUES:,} values: send a table"


def test_a_value_that_holds_itself_is_refused() -> None:
    value: list[Any] = []
    value += [value, value]
    assert "more than" in (Reply({"type": "array"}).fault(value) or "")


def test_a_display_is_no_reply() -> None:
    from automatosx_nb.sandbox.values import DisplayTree

    assert "DisplayTree" in (Reply({"type": "object"}).fault(DisplayTree({"node": "text"})) or "")


def test_tables_and_bytes_are_counted_and_json_is_not() -> None:
    table = pa.table({"a": [1, 2]})
    assert [size_of(each) for each in (table, b"abc", {"a": 1}, 3)] == [table.nbytes, 3, 0, 0]
