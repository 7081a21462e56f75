"""Requests over HTTP, which the host makes. Needs ``network:<host>[:port][/path][:METHOD,…]`` for where they go.

An answer is an answer whatever its status; see :meth:`Response.raise_for_status`. Redirects are followed as far as they
lead to where the plugin may go.
"""

from __future__ import annotations

import json as _json
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlencode

from automatosx_nb.sdk import _wire

TIMEOUT_S = 30.0


class Response:
    """An answer. ``headers`` are by their names in small letters."""

    __slots__ = ("content", "headers", "status", "url")

    def __init__(self, status: int, url: str, headers: dict[str, str], content: bytes) -> None:
        self.status = status
        self.url = url
        self.headers = headers
        self.content = content

    @property
    def ok(self) -> bool:
        """Whether the status is below 400."""
        return self.status < 400

    @property
    def text(self) -> str:
        """The content, in the charset that the headers name, else as UTF-8; what cannot be read becomes U+FFFD."""
        charset = self.headers.get("content-type", "").lower().partition("charset=")[2].split(";")[0].strip("\"' ")
        try:
            return self.content.decode(charset if charset in _CHARSETS else "utf-8", "replace")
        except LookupError:
            return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """The content, read as JSON.

        :raises ValueError: it is none.
        """
        return _json.loads(self.content)

    def raise_for_status(self) -> Response:
        """Itself.

        :raises ValueError: for a status of 400 and above.
        """
        if not self.ok:
            raise ValueError(f"{self.url} answered {self.status}")
        return self

    def __repr__(self) -> str:
        return f"<Response {self.status}>"


_CHARSETS = ("ascii", "us-ascii", "iso-8859-1", "latin-1", "iso-8859-15", "windows-1252", "utf-16", "utf-8")


def get(
    url: str,
    *,
    params: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float = TIMEOUT_S,
) -> Response:
    """Fetch ``url``; ``params`` become its query."""
    return request("GET", url, params=params, headers=headers, timeout=timeout)


def post(
    url: str,
    *,
    json: Any = None,
    data: bytes | str | Mapping[str, Any] | None = None,
    params: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float = TIMEOUT_S,
) -> Response:
    """Send ``json``, or ``data``: bytes, text, or the fields of a form."""
    return request("POST", url, json=json, data=data, params=params, headers=headers, timeout=timeout)


def request(
    method: str,
    url: str,
    *,
    params: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    json: Any = None,
    data: bytes | str | Mapping[str, Any] | None = None,
    timeout: float = TIMEOUT_S,
) -> Response:
    """Send a request and wait for its answer, at most ``timeout`` seconds.

    :raises PermissionDenied: nothing that was granted covers where it goes, or where it is led to.
    :raises CapabilityFailed: there was no answer, or it is too large; ``type_name`` says which.
    """
    body, kind = _body(json, data)
    sent = {str(name): value for name, value in (headers or {}).items()}
    if kind and "content-type" not in map(str.lower, sent):
        sent["content-type"] = kind
    answer = _wire.ask("http", "request", method.upper(), _with_query(url, params), sent, body, timeout)
    return Response(*cast("list[Any]", answer))


def _with_query(url: str, params: Mapping[str, Any] | None) -> str:
    if not isinstance(url, str):
        raise TypeError(f"a URL is a str, not {type(url).__name__}")
    if not params:
        return url
    whole, mark, fragment = url.partition("#")
    return f"{whole}{'&' if '?' in whole else '?'}{urlencode(params, doseq=True)}{mark}{fragment}"


def _body(json: Any, data: bytes | str | Mapping[str, Any] | None) -> tuple[bytes, str]:
    """The bytes that are sent, and their content type."""
    if json is not None and data is not None:
        raise ValueError("a request has json or data, not both")
    if json is not None:
        return _json.dumps(json).encode(), "application/json"
    if isinstance(data, Mapping):
        return urlencode(data, doseq=True).encode(), "application/x-www-form-urlencoded"
    if isinstance(data, str):
        return data.encode(), "text/plain; charset=utf-8"
    return data or b"", ""
