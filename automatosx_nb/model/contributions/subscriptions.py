"""``[[contributes.subscriptions]]``: a function that is called with each event of a topic."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from automatosx_nb.errors import InvalidPermission
from automatosx_nb.model.contributions.kind import HANDLER, Called, Kind, handler
from automatosx_nb.model.events import KERNEL_TOPICS, MARKETPLACE_TOPICS
from automatosx_nb.model.events.delivery import DELIVERIES, MAX_QUEUE, OVERFLOWS, QUEUE
from automatosx_nb.model.events.topics import MAX_TOPIC
from automatosx_nb.model.permissions import Permission
from automatosx_nb.model.reader import MAX_ITEMS, Spot, boolean, one_of, tuple_of

TOPIC = (
    "a topic of the kernel, the marketplace, a plugin, the user or the server, as in 'kernel.cell.finished', "
    "or a pattern ('kernel.**')"
)


def permission_for(topic: str) -> str:
    """The permission that a subscription to ``topic`` needs."""
    return f"events:subscribe:{topic}"


@dataclass(frozen=True, slots=True)
class Subscription(Called):
    """``topic`` may be a pattern: ``*`` matches one segment, ``**`` the rest.

    ``delivery``: ``live`` (at most once) or ``durable`` (at least once). When ``queue`` events wait, ``overflow`` says
    which one goes: the oldest, every older one of the same topic, or the new one. ``retained``: the last event of each
    topic that keeps one is delivered when the subscription begins.
    """

    topic: str
    handler: str
    delivery: str = "live"
    overflow: str = "drop-oldest"
    queue: int = QUEUE
    retained: bool = False

    @property
    def label(self) -> str:
        return self.topic

    @property
    def needs(self) -> tuple[str, ...]:
        return (permission_for(self.topic),)

    def record(self) -> dict[str, Any]:
        return asdict(self)


def _read(spot: Spot, *, own: str | None) -> tuple[Subscription, ...]:
    return tuple_of(_subscription, f"a list of up to {MAX_ITEMS} tables: [[{spot.path}]]")(spot) or ()


def _subscription(spot: Spot) -> Subscription | None:
    table = spot.table()
    if table is None:
        return None
    to = table.need("topic", topic, TOPIC)
    function = table.need("handler", handler, HANDLER)
    found: dict[str, Any] = {
        "delivery": table.get("delivery", one_of(DELIVERIES, "one of")),
        "overflow": table.get("overflow", one_of(OVERFLOWS, "one of")),
        "queue": table.get("queue", _queue),
        "retained": table.get("retained", boolean),
    }
    table.finish()
    if to is None or function is None:
        return None
    return Subscription(to, function, **{name: value for name, value in found.items() if value is not None})


def _queue(spot: Spot) -> int | None:
    if type(spot.value) is int and 1 <= spot.value <= MAX_QUEUE:
        return spot.value
    spot.refuse(f"a whole number from 1 to {MAX_QUEUE}")
    return None


def topic(spot: Spot) -> str | None:
    """A reader of a topic that something can be said on."""
    text = spot.value if isinstance(spot.value, str) and len(spot.value) <= MAX_TOPIC else ""
    asked = _permission(text)
    if asked is None:
        spot.refuse(TOPIC, word=text, known=KERNEL_TOPICS)
        return None
    for who, topics in (("kernel", KERNEL_TOPICS), ("marketplace", MARKETPLACE_TOPICS)):
        spoken = (Permission("events", f"subscribe:{known}") for known in topics)
        if text.startswith(f"{who}.") and not any(asked.covers(known) for known in spoken):
            spot.refuse(f"a topic that the {who} speaks on: {', '.join(topics)}", word=text, known=topics)
            return None
    return text


def _permission(text: str) -> Permission | None:
    try:
        return Permission.parse(permission_for(text)) if text == text.strip() else None
    except InvalidPermission:
        return None


KIND = Kind("subscriptions", _read)
