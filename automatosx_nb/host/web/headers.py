"""Which headers a plugin may send."""

from __future__ import annotations

import re
from collections.abc import Mapping

from automatosx_nb.errors import HttpRefused
from automatosx_nb.host.web.limits import HttpLimits

ALLOWED = frozenset(
    """
    accept accept-language api-key apikey authorization cache-control content-language content-type date-range
    idempotency-key if-match if-modified-since if-none-match if-range if-unmodified-since ocp-apim-subscription-key
    prefer private-token range user-agent
    """.split()  # noqa: SIM905 - a list of words
)
"""Every name that begins with ``x-`` may be sent, too, but for these:"""
REFUSED = frozenset(
    """
    x-client-ip x-cluster-client-ip x-host x-http-host-override x-http-method x-http-method-override x-method-override
    x-original-host x-original-url x-real-ip x-rewrite-url
    """.split()  # noqa: SIM905 - a list of words
)
"""They change the method, path, host or sender that was checked; so does all that begins with ``x-forwarded``."""
SAFE_ELSEWHERE = frozenset(("accept", "accept-language", "content-type", "content-language", "user-agent"))
"""What goes along when a redirect leads to another origin: nothing that could be a credential."""
_NAME = re.compile(r"[a-z0-9!#$%&'*+.^`|~-]+")
_VALUE = re.compile(r"[\x20-\x7e\x80-\xff]*(?:\t[\x20-\x7e\x80-\xff]*)*")


def checked_headers(given: Mapping[object, object], host: str, limits: HttpLimits) -> dict[str, str]:
    """By their names in small letters.

    :raises HttpRefused: one may not be sent, is sent twice, or is no header.
    """
    found: dict[str, str] = {}
    for name, value in given.items():
        key = name.lower() if isinstance(name, str) else ""
        if not _NAME.fullmatch(key) or not may_send(key):
            raise HttpRefused(host, f"the header {str(name)[:60]!r} is not a plugin's to send")
        if not isinstance(value, str) or not _VALUE.fullmatch(value):
            raise HttpRefused(host, f"the value of the header {key!r} is no line of Latin-1 text")
        if key in found:
            raise HttpRefused(host, f"the header {key!r} is there twice")
        found[key] = value.strip()
    if len(found) > limits.headers or sum(len(k) + len(v) for k, v in found.items()) > limits.header_kb << 10:
        raise HttpRefused(host, f"it has more than {limits.headers} headers or {limits.header_kb} KiB of them")
    return found


def may_send(key: str) -> bool:
    if key.startswith("x-"):
        return key not in REFUSED and not key.startswith("x-forwarded")
    return key in ALLOWED
