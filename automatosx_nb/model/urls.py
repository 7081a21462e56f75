"""URLs as a permission compares them: one spelling of each host and path, and none that servers read in two ways.

Hosts as the URL Standard has them (https://url.spec.whatwg.org/#host-parsing), paths after RFC 3986, section 6.2.2.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes, urlsplit

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

MAX_URL_CHARS = 8192
HTTPS_PORT = 443
_DEFAULT_PORTS = {"https": HTTPS_PORT, "http": 80}
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMERIC = re.compile(r"[0-9]+|0x[0-9a-f]*")
_CONTROL_OR_SPACE = re.compile(r"[\x00-\x20\x7f-\x9f\ud800-\udfff]")
_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_IN_PATH = "/!$&'()*+,;=@~%"
_IN_QUERY = _IN_PATH + ":?"
_DECODINGS = 5
"""Servers behind servers decode a path more than once; beyond so many times nobody means well."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes. ``path`` is absolute, ``query`` without its mark; both are as they are sent."""

    scheme: str
    host: str
    port: int
    path: str
    query: str = ""

    @property
    def origin(self) -> tuple[str, str, int]:
        return self.scheme, self.host, self.port

    @property
    def netloc(self) -> str:
        """As the header ``Host`` has it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.netloc}{self.path}" + (f"?{self.query}" if self.query else "")


def parse_url(text: str) -> Target:
    """:raises ValueError: with the reason, in which nothing of the URL's query or user is quoted."""
    if len(text) > MAX_URL_CHARS:
        raise ValueError(f"a URL has at most {MAX_URL_CHARS} characters")
    if "\\" in text or _CONTROL_OR_SPACE.search(text):
        raise ValueError("a URL holds no blanks, control characters or backslashes: percent-encode them")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise ValueError("a URL is https://host[:port][/path][?query]") from error
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise ValueError("a URL begins with https:// and a host")
    if "@" in parts.netloc:
        raise ValueError("a URL names no user or password: send them in the header Authorization")
    host = parse_host(f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname)
    port = _DEFAULT_PORTS[parts.scheme] if port is None else port
    return Target(parts.scheme, host, check_port(port), parse_path(parts.path), _quoted(parts.query, _IN_QUERY))


def parse_host(text: str) -> str:
    """A host's one spelling: small letters, IDNA, without a last dot; an IPv6 address without its brackets.

    :raises ValueError: it is none, or a number that only some programs read as an address (``127.1``, ``0x7f.1``).
    """
    if text.startswith("["):
        return str(_address(ipaddress.IPv6Address, text[1:-1]))
    host = _ascii(text.lower().removesuffix("."))
    labels = host.split(".")
    if _NUMERIC.fullmatch(labels[-1]):
        return str(_address(ipaddress.IPv4Address, host))
    if len(host) > 253 or not all(map(_LABEL.fullmatch, labels)):
        raise ValueError("a host is a name such as api.example.org, or an IP address")
    return host


def address_of(host: str) -> IPAddress | None:
    """The address that a normal host is; None: it is a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def check_port(port: int) -> int:
    """:raises ValueError:"""
    if not 0 < port < 65536:
        raise ValueError("a port is a number from 1 to 65535")
    return port


def parse_path(text: str) -> str:
    """A path's one spelling: nothing escaped that need not be, capital hexadecimal digits, ``/`` where it is empty.

    :raises ValueError: it has dot segments or empty ones, open or behind any escapes, or a backslash: what one server
        takes for a name, another one walks.
    """
    if _ESCAPE.search(text):
        raise ValueError("a '%' in a path is followed by two hexadecimal digits")
    if "//" in text:
        raise ValueError("a path has no empty segments ('//')")
    _check_segments(text)
    return _quoted(text, _IN_PATH) or "/"


def segments_of(path: str) -> tuple[str, ...]:
    """Of a normal path, without the empty one at its end."""
    return tuple(segment for segment in path.split("/") if segment)


def _check_segments(text: str) -> None:
    seen, data = b"", text.encode("utf-8", "surrogatepass")
    for _ in range(_DECODINGS):
        for segment in data.split(b"/"):
            if segment.partition(b";")[0] in (b".", b".."):
                raise ValueError("a path has no segments '.' and '..', escaped or not")
        if b"\\" in data or any(byte < 0x20 or byte == 0x7F for byte in data):
            raise ValueError("a path has no backslashes or control characters, escaped or not")
        seen, data = data, unquote_to_bytes(data)
        if seen == data:
            return
    raise ValueError(f"a path is escaped at most {_DECODINGS - 1} times over")


def _quoted(text: str, safe: str) -> str:
    """Every escape in capital digits, none of an unreserved character, and every other character that needs one."""

    def shortest(match: re.Match[str]) -> str:
        mark = chr(int(match[1], 16))
        return mark if mark.isascii() and (mark.isalnum() or mark in "-._~") else match[0].upper()

    return re.sub(r"%([0-9A-Fa-f]{2})", shortest, quote(text, safe=safe))


def _ascii(host: str) -> str:
    if host.isascii():
        return host
    import idna

    try:
        return idna.encode(host, uts46=True).decode()
    except idna.IDNAError as error:
        raise ValueError("a host is a name such as api.example.org, or an IP address") from error


def _address(kind: type[IPAddress], text: str) -> IPAddress:
    try:
        found = kind(text)
    except ValueError as error:
        raise ValueError("an address is four numbers as in 127.0.0.1, or IPv6 in brackets as in [::1]") from error
    if isinstance(found, ipaddress.IPv6Address) and (found.ipv4_mapped is not None or found.scope_id is not None):
        raise ValueError("an IPv4 address is written as four numbers, an IPv6 address without a zone")
    return found
