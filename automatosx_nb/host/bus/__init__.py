"""The kernel's event bus: a look-up of who subscribed, then one call for each of them that returns at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from automatosx_nb.errors import AutomatosxError

if TYPE_CHECKING:
    from automatosx_nb.host.bus.activity import Activity
    from automatosx_nb.host.bus.counters import Counters
    from automatosx_nb.host.bus.tracing import Traces
    from automatosx_nb.model.events import Event
    from automatosx_nb.model.events.trie import TopicTrie

Handler = Callable[["Event"], None]
Undo = Callable[[], None]
MAX_CACHED_TOPICS = 1024
"""Of more topics the subscribers are looked up each time, and what is published is counted together."""
MAX_RETAINED = 1000
"""Topics whose last event is kept; of more, the one that was longest without an event is forgotten."""
OTHERS = "(others)"
OF_THIS_KERNEL = "kernel."
"""What is retained of these topics ends with the kernel; of others it is there for later ones, too."""


class Subscriber(Protocol):
    """Whoever gets events. ``deliver`` is called on the publisher's thread and returns at once: it fills a queue."""

    @property
    def pattern(self) -> str: ...
    @property
    def owner(self) -> str:
        """A plugin's id, or what else a person is shown."""

    @property
    def counters(self) -> Counters: ...
    def deliver(self, event: Event) -> None: ...
    def close(self) -> None:
        """It gets no more: forget what waits."""


class Keeper(Protocol):
    """Whoever keeps events on disk. ``retain`` returns at once, ``flush`` when it is there."""

    def flush(self) -> None: ...
    def retain(self, event: Event) -> None: ...
    def retained(self, pattern: str) -> list[Event]: ...


class _Route:
    """One topic: who gets its events, as of ``version``, and how many there were."""

    __slots__ = ("published", "targets", "version")

    def __init__(self) -> None:
        self.published = 0
        self.targets: tuple[tuple[Handler, str], ...] = ()
        self.version = -1


