"""What crosses between the buses of kernels and the event system of a Jupyter server, and under which names."""

from __future__ import annotations

import re
from dataclasses import dataclass

from automatosx_nb.model.events.topics import MAX_TOPIC, matches

OURS = "urn:automatosx_nb:"
"""Schemas that a server has from us: what it tells with one never comes back to a bus."""
SERVER = "server."
"""Topics of what a server told: they never go back to one."""
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_NAMELESS = re.compile(r"[^a-z0-9]+")


def server_topic(schema_id: str) -> str | None:
    """On which topic a bus is told what a server told with this schema; None: on none.

    ``https://events.jupyter.org/jupyter_server/contents_service/v1`` is
    ``server.events.jupyter.org.jupyter-server.contents-service.v1``: the parts of the id behind its scheme, in small
    letters.
    """
    if schema_id.startswith(OURS):
        return None
    parts = (_NAMELESS.sub("-", part.lower()).strip("-") for part in re.split(r"[/:.]", _SCHEME.sub("", schema_id, 1)))
    name = ".".join(part for part in parts if part)
    return f"{SERVER}{name}" if name and len(SERVER) + len(name) <= MAX_TOPIC else None


@dataclass(frozen=True, slots=True)
class BridgePolicy:
    """Patterns of topics. Both ends ask: a kernel before it hands over or takes, a server before it tells or writes."""

    to_server: tuple[str, ...] = ()
    from_server: tuple[str, ...] = ()

    def goes_up(self, topic: str) -> str | None:
        """The first pattern by which a server is told of it; None: it is not."""
        if topic.startswith(SERVER):
            return None
        return next((pattern for pattern in self.to_server if matches(pattern, topic)), None)

    def comes_down(self, topic: str) -> bool:
        return topic.startswith(SERVER) and any(matches(pattern, topic) for pattern in self.from_server)
