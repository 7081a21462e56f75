"""What a plugin publishes where no kernel runs: nobody hears it there, and durable subscribers get it later."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from automatosx_nb.errors import AutomatosxError, InvalidConfiguration
from automatosx_nb.host.bus import Bus
from automatosx_nb.host.holdings import held_by
from automatosx_nb.model.delivery import Envelope, Subscriber, attributes_of, standing_of
from automatosx_nb.model.events import Event
from automatosx_nb.model.permissions import not_covered

if TYPE_CHECKING:
    from automatosx_nb.host.ports import Resources
    from automatosx_nb.profile.deliveries import Deliveries


def shell_bus(resources: Resources, on_error: Callable[[str, Exception], None]) -> Bus:
    """A bus on which exactly those listen who subscribe durably, as far as the profile and policy let them."""
    bus = Bus(on_error)
    keeper = DirectKeeper(resources.deliveries)
    bus.keeper, bus.open_keeper = keeper, lambda: keeper
    for subscriber in _allowed(resources):
        bus.subscribe(subscriber.topic, partial(keeper.put, subscriber))
    return bus


class DirectKeeper:
    """Keeps events on the publisher's own thread: a shell has no cell that would wait for it."""

    def __init__(self, deliveries: Deliveries) -> None:
        self._deliveries = deliveries
        self._error: AutomatosxError | None = None

    def put(self, subscriber: Subscriber, event: Event) -> None:
        try:
            self._deliveries.publish(Envelope.of(event), [subscriber])
        except AutomatosxError as error:
            self._error = error

    def retain(self, event: Event) -> None:
        try:
            self._deliveries.exchange(retain=[Envelope.of(event)])
        except AutomatosxError as error:
            self._error = error

    def retained(self, pattern: str) -> list[Event]:
        return [Event(**attributes_of(kept.body)) for kept in self._deliveries.retained(pattern)]

    def flush(self) -> None:
        """Raise what went wrong since the last time."""
        error, self._error = self._error, None
        if error is not None:
            raise error


def _allowed(resources: Resources) -> list[Subscriber]:
    generation = resources.profile.current()
    standing = standing_of(generation)
    held: dict[str, tuple[str, ...]] = {}
    for plugin in {each.plugin for each in standing}:
        try:
            held[plugin] = held_by(generation.plugins[plugin], resources)
        except InvalidConfiguration:  # nothing is held where policy cannot be read
            held[plugin] = ()
    return [each for each in standing if not not_covered([f"events:subscribe:{each.topic}"], held[each.plugin])]
