"""``[contributes.events."plugin.<its id>.<name>"]``: an event that the plugin publishes, and what it carries."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from automatosx_nb.model.contributions.kind import Kind, Uncalled, keyed
from automatosx_nb.model.events.topics import MAX_TOPIC
from automatosx_nb.model.reader import Spot, boolean
from automatosx_nb.model.schemas import Schema, json_schema

NAME_PATTERN = r"[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)*"
_NAME = re.compile(NAME_PATTERN)
RETAINED = "retained"
"""Stands beside the keywords of an event's schema."""


def permission_for(topic: str) -> str:
    """The permission to publish on ``topic``."""
    return f"events:publish:{topic}"


@dataclass(frozen=True, slots=True)
class EventType(Uncalled):
    """``schema`` is the JSON Schema of an event's data.

    ``retained``: the last one is kept, and handed to whoever subscribes later and asks for it.
    """

    topic: str
    schema: Schema
    retained: bool = False

    @property
    def label(self) -> str:
        return self.topic

    @property
    def needs(self) -> tuple[str, ...]:
        return (permission_for(self.topic),)

    def record(self) -> dict[str, Any]:
        return asdict(self)


def _event(topic: str, spot: Spot, own: str | None) -> EventType | None:
    schema, retained = json_schema(_without(spot, RETAINED)), _retained(spot)
    prefix = f"plugin.{own or '<its id>'}."
    if own is not None and not (
        topic.startswith(prefix) and _NAME.fullmatch(topic[len(prefix) :]) and len(topic) <= MAX_TOPIC
    ):
        valid = f"a topic of the plugin's own, in small letters, as in '{prefix}finding'"
        spot.refuse(valid, found=f"the topic {topic[:60]!r}")
        return None
    return None if schema is None else EventType(topic, schema, bool(retained))


def _without(spot: Spot, key: str) -> Spot:
    """The same table without what is ours in it."""
    if not isinstance(spot.value, dict):
        return spot
    return Spot({name: value for name, value in spot.value.items() if name != key}, spot.path, spot.problems)


def _retained(spot: Spot) -> bool | None:
    if not isinstance(spot.value, dict) or RETAINED not in spot.value:
        return False
    return boolean(Spot(spot.value[RETAINED], f"{spot.path}.{RETAINED}", spot.problems))


KIND = Kind("events", keyed(_event, "a table of topics and JSON Schemas"))
