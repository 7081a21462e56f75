"""A change of a schema breaks nobody, or it is said where it does."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automatosx_nb.model.matching import fault_of
from automatosx_nb.model.schema_changes import reply_breaks, request_breaks
from tests.model.test_matching import EXAMPLES, SCHEMAS, VALUES

INT, TEXT = {"type": "integer"}, {"type": "string"}


def obj(required: tuple[str, ...] = (), more: bool = False, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*required], "additionalProperties": more}


def mixed(one: Any, other: Any, keep: int) -> Any:
    """A change of ``one``: some of its keywords, and some of the other's in place of the rest."""
    words = [*one, *(word for word in other if word not in one)]
    return {word: (one if keep >> at & 1 and word in one else other).get(word, one.get(word)) for at, word in
            enumerate(words) if keep >> (at + 8) & 3}  # fmt: skip


@settings(max_examples=EXAMPLES, deadline=None)
@given(SCHEMAS, SCHEMAS, st.integers(0, 2**24), st.lists(VALUES, max_size=6))
def test_what_was_valid_stays_valid_where_no_break_is_told(old: Any, other: Any, keep: int, values: list[Any]) -> None:
    for new in (mixed(old, other, keep), other):
        if not request_breaks(old, new):
            for value in values:
                assert fault_of(value, old) is not None or fault_of(value, new) is None, (old, new, value)


@settings(max_examples=EXAMPLES, deadline=None)
@given(SCHEMAS)
def test_a_schema_breaks_nothing_of_its_own_nor_does_another_description(schema: Any) -> None:
    assert request_breaks(schema, schema) == reply_breaks(schema, schema) == ()
    told = {**schema, "description": "Says more."}
    assert request_breaks(schema, told) == reply_breaks(schema, told) == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (obj(a=INT), obj(a=INT, b=TEXT)),
        (obj(("a",), a=INT), obj(a=INT)),
        (obj(a=INT), obj(a={"type": "number"})),
        (obj(a={"enum": [1, 2]}), obj(a={"enum": [1, 2, 3]})),
        (obj(a={**TEXT, "maxLength": 3}), obj(a=TEXT)),
        (obj(a={**INT, "minimum": 1}), obj(a={**INT, "minimum": 0})),
        (obj(a={**INT, "multipleOf": 4}), obj(a={**INT, "multipleOf": 2})),
    ],
    ids=lambda _: "",
)
def test_a_request_that_takes_more_breaks_nobody_and_as_a_reply_it_would(old: Any, new: Any) -> None:
    assert request_breaks(old, new) == ()
    assert reply_breaks(old, new)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (obj(a=INT), obj(("a",), a=INT), "request: a is required on one side only"),
        (obj(a=INT, b=INT), obj(a=INT), "request.b is something on one side, and not on the other"),
        (obj(a=INT), obj(a=TEXT), "request.a may be of the type integer on one side only"),
        (obj(a=INT), obj(a={**INT, "maximum": 9}), "request.a: 'maximum' is nothing on one side and 9 on the other"),
        (obj(a={"type": "array", "items": INT}), obj(a={"type": "array", "items": TEXT}), "request.a[]"),
        (obj(a={"enum": ["x", "y"]}), obj(a={"enum": ["x"]}), "request.a: not every value of its 'enum'"),
        (obj(a=INT), obj(a={"anyOf": [INT, TEXT]}), "request.a: 'anyOf' is not the same on both sides"),
        (obj(a=TEXT), obj(a={**TEXT, "contentMediaType": "application/octet-stream"}), "request.a: 'contentMediaType'"),
        (obj(a={**TEXT, "contentMediaType": "application/octet-stream"}), obj(a=TEXT), "request.a: 'contentMediaType'"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_request_that_takes_less_is_told_with_the_place(old: Any, new: Any, said: str) -> None:
    assert any(each.startswith(said) for each in request_breaks(old, new)), request_breaks(old, new)


def test_a_reply_may_promise_more_and_not_less() -> None:
    old, new = obj(("a",), more=True, a=INT), obj(("a", "b"), more=True, a=INT, b=TEXT)
    assert reply_breaks(old, new) == ()
    assert reply_breaks(new, old)
