"""Resource limits of POSIX (getrlimit(2)), for every system that has them."""

from __future__ import annotations

import resource

from automatosx_nb.sandbox.limits import Limits

_MIB = 1 << 20


def wanted(limits: Limits) -> dict[int, tuple[int, int]]:
    """Each resource with its soft and hard limit."""
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
    return table


def apply(limits: Limits) -> str:
    """Limit the calling process; never above what it may have already. ``active``, or why not."""
    for kind, (soft, hard) in wanted(limits).items():
        ceiling = resource.getrlimit(kind)[1]
        if ceiling != resource.RLIM_INFINITY:
            soft, hard = min(soft, ceiling), min(hard, ceiling)
        try:
            resource.setrlimit(kind, (soft, hard))
        except (OSError, ValueError) as error:
            return f"the system refused resource {kind}: {error}"
    return "active"
