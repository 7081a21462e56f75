"""What a release may change about its events, and what only one with a higher major version may."""

from __future__ import annotations

from typing import Any

import pytest

from automatosx_nb.model.contributions import EventType
from automatosx_nb.model.event_changes import broken_events
from automatosx_nb.model.semver import Version

TOPIC = "plugin.acme.demo.found"
OLD: dict[str, Any] = {
    "type": "object",
    "required": ["rows"],
    "properties": {"rows": {"type": "integer", "minimum": 0}, "kind": {"enum": ["a", "b"]}},
}


def broken(new: dict[str, Any], *, retained: tuple[bool, bool] = (False, False)) -> list[str]:
    before, now = EventType(TOPIC, OLD, retained[0]), EventType(TOPIC, new, retained[1])
    return list(broken_events(Version.parse("1.1.0"), [now], Version.parse("1.0.0"), [before]))


def changed(**keywords: Any) -> dict[str, Any]:
    return {**OLD, **keywords}


@pytest.mark.parametrize(
    "new",
    [
        OLD,
        changed(description="Something was found."),
        changed(required=["rows", "kind"]),
        changed(properties={**OLD["properties"], "more": {"type": "string"}}),
        changed(properties={**OLD["properties"], "rows": {"type": "integer", "minimum": 1, "maximum": 9}}),
        changed(properties={**OLD["properties"], "kind": {"enum": ["a"]}}),
    ],
)
def test_what_came_before_may_be_told_more_exactly(new: dict[str, Any]) -> None:
    assert broken(new) == []


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (changed(required=[]), "rows is required on one side only"),
        (changed(properties={"kind": OLD["properties"]["kind"]}), "data.rows"),
        (changed(properties={**OLD["properties"], "rows": {"type": "number", "minimum": 0}}), "data.rows may be of"),
        (changed(properties={**OLD["properties"], "rows": {"type": "integer"}}), "'minimum' is nothing on one side"),
        (changed(properties={**OLD["properties"], "kind": {"enum": ["a", "c"]}}), "data.kind"),
        ({"type": "array"}, "data may be of the type array"),
    ],
)
def test_what_could_not_come_before_breaks_those_who_subscribed(new: dict[str, Any], said: str) -> None:
    (sentence,) = broken(new)
    assert said in sentence
    assert sentence.startswith(f"the event {TOPIC!r} breaks those who subscribed to it as of 1.0.0 (")
    assert sentence.endswith("raise the major version, or keep it as it was")


def test_an_event_that_is_kept_no_longer_and_one_that_is_gone_break_them_too() -> None:
    assert "it is retained no longer" in broken(OLD, retained=(True, False))[0]
    assert broken(OLD, retained=(False, True)) == []
    gone = broken_events(Version.parse("0.2.1"), [], Version.parse("0.2.0"), [EventType(TOPIC, OLD)])
    assert [("declared no longer" in each, "raise the minor version" in each) for each in gone] == [(True, True)]
