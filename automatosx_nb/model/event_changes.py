"""Events that stay what subscribers rely on: what a release changes about them has to be what its version says.

A subscriber reads an event's data as it reads a service's reply, so the rule is that of :mod:`.service_changes`: within
one line of versions (:mod:`.release_lines`) no data may come that could not come before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from automatosx_nb.model.contributions.events import EventType
from automatosx_nb.model.release_lines import broken
from automatosx_nb.model.schema_changes import reply_breaks
from automatosx_nb.model.semver import Version


def broken_events(
    version: Version, events: Iterable[EventType], before: Version, declared: Iterable[EventType]
) -> Iterator[str]:
    """What release ``version`` with its ``events`` does to subscribers of ``before``: a sentence for each event."""
    now = {event.topic: event for event in events}
    for old in declared:
        new = now.get(old.topic)
        if new is None:
            found = ["it is declared no longer"]
        else:
            found = [*reply_breaks(old.schema, new.schema, name="data")]
            found += ["it is retained no longer"] * (old.retained and not new.retained)
        if found:
            yield broken(f"the event {old.topic!r}", "subscribed to it", found, version=version, before=before)
