"""One request over one connection to one checked address. No cookies, no proxies, no credentials of the user's.

httpcore speaks HTTP and verifies the certificate for the host's name; the connection itself is ours.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import certifi
import httpcore

from automatosx_nb.errors import HttpFailed, TransferTooLarge
from automatosx_nb.host.web.decoding import decoded

if TYPE_CHECKING:
    from automatosx_nb.host.metering import Meter
    from automatosx_nb.host.web.limits import HttpLimits
    from automatosx_nb.model.urls import Target


@dataclass(frozen=True, slots=True)
class Fetched:
    """``headers``: names in small letters; several of one name are joined by commas (RFC 9110, section 5.3)."""

    status: int
    headers: dict[str, str]
    body: bytes


class Deadline:
    """A moment, on the monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds.

        :raises httpcore.TimeoutException: there are none.
        """
        seconds = self._at - time.monotonic()
        if seconds <= 0:
            raise httpcore.ReadTimeout("the time of the whole call was over")
        return seconds


@cache
def tls() -> ssl.SSLContext:
    """Trusts what the system and certifi trust. Without a client's certificate."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    context.set_alpn_protocols(["http/1.1"])
    return context


def fetch(
    method: str,
    target: Target,
    headers: Sequence[tuple[str, str]],
    body: bytes,
    *,
    addresses: Sequence[str],
    deadline: Deadline,
    limits: HttpLimits,
    meter: Meter,
    context: ssl.SSLContext | None = None,
) -> Fetched:
    """The answer, whatever its status; nothing is followed.

    :raises HttpFailed: there was none, or not in time.
    :raises TransferTooLarge: of its body.
    """
    path = target.path + (f"?{target.query}" if target.query else "")
    request = httpcore.Request(
        method,
        httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=path),
        headers=[("Host", target.netloc), *headers],
        content=body or None,
    )
    backend = _Pinned(addresses[: limits.addresses], deadline, limits.connect_s, meter)
    origin = httpcore.Origin(target.scheme.encode(), target.host.encode(), target.port)
    chosen = (context or tls()) if target.scheme == "https" else None
    try:
        with httpcore.HTTPConnection(origin, ssl_context=chosen, network_backend=backend) as connection:
            response = connection.handle_request(request)
            try:
                return _read(method, target.host, response, limits)
            finally:
                response.close()
    except httpcore.TimeoutException as error:
        raise HttpFailed(target.host, "it took too long") from error
    except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError, OSError) as error:
        raise HttpFailed(target.host, _reason(error)) from error


def _read(method: str, host: str, response: httpcore.Response, limits: HttpLimits) -> Fetched:
    headers: dict[str, str] = {}
    for name, value in response.headers:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    headers.pop("set-cookie", None)
    raw = _bounded(response.iter_stream(), limits.received_mb, host)
    body, was_encoded = decoded(raw, headers.get("content-encoding", ""), limits.decoded_mb, host)
    if was_encoded and method != "HEAD":
        headers.pop("content-encoding", None)
        headers.pop("content-length", None)
    return Fetched(response.status, headers, body)


def _bounded(pieces: Iterable[bytes], most_mb: int, host: str) -> bytes:
    found = bytearray()
    for piece in pieces:
        found += piece
        if len(found) > most_mb << 20:
            raise TransferTooLarge(f"the answer of {host}", f"{most_mb} MiB")
    return bytes(found)


def _reason(error: Exception) -> str:
    """Of the connection, never of what was sent over it."""
    text = str(error.__cause__ or error) or type(error).__name__
    return " ".join(text.split())[:200].rstrip(".")


class _Pinned(httpcore.NetworkBackend):
    """Connects to the addresses that it was given, whatever host it is asked for."""

    def __init__(self, addresses: Sequence[str], deadline: Deadline, connect_s: float, meter: Meter) -> None:
        self._addresses = addresses
        self._deadline = deadline
        self._connect_s = connect_s
        self._meter = meter
        self._system = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        last: Exception | None = None
        for address in self._addresses:
            try:
                seconds = min(self._connect_s, self._deadline.left())
                return _Timed(self._system.connect_tcp(address, port, seconds), self._deadline, self._meter)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
        raise last or httpcore.ConnectError("there is no address to connect to")

    def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.NetworkStream:
        raise httpcore.ConnectError("no plugin is let to sockets of this computer")


class _Timed(httpcore.NetworkStream):
    """A stream whose every step ends by one deadline, however slowly its bytes drip; every byte is counted."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline, meter: Meter) -> None:
        self._stream = stream
        self._deadline = deadline
        self._meter = meter

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._stream.read(max_bytes, self._deadline.left())
        self._meter.count(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left())
        self._meter.count(len(buffer))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, self._deadline.left())
        return _Timed(stream, self._deadline, self._meter)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
