"""macOS: resource limits only. The system's other walls are reported as what they are here: missing."""

from __future__ import annotations

import os
from collections.abc import Mapping

from automatosx_nb.sandbox.confine import ACTIVE, Confinement, rlimits

_MISSING = "macOS has none; its sandbox-exec is not used yet"


def confine(confinement: Confinement) -> Mapping[str, str]:
    os.chdir(confinement.folder)
    os.umask(0o077)
    left_out = "rlimits" in confinement.without
    return {
        "process": ACTIVE,
        "rlimits": "left out" if left_out else rlimits.apply(confinement.limits),
        "landlock": _MISSING,
        "seccomp": _MISSING,
        "network": _MISSING,
    }
