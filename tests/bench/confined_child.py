"""What a worker does until it may load a plugin, in a process of ``multiprocessing``: the yardstick of ``sandbox.py``.

A module of its own, so that such a process imports nothing that it does not need.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from multiprocessing.connection import Connection

from automatosx_nb.sandbox.confine import Confinement, confine
from automatosx_nb.sandbox.limits import Limits


def run(end: Connection, folder: str, canary: str, readable: Sequence[str]) -> None:
    os.setsid()
    os.closerange(3, end.fileno())
    os.closerange(end.fileno() + 1, os.sysconf("SC_OPEN_MAX"))
    layers = confine(Confinement(Limits(), readable, canary, {"network": "active", "pids": "active"}), folder)
    end.send_bytes(",".join(layers.values()).encode())
    end.recv_bytes()
    os._exit(0)
