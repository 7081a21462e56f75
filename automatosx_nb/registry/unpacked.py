"""What is in artifacts that were looked into last: whoever opens a plugin's page asks for one file after the other."""

from __future__ import annotations

import threading
from collections import OrderedDict
from types import MappingProxyType
from typing import TYPE_CHECKING

from automatosx_nb import package

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MOST_MB = 32.0
"""Of files that are kept, MiB: an artifact of which there is more is unpacked for each."""


class Unpacked:
    """Artifacts' files by SHA-256, which never changes what it stands for. May be asked from any thread."""

    def __init__(self, most_mb: float = MOST_MB) -> None:
        self._most = int(most_mb * 2**20)
        self._kept: OrderedDict[str, Mapping[str, bytes]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def files(self, sha256: str, name: str, read: Callable[[], bytes]) -> Mapping[str, bytes]:
        """Raises as ``read`` and :func:`automatosx_nb.package.read` do.

        :param name: what an error calls it.
        :param read: gives the artifact, which was compared with its digest.
        """
        with self._lock:
            if sha256 in self._kept:
                self._kept.move_to_end(sha256)
                return self._kept[sha256]
        found = MappingProxyType(dict(package.read(read(), name=name).files))
        self._keep(sha256, found)
        return found

    def _keep(self, sha256: str, files: Mapping[str, bytes]) -> None:
        if _size(files) > self._most:
            return
        with self._lock:
            if sha256 in self._kept:  # another thread unpacked it meanwhile
                return
            self._kept[sha256] = files
            self._bytes += _size(files)
            while self._bytes > self._most:
                _, gone = self._kept.popitem(last=False)
                self._bytes -= _size(gone)


def _size(files: Mapping[str, bytes]) -> int:
    """Bytes that keeping them takes, about."""
    return sum(len(path) + len(data) + 128 for path, data in files.items())
