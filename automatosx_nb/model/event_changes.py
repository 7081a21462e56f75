"""Events that stay what subscribers rely on: what a release changes about them has to be what its version says.

A subscriber reads an event's data as it reads a service's reply, so the rule is that of :mod:`.service_changes`: within
one major version (of ``0.2.x``, one minor version) no data may come that could not come before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from automatosx_nb.model.contributions.events import EventType
from automatosx_nb.model.schema_changes import reply_breaks
from automatosx_nb.model.semver import Version

MOST_SAID = 3
"""Differences of one event that are told."""


def last_of_line(version: Version, published: Iterable[Version]) -> Version | None:
    """The newest release that ``version`` follows and must not break; prereleases promise nothing."""
    if version.prerelease:
        return None
    same = [each for each in published if not each.prerelease and _line(each) == _line(version) and each < version]
    return max(same, default=None)


def broken_events(
    version: Version, events: Iterable[EventType], before: Version, declared: Iterable[EventType]
) -> Iterator[str]:
    """What release ``version`` with its ``events`` does to subscribers of ``before``: a sentence for each event."""
    now = {event.topic: event for event in events}
    raised = "major" if version.major else "minor"
    for old in declared:
        new = now.get(old.topic)
        if new is None:
            found = ["it is declared no longer"]
        else:
            found = list(dict.fromkeys(reply_breaks(old.schema, new.schema, name="data")))
            found += ["it is retained no longer"] * (old.retained and not new.retained)
        if found:
            said = "; ".join(found[:MOST_SAID])
            yield (
                f"the event {old.topic!r} breaks those who subscribed to it as of {before} ({said}): "
                f"raise the {raised} version, or keep it as it was"
            )


def _line(version: Version) -> tuple[int, ...]:
    """Versions with the same one promise not to break each other."""
    return (version.major,) if version.major else (0, version.minor)
