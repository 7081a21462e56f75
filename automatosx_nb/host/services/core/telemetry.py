"""``automatosx.telemetry``: what a plugin uses and may use; of itself only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automatosx_nb.host.services.core.service import Client, CoreService, core_service

_LIMITS = ("cpu_s", "memory_mb", "resident_mb", "wall_s", "messages", "messages_per_s", "table_mb", "frame_mb")
_NUMBER = {"type": "number", "minimum": 0}


def _usage(client: Client, _request: Mapping[str, Any]) -> object:
    usage, limits = client.usage(), client.limits
    return {
        "cpu_s": usage.cpu_s,
        "resident_mb": usage.rss_mb,
        "calls": client.handled,
        "limits": {name: getattr(limits, name) for name in _LIMITS},
    }


def services_of() -> tuple[CoreService, ...]:
    return (
        core_service(
            "usage",
            "1.0.0",
            "CPU seconds and memory of the caller's worker, the calls of its handlers, and its limits.",
            {},
            {
                "type": "object",
                "required": ["cpu_s", "resident_mb", "calls", "limits"],
                "properties": {
                    "cpu_s": {**_NUMBER, "description": "CPU seconds of the worker, from its start."},
                    "resident_mb": {**_NUMBER, "description": "Memory that it takes now, MiB."},
                    "calls": {"type": "integer", "minimum": 0, "description": "Calls of its handlers in this kernel."},
                    "limits": {"type": "object", "properties": dict.fromkeys(_LIMITS, _NUMBER), "required": [*_LIMITS]},
                },
            },
            _usage,
        ),
    )
