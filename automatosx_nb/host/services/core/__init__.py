"""What the host itself offers, under ids of the publisher ``automatosx``: a file a plugin id.

Their ids are reserved (:mod:`automatosx_nb.model.core_services`): no plugin is published under one of them.
"""

from __future__ import annotations

from collections.abc import Mapping

from automatosx_nb.host.services.core import frames, notifications, progress, telemetry
from automatosx_nb.host.services.core.notifications import Notification, Notifications
from automatosx_nb.host.services.core.service import Client, CoreService

__all__ = ["Client", "CoreService", "Notification", "Notifications", "core_services"]


def core_services(shown: Notifications) -> Mapping[str, tuple[CoreService, ...]]:
    """By plugin id; ``shown`` keeps what is notified."""
    return {
        "automatosx.telemetry": telemetry.services_of(),
        "automatosx.notifications": notifications.services_of(shown),
        "automatosx.progress": progress.services_of(),
        "automatosx.frames": frames.services_of(),
    }
