"""What a fork server loads and does before it forks: what a worker does itself takes time, and memory of its own."""

from __future__ import annotations

import importlib
import pkgutil
import socket
import sys
from collections.abc import Sequence
from typing import Any, TypeVar

from automatosx_nb import sdk
from automatosx_nb.sandbox import builtins_, facades, interruption, protocol, worker
from automatosx_nb.sandbox.channel import Channel
from automatosx_nb.sandbox.codec import Decoder
from automatosx_nb.sandbox.confine import probe
from automatosx_nb.sandbox.limits import Limits

T = TypeVar("T", bound=protocol.Struct)

_SOURCE = b"""
from dataclasses import dataclass
from automatosx_nb.sdk import storage, tables, ui

@dataclass
class Pair:
    left: int = 1

    def sum(self, right=2, *more, key=None, **rest):
        self.left += right
        return [each for each in more if each] or {"a": f"{key!r}", **rest}

def answer(value, more=None):
    return value

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
_FIRST, _HANDLER = {"first.py": _SOURCE}, "first:answer"
_REHEARSALS = 12  # an instruction is fitted to what it meets after its function was called eight times
_MAX_BYTES, _MAX_DEPTH = 1 << 16, 8
_LINUX = sys.platform == "linux"


def _rehearse() -> None:
    """Live a worker's life with a plugin of our own, until nothing in it is done for the first time.

    CPython remembers how a name was found in a type, and how an instruction went; where it does so in a worker, it
    writes to pages that it shared. What it remembers of the imports goes first: to forget is to write as well.
    """
    if sys.version_info >= (3, 13):
        sys._clear_internal_caches()
    else:
        sys._clear_type_cache()
    code = _answer_of(protocol.Compile("automatosx.first", _FIRST, []), protocol.Compiled)
    for _ in range(_REHEARSALS):
        _answer_of(protocol.Load("automatosx.first", "1.0.0", _FIRST, [_HANDLER], [], code), protocol.Loaded)
    builtins_.prepare()


def _answer_of(frame: protocol.Struct, expected: type[T]) -> T:
    """What a worker answers to its first frame; after it, it is called, and told to end."""
    ours, theirs = socket.socketpair()
    with theirs:
        host: Channel[Any] = Channel(ours, protocol.ToHost, max_bytes=_MAX_BYTES, max_depth=_MAX_DEPTH)
        host.send(frame)
        host.send(protocol.Call(1, _HANDLER, [protocol.Json([1, "a"])], {"more": protocol.Json(None)}))
        host.send(protocol.Stop())
        worker.Session(theirs, Limits(), language=True).run({})
    host.receive()  # its Hello
    answer, _ = host.receive()
    host.close()
    if not isinstance(answer, expected):
        raise RuntimeError(f"a plugin of our own was answered with {answer}")
    return answer


def threads() -> int:
    """How many this process has. ``threading`` is never imported here: after each fork it has a worker write a quarter
    of a MiB."""
    if _LINUX:
        return probe.threads()
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
    for library in libraries:
        importlib.import_module(library)
        if facades.exists(library):
            facades.load(library)
    _rehearse()
    if threads() > 1:
        raise RuntimeError(f"importing {', '.join(libraries) or 'the sdk'} started threads")
