"""One answer, as it goes over the wire: the same bytes from a handler and from the short way."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

GZIP_FROM = 1024
"""Bytes; what is shorter fits in a packet anyway."""
GZIP_LEVEL = 6
_TAG = re.compile(r'(?:W/)?("[^"]*")')


@dataclass(frozen=True)
class Answer:
    """A 200. ``also`` are header fields of its own, which a 304 does not have."""

    body: bytes
    media_type: str
    cache_control: str
    etag: str
    also: tuple[tuple[str, str], ...] = ()
    around: tuple[tuple[str, str], ...] = ()
    """Header fields that its handler set around it, security's above all."""
    release: tuple[str, str] | None = None
    """Whose artifact it is, plugin and version: given whole, it is a download. It is a zip, so gzip does not pay."""

    @classmethod
    def of(cls, body: bytes, media_type: str, cache_control: str, also: tuple[tuple[str, str], ...] = ()) -> Answer:
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
        if if_none_match.strip() == "*":
            return True
        return self.etag.removeprefix("W/") in _TAG.findall(if_none_match)

    def headers(self) -> Iterator[tuple[str, str]]:
        """Those that a 304 has, too."""
        yield "Cache-Control", self.cache_control
        yield "Etag", self.etag
        if self.release is None:
            yield "Vary", "Accept-Encoding"

    @property
    def size(self) -> int:
        """Bytes that keeping it takes, about."""
        return 2 * len(self.body) + 1024


def _takes_gzip(accepts: str) -> bool:
    """``gzip;q=0`` is a no (RFC 9110, section 12.5.3); who does not say so does not get it."""
    for part in accepts.lower().split(","):
        name, _, weight = part.partition(";")
        if name.strip() in ("gzip", "x-gzip"):
            return not re.fullmatch(r"\s*q\s*=\s*0(\.0*)?\s*", weight)
    return False
