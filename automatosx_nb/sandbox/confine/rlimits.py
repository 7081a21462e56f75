"""Resource limits of POSIX (getrlimit(2)), for every system that has them."""

from __future__ import annotations

import resource
from collections.abc import Mapping
from resource import setrlimit

from automatosx_nb.sandbox.limits import Limits

_MIB = 1 << 20

Resources = Mapping[int, tuple[int, int]]
"""Each resource with its soft and hard limit."""


def wanted(limits: Limits) -> Resources:
    """Never above what the calling process may have already."""
    size = limits.file_mb * _MIB
    table = {
        resource.RLIMIT_CPU: (limits.cpu_s, limits.cpu_s + 1),
        resource.RLIMIT_FSIZE: (size, size),
        resource.RLIMIT_NOFILE: (limits.open_files, limits.open_files),
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_AS: (limits.memory_mb * _MIB, limits.memory_mb * _MIB),
    }
    if hasattr(resource, "RLIMIT_MSGQUEUE"):
        table[resource.RLIMIT_MSGQUEUE] = (0, 0)
    return {kind: _within(resource.getrlimit(kind)[1], *pair) for kind, pair in table.items()}


def _within(ceiling: int, soft: int, hard: int) -> tuple[int, int]:
    return (soft, hard) if ceiling == resource.RLIM_INFINITY else (min(soft, ceiling), min(hard, ceiling))


def apply(resources: Resources) -> str:
    """Limit the calling process. ``active``, or why not."""
    kind = -1
    try:
        for kind, pair in resources.items():
            setrlimit(kind, pair)
    except (OSError, ValueError) as error:
        return f"the system refused resource {kind}: {error}"
    return "active"
