"""Confinement of a worker by its operating system. ``confine`` is called in the worker, before any plugin code."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from automatosx_nb.sandbox.limits import Limits

LAYERS_OF: Mapping[str, tuple[str, ...]] = {
    "linux": ("process", "rlimits", "landlock", "seccomp", "network", "pids"),
    "darwin": ("process", "rlimits", "sandbox-exec"),
    "win32": ("job-object", "low-integrity"),
}
"""Each system's layers, in the order in which they are put on. ``language`` comes on top of them."""

LAYERS = LAYERS_OF.get(sys.platform, ())

ACTIVE = "active"
LEFT_OUT = "left out"


@dataclass(frozen=True, slots=True)
class Confinement:
    """What one worker is confined to.

    ``readable``: the interpreter's own files and folders; ``canary``: a file outside of its own folder that has to be
    unreadable afterwards; ``namespaces``: the state of the layers that its fork server put on; ``without``: layers to
    leave out (for tests of the others); ``resources``: what ``rlimits`` makes of ``limits``, where that was made ahead.
    """

    limits: Limits
    readable: Sequence[str]
    canary: str
    namespaces: Mapping[str, str] = field(default_factory=dict)
    without: Collection[str] = ()
    resources: Mapping[int, tuple[int, int]] | None = None


def confine(confinement: Confinement, folder: str, ruleset: int | str | None = None) -> Mapping[str, str]:
    """Confine the calling process for good. The result maps each of ``LAYERS`` to ``active`` or why it is not.

    ``folder``: its temporary directory, the only place that it may write; ``ruleset``: of Landlock, where it was made
    ahead, or why it was not.
    """
    if sys.platform == "linux":
        from automatosx_nb.sandbox.confine.linux import confine as confine_here
    elif sys.platform == "darwin":
        from automatosx_nb.sandbox.confine.darwin import confine as confine_here
    else:
        from automatosx_nb.sandbox.confine.windows import confine as confine_here
    return confine_here(confinement, folder, ruleset)
