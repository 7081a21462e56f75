"""The ids under which the host itself offers services, which no plugin can have, and which need a permission."""

from __future__ import annotations

from automatosx_nb.model.permissions import Permission
from automatosx_nb.model.permissions.services import call_scope

CORE_SERVICES = ("automatosx.telemetry", "automatosx.notifications", "automatosx.progress", "automatosx.frames")
_ASKED_FOR = frozenset({"automatosx.notifications"})
"""What reaches the person although nobody waits for the plugin. The others tell a plugin of itself and of what it was
handed, or draw where it may print."""


def needed_for(plugin: str, service: str) -> Permission | None:
    """What a plugin has to hold to call this; None: nothing."""
    if plugin in CORE_SERVICES and plugin not in _ASKED_FOR:
        return None
    return Permission("services", call_scope(plugin, service))
