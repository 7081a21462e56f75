"""``[contributes.events."plugin.<its id>.<name>"]``: an event that the plugin publishes, and what it carries."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from automatosx_nb.model.contributions.kind import Kind, Needless, Uncalled, keyed
from automatosx_nb.model.schemas import Schema, json_schema

if TYPE_CHECKING:
    from automatosx_nb.model.reader import Spot

NAME_PATTERN = r"[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)*"
_NAME = re.compile(NAME_PATTERN)
MAX_TOPIC = 200
"""Characters."""


@dataclass(frozen=True, slots=True)
class EventType(Uncalled, Needless):
    """``schema`` is the JSON Schema of an event's data."""

    topic: str
    schema: Schema

    @property
    def label(self) -> str:
        return self.topic

    def record(self) -> dict[str, Any]:
        return asdict(self)


def _event(topic: str, spot: Spot, own: str | None) -> EventType | None:
    schema = json_schema(spot)
    prefix = f"plugin.{own or '<its id>'}."
    if own is not None and not (
        topic.startswith(prefix) and _NAME.fullmatch(topic[len(prefix) :]) and len(topic) <= MAX_TOPIC
    ):
        valid = f"a topic of the plugin's own, in small letters, as in '{prefix}finding'"
        spot.refuse(valid, found=f"the topic {topic[:60]!r}")
        return None
    return None if schema is None else EventType(topic, schema)


KIND = Kind("events", keyed(_event, "a table of topics and JSON Schemas"), lambda each: EventType(**each), served=False)