class Bus:
    """Topics are dotted; a pattern's ``*`` is one segment and ``**`` the rest.

    What one thread publishes on one topic reaches each subscriber in that order. ``on_error`` is told of a subscriber
    that raised (its pattern, and the error), and the next one gets the event.
    """

    def __init__(self, on_error: Callable[[str, Exception], None]) -> None:
        self._on_error = on_error
        self._lock = threading.RLock()
        self._version = 0
        self._trie: TopicTrie[tuple[Handler, str]] | None = None
        self._routes: dict[str, _Route] = {}
        self._others = 0
        self._retained: dict[str, Event] = {}
        self._subscribers: dict[int, Subscriber] = {}
        self._activity: Activity | None = None
        self._traces: Traces | None = None
        self.open_keeper: Callable[[], Keeper] | None = None
        self.keeper: Keeper | None = None
        """What keeps events on disk, when it was opened; None: nothing had to be kept yet."""

    def subscribe(self, pattern: str, handler: Handler) -> Undo:
        """From now on ``handler`` is called with every event that ``pattern`` means, until the undo is called.

        It is called on the publisher's thread and has to return at once; what takes time is a :class:`Subscriber`.
        """
        return self._add(pattern, handler)

    def add(self, subscriber: Subscriber, *, retained: bool = False) -> Undo:
        """As :meth:`subscribe`, for one with a queue; the undo closes it.

        :param retained: hand it the last event of each topic that keeps one, first.
        """
        with self._lock:  # what is published meanwhile comes after what was kept
            remove = self._add(subscriber.pattern, subscriber.deliver)
            self._subscribers[id(subscriber)] = subscriber
            for event in self.retained(subscriber.pattern) if retained else ():
                subscriber.deliver(event)

        def undo() -> None:
            remove()
            with self._lock:
                self._subscribers.pop(id(subscriber), None)
            subscriber.close()

        return undo

    @property
    def version(self) -> int:
        """Another number whenever somebody subscribed or stopped."""
        return self._version

    def wants(self, topic: str) -> bool:
        """Whether anybody would get an event on ``topic``: so that nobody makes one for no one."""
        return self._trie is not None and bool(self._route(topic).targets)

    def publish(self, event: Event, *, retain: bool = False) -> None:
        """Hand ``event`` to every subscriber of its topic, in the order in which they subscribed.

        :param retain: keep it, until the next one on its topic, for those who subscribe later and ask for it.
        """
        route = self._routes.get(event.type)
        if route is None or retain or route.version != self._version:
            route = self._look_up(event, retain)
        route.published += 1  # no other thread runs within this line: CPython switches at calls and jumps back only
        for deliver, pattern in route.targets:
            try:
                deliver(event)
            except Exception as error:  # noqa: BLE001 - one subscriber's failure is not the next one's
                self._on_error(pattern, error)

    def flush(self) -> None:
        """Return when what this thread published last is on disk, as far as it is kept there.

        :raises AutomatosxError: it is not, and why.
        """
        if self.keeper is not None:
            self.keeper.flush()

    def retained(self, pattern: str) -> list[Event]:
        """The last event of each topic that ``pattern`` means and that keeps one, the oldest first."""
        from automatosx_nb.model.events.topics import matches

        with self._lock:
            found = {event.type: event for event in self._retained.values() if matches(pattern, event.type)}
        if self.open_keeper is not None:
            try:
                for event in self.open_keeper().retained(pattern):
                    if event.type not in found or event.time > found[event.type].time:
                        found[event.type] = event
            except AutomatosxError as error:
                self._on_error(pattern, error)
        return sorted(found.values(), key=lambda event: event.time)

    def published(self) -> dict[str, int]:
        """Topic → how many events there were since the kernel started; :data:`OTHERS` for those of too many topics."""
        with self._lock:
            counts = {topic: route.published for topic, route in self._routes.items() if route.published}
        return counts | ({OTHERS: self._others} if self._others else {})

    def subscribers(self) -> list[Subscriber]:
        """Those with a queue, in the order in which they came."""
        with self._lock:
            return list(self._subscribers.values())

    @property
    def activity(self) -> Activity:
        """What handlers said and how they failed, which is nothing for a cell."""
        with self._lock:
            if self._activity is None:
                from automatosx_nb.host.bus.activity import Activity

                self._activity = Activity()
            return self._activity

    @property
    def traces(self) -> Traces:
        """What came of what."""
        if self._traces is None:
            from automatosx_nb.host.bus.tracing import Traces

            with self._lock:
                self._traces = self._traces or Traces()
        return self._traces

    def _add(self, pattern: str, handler: Handler) -> Undo:
        with self._lock:
            if self._trie is None:
                from automatosx_nb.model.events.trie import TopicTrie

                self._trie = TopicTrie()
            remove = self._trie.add(pattern, (handler, pattern))
            self._version += 1

        def undo() -> None:
            with self._lock:
                remove()
                self._version += 1

        return undo

    def _route(self, topic: str) -> _Route:
        """The route of ``topic``, as it is now."""
        with self._lock:
            route = self._routes.get(topic)
            if route is None and len(self._routes) < MAX_CACHED_TOPICS:
                route = self._routes[topic] = _Route()
            if route is None:
                route = _Route()
            if route.version == self._version:
                return route
            route.targets = () if self._trie is None else tuple(self._trie.match(topic))
            route.version = self._version
            return route

    def _look_up(self, event: Event, retain: bool) -> _Route:
        with self._lock:
            if retain:
                self._retained.pop(event.type, None)
                self._retained[event.type] = event
                if len(self._retained) > MAX_RETAINED:
                    del self._retained[next(iter(self._retained))]
                if self.open_keeper is not None and not event.type.startswith(OF_THIS_KERNEL):
                    self.open_keeper().retain(event)
            route = self._route(event.type)
            self._others += event.type not in self._routes
            return route
