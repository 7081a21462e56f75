"""What a fork server loads and does before it forks: what a worker does itself takes time, and memory of its own."""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
from collections.abc import Sequence

from automatosx_nb import sdk
from automatosx_nb.sandbox import builtins_, facades, interruption, protocol
from automatosx_nb.sandbox.codec import Decoder
from automatosx_nb.sandbox.modules import PluginModules

_FIRST = b"""
from dataclasses import dataclass
from automatosx_nb.sdk import storage, tables, ui

@dataclass
class Pair:
    left: int = 1

    def sum(self, right=2, *more, key=None, **rest):
        self.left += right
        return [each for each in more if each] or {"a": f"{key!r}", **rest}

def run(value=None):
    try:
        first, second = value
    except ValueError as error:
        raise TypeError(str(error)) from error
    for index, each in enumerate(value):
        print(index, each.name, value[0])
    with value as opened:
        return lambda: opened
"""
_LINUX = sys.platform == "linux"


def _load_once() -> None:
    """Load a plugin of our own, so that a worker finds done what is done the first time, in memory that all share."""
    modules = PluginModules("automatosx.first", {"first.py": _FIRST}, granted=(), write=lambda _text: None)
    modules.handler("first:run")
    builtins_.prepare()


def threads() -> int:
    """How many this process has. ``threading`` is never imported here: after each fork it has a worker write a quarter
    of a MiB."""
    if _LINUX:
        return len(os.listdir("/proc/self/task"))  # noqa: PTH208
    threading = sys.modules.get("threading")
    return 1 if threading is None else int(threading.active_count())


def preload(libraries: Sequence[str]) -> None:
    """Import all of the sdk, so that a confined worker needs no file of ours, and do once what each would do.

    :raises ImportError: one of ``libraries`` is not installed.
    :raises RuntimeError: importing them started threads, which a fork would lose and no wall would reach.
    """
    for module in pkgutil.iter_modules(sdk.__path__, f"{sdk.__name__}."):
        importlib.import_module(module.name)
    Decoder(protocol.ToWorker, max_bytes=1, max_depth=1)  # made once, and kept
    interruption.prepare()
    if sys.platform == "linux":
        from automatosx_nb.sandbox.confine import linux

        linux.prepare()
    for encoding in ("utf-8", "ascii", "latin-1", "idna"):
        "".encode(encoding)
    _load_once()
    for library in libraries:
        importlib.import_module(library)
        if facades.exists(library):
            facades.load(library)
    if threads() > 1:
        raise RuntimeError(f"importing {', '.join(libraries) or 'the sdk'} started threads")
