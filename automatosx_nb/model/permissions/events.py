"""``events:subscribe|publish:<topic>``: being told of events, telling them; ``*`` is one segment, ``**`` the rest."""

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


def _shown(scope: str) -> str:
    verb, _, topic = scope.partition(":")
    return f"{'Be told about' if verb == 'subscribe' else 'Tell others about'} {topic}"


_MORE = r"(\.([a-z0-9-]+|\*))*(\.\*\*)?"

KIND = PermissionKind(
    "events",
    Risk.MEDIUM,
    "{scope}.",
    re.compile(
        rf"subscribe:(kernel|marketplace|plugin|user|server){_MORE}|publish:plugin\.[a-z0-9-]+\.[a-z0-9-]+{_MORE}"
    ),
    "subscribe:<topic>, as in subscribe:kernel.cell.finished, or publish:plugin.<its id>.<name>",
    covers=_covers,
    shown=_shown,
    standing=True,
)
