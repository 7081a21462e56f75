"""``[[contributes.subscriptions]]``: a function that is called with each event of a topic."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from automatosx_nb.errors import InvalidPermission
from automatosx_nb.model.contributions.kind import HANDLER, Called, Kind, handler
from automatosx_nb.model.events import KERNEL_TOPICS
from automatosx_nb.model.permissions import Permission
from automatosx_nb.model.reader import MAX_ITEMS, Spot, tuple_of

TOPIC = "a topic of the kernel or the marketplace, as in 'kernel.cell.finished', or a pattern ('kernel.**')"


def permission_for(topic: str) -> str:
    """The permission that a subscription to ``topic`` needs."""
    return f"events:subscribe:{topic}"


@dataclass(frozen=True, slots=True)
class Subscription(Called):
    """``topic`` may be a pattern: ``*`` matches one segment, ``**`` the rest."""

    topic: str
    handler: str

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
    table.finish()
    return None if to is None or function is None else Subscription(to, function)


def topic(spot: Spot) -> str | None:
    """A reader of a topic that something can be said on."""
    text = spot.value if isinstance(spot.value, str) and len(spot.value) <= 200 else ""
    asked = _permission(text)
    if asked is None:
        spot.refuse(TOPIC, word=text, known=KERNEL_TOPICS)
        return None
    spoken = (Permission("events", f"subscribe:{known}") for known in KERNEL_TOPICS)
    if text.startswith("kernel.") and not any(asked.covers(known) for known in spoken):
        spot.refuse(f"a topic that the kernel speaks on: {', '.join(KERNEL_TOPICS)}", word=text, known=KERNEL_TOPICS)
        return None
    return text


def _permission(text: str) -> Permission | None:
    try:
        return Permission.parse(permission_for(text)) if text == text.strip() else None
    except InvalidPermission:
        return None


KIND = Kind("subscriptions", _read, lambda record: Subscription(**record))
