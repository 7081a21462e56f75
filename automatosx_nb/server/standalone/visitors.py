"""Who asks, as far as the network says, and how often: by address, and by token where one comes along."""

from __future__ import annotations

import hashlib
import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from automatosx_nb.host.metering import Bucket

if TYPE_CHECKING:
    from tornado.httputil import HTTPServerRequest

    from automatosx_nb.host.metering import Rate

MOST_BUCKETS = 65_536
"""Whoever was away for longest is forgotten, and begins anew."""


class Proxies:
    """Whose word about others is believed."""

    def __init__(self, trusted: Sequence[str]) -> None:
        self._networks = tuple(map(ipaddress.ip_network, trusted))

    def apply(self, request: HTTPServerRequest) -> None:
        """Put the client's address and protocol in place of the proxy's, where a trusted one says them.

        Every proxy adds to the end of ``X-Forwarded-For``, so it is read from there, as far as those who wrote it
        are trusted. What an untrusted peer says of itself changes nothing.
        """
        if not (self._networks and self._trusts(request.remote_ip or "")):
            return
        for said in reversed(request.headers.get("X-Forwarded-For", "").split(",")):
            address = _address(said.strip())
            if address is None:
                break
            request.remote_ip = str(address)
            if not self._trusts(str(address)):
                break
        protocol = request.headers.get("X-Forwarded-Proto", "").rpartition(",")[2].strip()
        if protocol in ("http", "https"):
            request.protocol = protocol

    def _trusts(self, text: str) -> bool:
        address = _address(text)
        return address is not None and any(address in network for network in self._networks)


class Limiter:
    """A token bucket for each of those who were here lately. For one thread: the server's loop."""

    def __init__(self, rate: Rate, clock: Callable[[], float] = time.monotonic, most: int = MOST_BUCKETS) -> None:
        """:param rate: ``per_s`` of 0: no limit."""
        self._rate = rate
        self._clock = clock
        self._most = most
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, who: str) -> float:
        """0.0, or the seconds until ``who`` may ask again."""
        if not self._rate.per_s:
            return 0.0
        bucket = self._buckets.get(who)
        if bucket is None:
            bucket = self._buckets[who] = Bucket(self._rate, self._clock)
            if len(self._buckets) > self._most:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(who)
        return bucket.take()


class Visitors:
    """Both limits: to send another token with each request helps nobody, for they come from one address."""

    def __init__(self, per_address: Rate, per_token: Rate, clock: Callable[[], float] = time.monotonic) -> None:
        self._addresses = Limiter(per_address, clock)
        self._tokens = Limiter(per_token, clock)

    def wait_s(self, request: HTTPServerRequest) -> float:
        """0.0, or how long whoever sent ``request`` has to wait."""
        wait = self._addresses.take(neighbourhood(request.remote_ip or ""))
        said = request.headers.get("Authorization", "")
        if wait or not said:
            return wait
        return self._tokens.take(hashlib.sha256(said.encode("utf-8", "surrogateescape")).hexdigest())


@lru_cache(4096)
def neighbourhood(address: str) -> str:
    """Whom an address stands for: of IPv6, the 64 bits that one subscriber is given (RFC 6177)."""
    found = _address(address)
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found or address)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An IPv4 address that came mapped to IPv6 (RFC 4291, section 2.5.5.2) is itself."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
