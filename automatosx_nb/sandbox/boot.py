"""The first steps of a fork server, before it imports anything large: one process of it may have to stay outside."""

from __future__ import annotations

import os
import signal
import sys
import types
from collections.abc import Callable, Mapping, Sequence
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
    _fork_server()(control, watched, base, readable, layers, preload)


def _fork_server() -> Callable[..., NoReturn]:
    """Its main, imported without ``random``, which draws a new seed in each process that is forked.

    That takes 16 pages of a worker's own. RestrictedPython imports it, for names that we do not open; a plugin that
    imports it has it loaded in its worker, with a seed of its own.
    """
    sys.modules["random"] = types.ModuleType("random")
    try:
        from automatosx_nb.sandbox import zygote
    finally:
        del sys.modules["random"]
    return zygote.main


def pidfd(pid: int) -> int | None:
    """None where the system has no pidfds, or the process is gone."""
    if not hasattr(os, "pidfd_open"):
        return None
    try:
        return os.pidfd_open(pid)
    except OSError:
        return None
