"""The first steps of a fork server, before it imports anything large: one process of it may have to stay outside."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn

from automatosx_nb.sandbox.confine import LEFT_OUT


def main(
    control: int, host: int, base: str, readable: Sequence[str], *, preload: Sequence[str], namespaced: bool
) -> NoReturn:
    """``control``: the descriptor of the socket to the host; ``host``: its pid, which other namespaces do not know.

    ``preload``: libraries to import for the workers.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    watched = pidfd(host)
    if os.getppid() != host:
        os._exit(0)
    layers: Mapping[str, str] = {}
    if sys.platform == "linux":
        from automatosx_nb.sandbox.confine import namespaces

        layers = namespaces.enter() if namespaced else dict.fromkeys(("network", "pids"), LEFT_OUT)
    from automatosx_nb.sandbox import zygote

    zygote.main(control, watched, base, readable, layers, preload)


def pidfd(pid: int) -> int | None:
    """None where the system has no pidfds, or the process is gone."""
    if not hasattr(os, "pidfd_open"):
        return None
    try:
        return os.pidfd_open(pid)
    except OSError:
        return None
