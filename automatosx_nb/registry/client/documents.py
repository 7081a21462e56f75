"""Reading documents: fresh ones from memory, others by their ETag, and from the cache while the registry is away."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from automatosx_nb.errors import RegistryAnswerInvalid, RegistryUnreachable
from automatosx_nb.registry.client.records import NotUnderstood

if TYPE_CHECKING:
    from automatosx_nb.registry.client.cache import DocumentCache, Kept
    from automatosx_nb.registry.client.limits import ClientLimits
    from automatosx_nb.registry.client.transport import Transport

T = TypeVar("T")
_MOST_FRESH = 1024


class Documents:
    """May be used from any thread."""

    def __init__(self, transport: Transport, cache: DocumentCache, limits: ClientLimits) -> None:
        self._transport = transport
        self._cache = cache
        self._limits = limits
        self._lock = threading.Lock()
        self._reading: dict[str, threading.Lock] = {}
        self._fresh: dict[str, tuple[float, bytes]] = {}
        self._away: tuple[float, RegistryUnreachable] | None = None
        self._oldest: float | None = None

    @property
    def stale_since(self) -> str | None:
        """When the registry last said the oldest of what came from the cache, since it is away: RFC 3339, UTC."""
        oldest = self._oldest
        return None if oldest is None else datetime.fromtimestamp(oldest, UTC).isoformat(timespec="seconds")

    def read(self, path: str, decode: Callable[[bytes], T]) -> T:
        """:param decode: may raise :class:`NotUnderstood`.

        Whoever wants what another thread is asking for waits for its answer. Raises as :meth:`Transport.document` does.
        """
        with self._lock:
            reading = self._reading.setdefault(path, threading.Lock())
        with reading:
            return self._read(path, decode)

    def _read(self, path: str, decode: Callable[[bytes], T]) -> T:
        fresh = self._fresh.get(path)
        if fresh is not None and time.monotonic() - fresh[0] < self._limits.fresh_s:
            return decode(fresh[1])
        kept = self._cache.get(path)
        if kept is not None and self.is_away():
            return self._from_cache(kept, decode)
        try:
            document = self._transport.document(path, kept.etag if kept else "")
        except RegistryUnreachable as error:
            self._away = time.monotonic(), error
            if kept is None:
                raise
            return self._from_cache(kept, decode)
        body = kept.body if document.body is None and kept is not None else document.body or b""
        found = self._decoded(body, decode)
        self._keep(path, document.etag, body, confirmed=document.body is None)
        return found

    def is_away(self) -> bool:
        """Whether it did not answer a moment ago."""
        away = self._away
        return away is not None and time.monotonic() - away[0] < self._limits.outage_s

    def _from_cache(self, kept: Kept, decode: Callable[[bytes], T]) -> T:
        found = self._decoded(kept.body, decode)
        self._oldest = min(kept.at, kept.at if self._oldest is None else self._oldest)
        return found

    def _decoded(self, body: bytes, decode: Callable[[bytes], T]) -> T:
        try:
            return decode(body)
        except NotUnderstood as error:
            raise RegistryAnswerInvalid(self._transport.address, str(error)) from error

    def _keep(self, path: str, etag: str, body: bytes, *, confirmed: bool) -> None:
        with self._lock:
            self._away = self._oldest = None
            if len(self._fresh) >= _MOST_FRESH:
                self._fresh.clear()
                self._reading.clear()
            self._fresh[path] = time.monotonic(), body
        if confirmed:
            self._cache.confirm(path)
        else:
            self._cache.put(path, etag, body)
