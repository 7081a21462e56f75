"""One answer, as it goes over the wire: the same bytes from a handler and from the short way."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from http import HTTPStatus

from tornado.httputil import HTTPHeaders

Fields = tuple[tuple[str, str], ...]
"""Header fields."""

ALWAYS_ASK = "private, no-cache"
"""``Cache-Control`` of what may be another one the next time."""
FOR_ALL = "public, max-age=10, stale-while-revalidate=20"
"""Of what a stranger is shown: a cache between may give it to others, for seconds. So long a plugin that is quarantined
is shown there as if it were not."""
WHO_ASKS = "Accept-Encoding, Authorization, Cookie, Origin"
"""``Vary`` of that: whoever says who it is is not given what strangers are shown."""
GZIP_FROM = 1024
"""Bytes; what is shorter fits in a packet anyway."""
GZIP_LEVEL = 6
MOST_HEADS = 8
"""Written out heads that are kept of one answer: those who are told something of their own are few."""
_TAG = re.compile(r'(?:W/)?("[^"]*")')


@dataclass(frozen=True)
class Answer:
    """A 200. ``also`` are header fields of its own, which a 304 does not have."""

    body: bytes
    media_type: str
    cache_control: str
    etag: str
    also: Fields = ()
    around: Fields = ()
    """Header fields that its handler set around it, security's above all."""
    vary: str = "Accept-Encoding"
    release: tuple[str, str] | None = None
    """Whose artifact it is, plugin and version: given whole, it is a download. It is a zip, so gzip does not pay."""
    _heads: dict[tuple[HTTPStatus, bool, Fields], bytes] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @classmethod
    def of(cls, body: bytes, media_type: str, cache_control: str, also: Fields = ()) -> Answer:
        """Its tag is weak: gzipped, it is the same (RFC 9110, section 8.8.1)."""
        return cls(body, media_type, cache_control, f'W/"{hashlib.sha256(body).hexdigest()[:32]}"', also)

    @cached_property
    def _gzipped(self) -> bytes | None:
        if self.release is not None or len(self.body) < GZIP_FROM:
            return None
        packed = gzip.compress(self.body, GZIP_LEVEL, mtime=0)
        return packed if len(packed) < len(self.body) else None

    def encoded(self, accepts: str) -> tuple[bytes, bool]:
        """The body for a client with that ``Accept-Encoding``, and whether it is gzipped."""
        packed = self._gzipped if _takes_gzip(accepts) else None
        return (self.body, False) if packed is None else (packed, True)

    def is_had(self, if_none_match: str) -> bool:
        """Whether the client has it already (RFC 9110, section 13.1.2)."""
        if not if_none_match:
            return False
        if if_none_match.strip() == "*":
            return True
        return self.etag.removeprefix("W/") in _TAG.findall(if_none_match)

    def headers(self) -> Iterator[tuple[str, str]]:
        """Those that a 304 has, too."""
        yield "Cache-Control", self.cache_control
        yield "Etag", self.etag
        if self.release is None:
            yield "Vary", self.vary

    def head(self, status: HTTPStatus, *, gzipped: bool, clients: Fields) -> bytes:
        """The head of a response, but the fields that differ each time and the line that ends it.

        :param clients: fields that depend on who asks.
        """
        found = self._heads.get((status, gzipped, clients))
        if found is None:
            if len(self._heads) >= MOST_HEADS:
                self._heads.clear()
            found = self._heads[status, gzipped, clients] = self._written(status, gzipped, clients)
        return found

    def _written(self, status: HTTPStatus, gzipped: bool, clients: Fields) -> bytes:
        shared = [*clients, *self.around]
        own = [*self.headers()]
        if status != HTTPStatus.NOT_MODIFIED:
            body = self._gzipped if gzipped else self.body
            shared.append(("Content-Type", self.media_type))
            own += [*self.also, ("Content-Length", str(len(body or b"")))]
        if gzipped:
            own.append(("Content-Encoding", "gzip"))
        return b"".join((f"HTTP/1.1 {status:d} {status.phrase}\r\n".encode(), _shared(tuple(shared)), _lines(own)))

    @property
    def size(self) -> int:
        """Bytes that keeping it takes, about."""
        return 2 * len(self.body) + 1024


def _lines(fields: Iterable[tuple[str, str]]) -> bytes:
    headers = HTTPHeaders()  # which refuses what is no field
    for name, value in fields:
        headers.add(name, value)
    return "".join(f"{name}: {value}\r\n" for name, value in headers.get_all()).encode("latin-1")


_shared: Callable[[Fields], bytes] = lru_cache(64)(_lines)
"""Of the fields that many answers have."""


@lru_cache(256)
def _takes_gzip(accepts: str) -> bool:
    """``gzip;q=0`` is a no (RFC 9110, section 12.5.3); who does not say so does not get it."""
    for part in accepts.lower().split(","):
        name, _, weight = part.partition(";")
        if name.strip() in ("gzip", "x-gzip"):
            return not re.fullmatch(r"\s*q\s*=\s*0(\.0*)?\s*", weight)
    return False
