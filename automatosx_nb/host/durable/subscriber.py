"""A plugin's durable subscription on one kernel's bus."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from automatosx_nb.host.switch_events import SWITCH_TOPICS
from automatosx_nb.model.delivery import Subscriber

if TYPE_CHECKING:
    from automatosx_nb.host.bus.counters import Counters
    from automatosx_nb.host.durable.courier import DurableDelivery, Handler
    from automatosx_nb.host.ports import Record
    from automatosx_nb.model.events import Event


class DurableSubscriber:
    """What it gets goes to the disk, and from there to the plugin.

    ``record`` is the subscription as the generation has it. What the profile's changes are is kept by whoever changes
    it (:mod:`automatosx_nb.host.following`), and not once more by every kernel that follows.
    """

    def __init__(self, plugin: str, record: Record, delivery: DurableDelivery, handler: Callable[[], Handler]) -> None:
        self.owner = plugin
        self.pattern: str = record["topic"]
        self._who = Subscriber(plugin, self.pattern, record["handler"])
        self._delivery = delivery
        self._stop = delivery.serve(self._who, handler)

    @property
    def counters(self) -> Counters:
        """Of this kernel."""
        return self._delivery.counters(self._who)

    def deliver(self, event: Event) -> None:
        if event.type not in SWITCH_TOPICS:
            self._delivery.put(event, self._who)

    def close(self) -> None:
        self._stop()
