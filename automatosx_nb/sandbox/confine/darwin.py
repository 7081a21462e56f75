"""macOS: resource limits and a Seatbelt profile, the one that ``sandbox-exec -p`` takes, put on by sandbox_init(3).

Written from the profiles that the system ships in ``/System/Library/Sandbox/Profiles``; what it generates is tested,
and no macOS has run it yet. It is reported as active only where its proof, in the worker itself, succeeded.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping, Sequence

from automatosx_nb.sandbox.confine import ACTIVE, LEFT_OUT, Confinement, probe, rlimits

_LIBRARY = "/usr/lib/libSystem.B.dylib"
_SYSTEM = ("/usr/lib", "/System/Library", "/usr/share/zoneinfo", "/private/var/db/timezone", "/Library/Frameworks")
_DEVICES = ("/dev/random", "/dev/urandom")


def confine(confinement: Confinement, folder: str, _ruleset: object = None) -> Mapping[str, str]:
    os.chdir(folder)
    os.umask(0o077)
    without = confinement.without
    text = profile(confinement.readable, folder)
    return {
        "process": ACTIVE,
        "rlimits": LEFT_OUT if "rlimits" in without else rlimits.apply(rlimits.wanted(confinement.limits)),
        "sandbox-exec": LEFT_OUT if "sandbox-exec" in without else _put_on(text, confinement.canary),
    }


def profile(readable: Sequence[str], folder: str) -> str:
    """The profile in SBPL. Denies by default; the last rule that matches decides; paths are those behind links."""
    places = [f"(subpath {_quoted(path)})" for path in dict.fromkeys([*readable, *_SYSTEM])]
    devices = [f"(literal {_quoted(path)})" for path in _DEVICES]
    own = f"(subpath {_quoted(folder)})"
    rules = [
        "(version 1)",
        "(deny default)",
        "(allow sysctl-read)",
        "(allow process-info* (target self))",
        "(allow signal (target self))",
        "(allow file-read-metadata)",
        f"(allow file-read* {' '.join(places)} {' '.join(devices)} {own})",
        f"(allow file-map-executable {' '.join(places)})",
        f"(allow file-write-create (require-all {own} (vnode-type REGULAR-FILE)))",
        f"(allow file-write-data {own})",
        '(allow file-read* file-write-data (literal "/dev/null"))',
        "(deny process-exec* process-fork network* mach-lookup file-link file-write-unlink)",
    ]
    return "\n".join(rules) + "\n"


def _quoted(path: str) -> str:
    real = os.path.realpath(path)
    escaped = real.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _put_on(text: str, canary: str) -> str:
    error = ctypes.c_char_p()
    try:
        refused = ctypes.CDLL(_LIBRARY).sandbox_init(text.encode(), ctypes.c_uint64(0), ctypes.byref(error))
    except (OSError, AttributeError) as missing:
        return f"this system has no sandbox_init ({missing})"
    if refused:
        return f"the system refused the profile ({(error.value or b'no reason given').decode('utf-8', 'replace')})"
    states = (probe.read(canary), probe.fork(), probe.reach())
    return next((state for state in states if state != ACTIVE), ACTIVE)
