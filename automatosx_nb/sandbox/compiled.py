"""Compiled plugins, kept by the host in memory for as long as it runs. Why here and nowhere else: ADR 9.

A worker that runs nothing of a plugin compiles its modules, and hands the host what came out, marshalled (ADR 19). The
host keeps it under a hash of everything that it was made of, the plugin's name included, never looks into it, and hands
it to each worker of the very same program. So nobody can leave code behind for anybody else.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Collection, Mapping

from automatosx_nb.sandbox import protocol

MAX_BYTES = 32 << 20
"""Most bytes that are kept, of all plugins together; the least recently used are forgotten first."""


def key(plugin: str, sources: Mapping[str, bytes], modules: Collection[str], source_kb: int) -> str:
    """A hash of all that compiling depends on, the policy aside, which a worker names and checks by itself."""
    digest = hashlib.sha256()
    for part in (plugin, str(source_kb), *sorted(modules), ""):
        digest.update(f"{len(part)}:{part}".encode())
    for file, source in sorted(sources.items()):
        digest.update(f"{len(file)}:{file}{len(source)}:".encode())
        digest.update(source)
    return digest.hexdigest()


class CompiledPlugins:
    """What workers compiled, by :func:`key`. Thread-safe."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._kept: dict[str, protocol.Compiled] = {}
        self._size = 0

    def get(self, key: str) -> protocol.Compiled | None:
        with self._lock:
            found = self._kept.pop(key, None)
            if found is not None:
                self._kept[key] = found
            return found

    def put(self, key: str, compiled: protocol.Compiled) -> None:
        """Keep it, unless there is something under ``key`` already, or it is large."""
        size = _size(compiled)
        with self._lock:
            if key in self._kept or size > self._max_bytes // 8:
                return
            self._kept[key] = compiled
            self._size += size
            while self._size > self._max_bytes:
                oldest = next(iter(self._kept))
                self._size -= _size(self._kept.pop(oldest))


def _size(compiled: protocol.Compiled) -> int:
    return sum(len(name) + len(code) for name, code in compiled.modules.items())
