"""What policy names of a kernel's events for the Jupyter server of the same user, and of a server's for the kernel.

The two are processes that know nothing of each other: what crosses lies in a spool, for a moment.
"""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from automatosx_nb.host.bus import Bus, Undo
    from automatosx_nb.host.bus.functions import Dispatcher
    from automatosx_nb.host.bus.limits import BusLimits
    from automatosx_nb.model.bridging import BridgePolicy
    from automatosx_nb.model.events import Event
    from automatosx_nb.profile.spool import Spool

OWNER = "server"
"""Whose the subscriptions are, in ``%ax events stats``."""
EVERY_S = 0.5
"""How long what a server told lies there at most."""
AT_ONCE = 256


class Bridged(Protocol):
    """What a kernel's end takes from the marketplace."""

    @property
    def bridge(self) -> BridgePolicy: ...
    @property
    def bus_limits(self) -> BusLimits: ...
    @property
    def spool(self) -> Spool: ...


class Bridge:
    """One kernel's end, until ``ended`` is set."""

    def __init__(self, resources: Bridged, bus: Bus, ended: threading.Event) -> None:
        self._resources = resources
        self._bus = bus
        self._ended = ended
        self._dispatcher: Dispatcher | None = None
        self._undo: list[Undo] = []
        self._read = 0

    def serve(self) -> None:
        """Let cross what policy names; returns at once where that is nothing.

        :raises AutomatosxError: configuration, or the spool, cannot be read.
        """
        try:
            takes = self.open()
            while (self._undo or takes) and not self._ended.wait(EVERY_S if takes else None):
                self.take()
        finally:
            self.close()

    def close(self) -> None:
        """What has not crossed stays behind."""
        for undo in self._undo:
            undo()
        if self._dispatcher is not None:
            self._dispatcher.close()

    def open(self) -> bool:
        """Subscribe to what goes to servers; whether anything can come from one."""
        policy = self._resources.bridge
        if policy.to_server:
            self._subscribe(policy)
        if policy.from_server:
            self._read = self._resources.spool.newest()
        return bool(policy.from_server)

    def take(self) -> None:
        """Publish what servers told since the last time."""
        policy, limits = self._resources.bridge, self._resources.bus_limits
        for number, body in self._resources.spool.after("down", self._read, AT_ONCE):
            self._read = number
            event = _event(body)
            if event is not None and event.hops <= limits.hops and policy.comes_down(event.type):
                self._bus.publish(event)
        self._bus.flush()

    def drain(self, timeout_s: float) -> bool:
        """Wait until all that was published has crossed; whether it came to that."""
        return self._dispatcher is None or self._dispatcher.drain(timeout_s)

    def _subscribe(self, policy: BridgePolicy) -> None:
        from automatosx_nb.host.bus.functions import Dispatcher
        from automatosx_nb.host.metering import Bucket, Rate
        from automatosx_nb.model.delivery import Envelope

        limits = self._resources.bus_limits
        bucket = Bucket(Rate(limits.per_s, limits.burst))

        def hand_over(pattern: str, event: Event) -> None:
            if policy.goes_up(event.type) != pattern:
                return  # another pattern's subscription has it, or it came from a server
            while wait_s := bucket.take():
                if self._ended.wait(wait_s):
                    return
            self._resources.spool.put("up", [Envelope.of(event).body])

        self._dispatcher = Dispatcher(self._bus.activity, self._bus.traces)
        for pattern in policy.to_server:
            subscriber = self._dispatcher.subscriber(pattern, partial(hand_over, pattern))
            subscriber.owner = OWNER
            self._undo.append(self._bus.add(subscriber))


def _event(body: bytes) -> Event | None:
    """None: something else wrote there."""
    from automatosx_nb.model.delivery import attributes_of
    from automatosx_nb.model.events import Event

    try:
        return Event(**attributes_of(body))
    except (TypeError, ValueError):
        return None
