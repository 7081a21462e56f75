"""``events:subscribe:<topic>``: being told of events; ``*`` is one segment of a topic, ``**`` the rest."""

from __future__ import annotations

import re

from automatosx_nb.model.permissions.kind import PermissionKind, Risk


def _covers(granted: str, asked: str) -> bool:
    pattern, topic = granted.split("."), asked.split(".")
    for index, segment in enumerate(pattern):
        if segment == "**":
            return len(topic) > index
        if index >= len(topic) or topic[index] == "**":
            return False
        if segment != "*" and segment != topic[index]:
            return False
    return len(pattern) == len(topic)


KIND = PermissionKind(
    "events",
    Risk.MEDIUM,
    "Be told about {scope}.",
    re.compile(r"subscribe:(kernel|marketplace)(\.([a-z0-9-]+|\*))*(\.\*\*)?"),
    "subscribe:<topic>, as in subscribe:kernel.cell.finished",
    covers=_covers,
    shown=lambda scope: scope.removeprefix("subscribe:"),
    standing=True,
)
