"""What a handler works on: what it publishes meanwhile comes of that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import Context, ContextVar
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from automatosx_nb.model.events import Event

_handled: ContextVar[Sequence[Event]] = ContextVar("handled events", default=())


class Cause(NamedTuple):
    """``hops`` of an event that is published now; ``event``: the one that is handled meanwhile."""

    hops: int
    event: Event | None


@contextmanager
def handling(events: Sequence[Event]) -> Iterator[None]:
    """What is published within, on this thread, comes of ``events``."""
    token = _handled.set(events)
    try:
        yield
    finally:
        _handled.reset(token)


def handled_in(context: Context) -> Sequence[Event]:
    """What was handled where ``context`` was copied; nothing, where that was in a cell."""
    return context.get(_handled, ())


def cause(handled: str | None = None) -> Cause:
    """Of several events that are handled together, the longest way counts, and the one with the id ``handled``."""
    events = _handled.get()
    if not events:
        return Cause(0, None)
    event = next((event for event in events if event.id == handled), events[0])
    return Cause(max(event.hops for event in events) + 1, event)
