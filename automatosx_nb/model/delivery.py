"""Durable delivery: who is owed which events, when to try again, and which give way. Time is an argument."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from automatosx_nb.model.permissions import not_covered
from automatosx_nb.model.printable import printable

if TYPE_CHECKING:
    from automatosx_nb.model.events import Event
    from automatosx_nb.model.generation import Generation, InstalledPlugin

MAX_BYTES = 8 << 20
"""What waits for one subscriber, all events together."""
MAX_DEAD = 1000
"""Dead letters that are kept of one subscriber; the oldest go first, and are counted."""
LONGEST_WAIT_S = 3600.0
"""Nothing waits longer for its next try."""
MAX_ERROR = 500
"""Characters that are kept of why an event could not be handled."""

Overflow = Literal["drop-oldest", "coalesce", "reject"]


@dataclass(frozen=True, slots=True, order=True)
class Subscriber:
    """One durable subscription of an installed plugin. ``topic`` may be a pattern."""

    plugin: str
    topic: str
    handler: str


@dataclass(frozen=True, slots=True)
class Terms:
    """How much may wait for a subscriber, and what becomes of an event that is one too many.

    ``retained``: when the subscription begins, it is owed the last event of each topic that keeps one.
    """

    overflow: Overflow = "drop-oldest"
    queue: int = 1000
    most_bytes: int = MAX_BYTES
    retained: bool = False


@dataclass(frozen=True, slots=True)
class Retries:
    """An event is tried ``attempts`` times; the wait before the next try grows by ``factor``, up to ``most_s``."""

    attempts: int = 5
    first_s: float = 1.0
    factor: float = 4.0
    most_s: float = 300.0

    def wait_s(self, tried: int) -> float | None:
        """Seconds from the ``tried``-th failure, counted from 1, to the next try; None: there is none."""
        if tried >= self.attempts:
            return None
        return float(min(self.first_s * self.factor ** (tried - 1), self.most_s))


@dataclass(frozen=True, slots=True)
class Envelope:
    """An event as it is kept. ``expires``: seconds since 1970; None: never."""

    source: str
    type: str
    body: bytes
    expires: float | None = None

    @classmethod
    def of(cls, event: Event) -> Envelope:
        text = json.dumps(event.attributes(), ensure_ascii=False, separators=(",", ":"))
        expires = None if event.expires is None else datetime.fromisoformat(event.expires).timestamp()
        return cls(event.source, event.type, text.encode("utf-8", "surrogatepass"), expires)


def attributes_of(body: bytes) -> dict[str, Any]:
    """Of a kept event: ``Event(**attributes)`` is the event again."""
    found: dict[str, Any] = json.loads(body.decode("utf-8", "surrogatepass"))
    return found


@dataclass(frozen=True, slots=True)
class Owed:
    """An event that one kernel has to hand to a subscriber now; ``attempt`` counts from 1.

    ``lane``: its publisher and topic, within which order is kept.
    """

    number: int
    subscriber: Subscriber
    lane: tuple[str, str]
    body: bytes
    attempt: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an owed event.

    ``handled``: it is acknowledged. ``failed``: it is tried again later, or dead. ``released``: nobody tried, or the
    failure is not the event's; the try does not count, and the next may come in ``wait_s`` seconds.
    """

    number: int
    kind: Literal["handled", "failed", "released"]
    error: str = ""
    wait_s: float = 0.0


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event that its subscriber could not handle. ``died``: RFC 3339, UTC; ``event``: its attributes."""

    number: int
    plugin: str
    topic: str
    handler: str
    attempts: int
    died: str
    error: str
    event: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pending:
    """What is owed to one subscriber, and what was. ``oldest``: RFC 3339, UTC, of the first that waits.

    ``counts``: since the subscription began, ``accepted`` events and what became of those.
    """

    plugin: str
    topic: str
    handler: str
    since: str
    waiting: int
    waiting_bytes: int
    in_flight: int
    retrying: int
    dead: int
    oldest: str | None
    counts: Mapping[str, int]


COUNTS = (
    "accepted",
    "handled",
    "failed",
    "buried",
    "dropped",
    "coalesced",
    "rejected",
    "expired",
    "replayed",
    "forgotten",
)
"""``failed`` counts tries; ``buried`` events that became dead letters; ``forgotten`` those that were dropped."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A subscription that is no more, and how many events it was still owed."""

    subscriber: Subscriber
    undelivered: int


@dataclass(frozen=True, slots=True)
class Waiting:
    number: int
    type: str
    size: int


def give_way(
    terms: Terms, events: int, size: int, new: Envelope, oldest: Iterable[Waiting], same_topic: Iterable[Waiting]
) -> tuple[Waiting, ...] | None:
    """Those that go for ``new``; None: ``new`` is the one that goes.

    ``events`` wait and have ``size`` bytes. ``oldest`` are all of them, the oldest first, and ``same_topic`` those of
    ``new``'s; no more of either is read than is needed. ``coalesce`` lets those of the same topic go though there is
    room.
    """
    if len(new.body) > terms.most_bytes:
        return None
    gone = {each.number: each for each in (same_topic if terms.overflow == "coalesce" else ())}
    events, size = events + 1 - terms.queue, size + len(new.body) - terms.most_bytes
    if terms.overflow == "reject" and (events > 0 or size > 0):
        return None
    left = iter(oldest)
    while len(gone) < events or sum(each.size for each in gone.values()) < size:
        each = next(left)
        gone[each.number] = each
    return tuple(gone.values())


def standing_of(generation: Generation) -> dict[Subscriber, Terms]:
    """The durable subscriptions of everything that is installed, as far as the profile grants them.

    What is granted for a session only is no standing subscription.
    """
    return {who: terms for entry in generation.plugins.values() for who, terms in _of_plugin(entry)}


def _of_plugin(entry: InstalledPlugin) -> Iterable[tuple[Subscriber, Terms]]:
    for each in entry.contributes.get("subscriptions", ()):
        if each.get("delivery") == "durable" and not not_covered([f"events:subscribe:{each['topic']}"], entry.grants):
            yield (
                Subscriber(entry.id, each["topic"], each["handler"]),
                Terms(each["overflow"], each["queue"], retained=each["retained"]),
            )


def shortened(error: str) -> str:
    """What is kept of an error: printable, and not too long."""
    return printable(error)[:MAX_ERROR]
