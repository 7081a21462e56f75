"""The kernel's event bus in a notebook: ``automatosx_nb.bus.subscribe("plugin.acme.*.finding", print)``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from automatosx_nb.errors import KernelNeeded, UsageError
from automatosx_nb.model.events.delivery import MAX_QUEUE, OVERFLOWS, QUEUE
from automatosx_nb.model.events.topics import check_pattern

if TYPE_CHECKING:
    from automatosx_nb.host.bus.counters import Counters
    from automatosx_nb.host.bus.functions import FunctionSubscriber
    from automatosx_nb.host.kernel import KernelHost
    from automatosx_nb.model.events import Event

__all__ = ["Subscription", "publish", "subscribe"]


class Subscription:
    """What :func:`subscribe` returns; as a context manager it is cancelled at the end."""

    def __init__(self, subscriber: FunctionSubscriber, undo: Callable[[], None]) -> None:
        self._subscriber = subscriber
        self.cancel = undo
        """From now on the function gets nothing, and what waits for it is dropped."""

    @property
    def pattern(self) -> str:
        return self._subscriber.pattern

    @property
    def counters(self) -> Counters:
        """What became of its events."""
        return self._subscriber.counters

    def __enter__(self) -> Subscription:
        return self

    def __exit__(self, *_: object) -> None:
        self.cancel()

    def __repr__(self) -> str:
        return f"<subscription to {self.pattern}: {self.counters}>"


def subscribe(
    pattern: str,
    function: Callable[[Event], Any],
    *,
    retained: bool = False,
    queue: int = QUEUE,
    overflow: str = "drop-oldest",
) -> Subscription:
    """Have ``function`` called with each event on ``pattern``, on a thread beside the cells.

    What it prints, displays or raises is in ``%ax events activity``, and in no cell. ``queue`` and ``overflow`` are
    those of a manifest's subscription.

    :param retained: begin with the last event of each topic that keeps one.
    :raises InvalidTopic:
    :raises UsageError: it is no function, or the queue is none.
    :raises KernelNeeded: the extension is not loaded.
    """
    check_pattern(pattern)
    if not callable(function):
        raise UsageError(f"{function!r} cannot be called", "bus.subscribe(pattern, function)")
    if overflow not in OVERFLOWS or type(queue) is not int or not 1 <= queue <= MAX_QUEUE:
        words = " or ".join(map(repr, OVERFLOWS))
        raise UsageError("there is no such queue", f"queue=1 to {MAX_QUEUE}, overflow={words}")
    host = _host()
    subscriber = host.functions.subscriber(pattern, function, queue=queue, overflow=overflow)
    undo = host.bus.add(subscriber, retained=retained)
    host.listen()
    return Subscription(subscriber, undo)


def publish(topic: str, data: Any = None, *, expires_s: float | None = None, retain: bool = False) -> Event:
    """Publish under ``user.``, for plugins that were granted it and for functions of this notebook.

    :param expires_s: nobody is handed it after so many seconds.
    :param retain: keep it, until the next one on its topic, for those who subscribe later and ask for it.
    :raises InvalidTopic:
    :raises TopicNotYours: it is not under ``user.``.
    :raises InvalidEvent: the data is no JSON value, or too large.
    :raises EventLoop: it comes of an event that comes of an event, and so on.
    :raises KernelNeeded: the extension is not loaded.
    """
    return _host().publish(topic, data, expires_s=expires_s, retain=retain)


def _host() -> KernelHost:
    """:raises KernelNeeded:"""
    from IPython.core.getipython import get_ipython

    shell: Any = get_ipython()
    session = getattr(shell, "_automatosx_session", None)
    if session is None:
        raise KernelNeeded("the event bus")
    host: KernelHost = session.host
    return host
