"""Durable subscriptions follow the profile: they are told of each change, and what ended with it is written down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from automatosx_nb.errors import UnknownGeneration
from automatosx_nb.model.delivery import Envelope, standing_of
from automatosx_nb.model.events import Event

if TYPE_CHECKING:
    from automatosx_nb.host.audit import Audit
    from automatosx_nb.model.generation import Generation, InstalledPlugin
    from automatosx_nb.profile.deliveries import Deliveries
    from automatosx_nb.profile.generations import Generations

SOURCE = "profile"


def follow(deliveries: Deliveries, generations: Generations, audit: Audit) -> None:
    """Have ``deliveries`` be what the current generation says, one generation after the other.

    Whoever switched does this; where that process died, whoever looks next does, and no change is told twice.
    """
    current, known = generations.current_number(), deliveries.followed()
    for number in range(known + 1 if known else current, current + 1):
        try:
            new = generations.read(number)
        except UnknownGeneration:  # it was freed meanwhile
            continue
        before = _before(generations, new)
        for ended in deliveries.follow(number, standing_of(new), changes(before, new) if known else ()):
            if ended.undelivered:
                who = ended.subscriber
                audit.add("events-discarded", who.plugin, topic=who.topic, events=ended.undelivered, generation=number)
        for plugin in before.keys() - new.plugins.keys():
            deliveries.forget_retained(f"plugin.{plugin}.")


def changes(before: Mapping[str, InstalledPlugin], new: Generation) -> list[Envelope]:
    """What ``new`` changed, as events that are the same whoever makes them."""
    from automatosx_nb.host.switch_events import switch_events

    return [
        Envelope.of(Event(f"{new.number}.{index}", SOURCE, topic, new.created, data))
        for index, (topic, data) in enumerate(switch_events(before, new))
    ]


def _before(generations: Generations, new: Generation) -> Mapping[str, InstalledPlugin]:
    """What was installed; where that generation was freed, what is now, so that no change is told."""
    try:
        return generations.read(new.parent or 0).plugins
    except UnknownGeneration:
        return new.plugins
