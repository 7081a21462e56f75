"""``sdk.http``: requests to hosts that were granted; each redirect is checked as if it had been asked for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from automatosx_nb.errors import HttpRefused, InvalidRequest, TransferTooLarge
from automatosx_nb.host.web.headers import SAFE_ELSEWHERE, checked_headers
from automatosx_nb.host.web.limits import HttpLimits
from automatosx_nb.host.web.resolving import Resolver, checked_addresses, resolve
from automatosx_nb.model.permissions import Permission
from automatosx_nb.model.permissions.network import METHODS, is_own, request_scope
from automatosx_nb.model.urls import Target, parse_url

if TYPE_CHECKING:
    import ssl

    from automatosx_nb.host.grants import Grants
    from automatosx_nb.host.metering import Meter
    from automatosx_nb.host.web.fetching import Deadline, Fetched

_REDIRECTS = (301, 302, 303, 307, 308)
_VALID = f"request, with one of {', '.join(METHODS)}, a URL, headers, a body and seconds"


@dataclass(frozen=True, slots=True)
class Request:
    """One request, or one that a redirect asks for."""

    method: str
    target: Target
    headers: dict[str, str]
    body: bytes

    @property
    def permission(self) -> Permission:
        return Permission("network", request_scope(self.method, self.target))


class HttpCapability:
    """``context`` stands in for the TLS settings of the host, for a server with a certificate of its own."""

    def __init__(
        self,
        grants: Grants,
        meter: Meter,
        limits: HttpLimits | None = None,
        *,
        resolver: Resolver = resolve,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._grants = grants
        self._meter = meter
        self._limits = limits or HttpLimits()
        self._resolver = resolver
        self._context = context

    def needs(self, method: str, args: Sequence[object]) -> Permission:
        return self._request(method, args)[0].permission

    def ask(self, method: str, args: Sequence[object]) -> object:
        """``[status, url, headers, body]``.

        :raises PermissionDenied: of where a redirect leads.
        :raises HttpRefused:
        :raises HttpFailed:
        :raises TransferTooLarge:
        """
        from automatosx_nb.host.web.fetching import Deadline

        request, seconds = self._request(method, args)
        deadline = Deadline(min(seconds, self._limits.total_s))
        for _ in range(self._limits.redirects + 1):
            fetched = self.fetch(request, deadline)
            follow = _redirected(request, fetched)
            if follow is None:
                return [fetched.status, str(request.target), fetched.headers, fetched.body]
            self._grants.require(follow.permission)
            request = follow
        raise HttpRefused(request.target.host, f"it was redirected more than {self._limits.redirects} times")

    def close(self) -> None:
        """No connection outlives its call."""

    def fetch(self, request: Request, deadline: Deadline) -> Fetched:
        """The answer to a request that was checked; of a redirect, that one."""
        from automatosx_nb.host.web.decoding import ACCEPTED
        from automatosx_nb.host.web.fetching import fetch

        target = request.target
        headers = {
            "user-agent": f"automatosx-nb ({self._grants.plugin})",
            "accept": "*/*",
            **request.headers,
            "accept-encoding": ACCEPTED,
            "connection": "close",
        }
        if request.body or request.method in ("POST", "PUT", "PATCH"):
            headers["content-length"] = str(len(request.body))
        return fetch(
            request.method,
            target,
            list(headers.items()),
            request.body,
            addresses=checked_addresses(target.host, target.port, self._resolver),
            deadline=deadline,
            limits=self._limits,
            meter=self._meter,
            context=self._context,
        )

    def _request(self, method: str, args: Sequence[object]) -> tuple[Request, float]:
        match method, list(args):
            case "request", [str(verb), str(url), dict(headers), bytes(body), (int() | float()) as seconds] if (
                verb in METHODS and math.isfinite(seconds) and seconds > 0
            ):
                target = _target(url)
            case _:
                raise InvalidRequest("http", method, _VALID)
        if len(body) > self._limits.request_mb << 20:
            raise TransferTooLarge("the body of the request", f"{self._limits.request_mb} MiB")
        if body and verb in ("GET", "HEAD"):
            raise HttpRefused(target.host, f"a {verb} has no body")
        return Request(verb, target, checked_headers(headers, target.host, self._limits), body), float(seconds)


def _target(url: str) -> Target:
    """:raises HttpRefused: it is no URL, or not encrypted on the way to somebody else."""
    try:
        target = parse_url(url)
    except ValueError as error:
        raise HttpRefused("", str(error)) from error
    if target.scheme == "http" and not is_own(target.host):
        raise HttpRefused(target.host, "it would not be encrypted: write https://")
    return target


def _redirected(request: Request, fetched: Fetched) -> Request | None:
    """The request that a redirect asks for (RFC 9110, section 15.4); None: it is none.

    :raises HttpRefused: where it leads is no place to go.
    """
    location = fetched.headers.get("location", "")
    if fetched.status not in _REDIRECTS or not location:
        return None
    target = _target(urljoin(str(request.target), location.partition("#")[0]))
    follow = replace(request, target=target)
    if target.origin != request.target.origin:
        kept = {name: value for name, value in follow.headers.items() if name in SAFE_ELSEWHERE}
        follow = replace(follow, headers=kept)
    turns = fetched.status == 303 or (fetched.status in (301, 302) and request.method == "POST")
    if turns and request.method != "HEAD":
        kept = {name: value for name, value in follow.headers.items() if not name.startswith("content-")}
        follow = replace(follow, method="GET", headers=kept, body=b"")
    return follow
