"""Tornado's application, with what comes before a handler (limits) and after it (log, metrics)."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from tornado import web
from tornado.httputil import HTTPMessageDelegate, HTTPServerRequest

from automatosx_nb.errors import RequestTooLarge, TooManyRequests
from automatosx_nb.server.bodies import WITH_BODY
from automatosx_nb.server.standalone.logs import log_request
from automatosx_nb.server.standalone.metrics import Metrics
from automatosx_nb.server.standalone.refusing import refusing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from automatosx_nb.server.routes import Rule
    from automatosx_nb.server.slim import Slim
    from automatosx_nb.server.standalone.visitors import Proxies, Visitors

MOST_BODY = 1 << 20
"""Bytes that are sent to a handler which does not itself say in ``most`` how many it takes."""
ELSEWHERE = "(none)"
"""The route of what leads nowhere, so that nobody makes up labels."""


class RegistryApplication(web.Application):
    """``in_flight`` are the requests whose head was read and that have no whole answer yet."""

    def __init__(
        self,
        rules: Sequence[Rule],
        *,
        proxies: Proxies,
        visitors: Visitors,
        waiting: Callable[[], int],
        **settings: Any,
    ) -> None:
        """:param rules: with the base URL before each pattern."""
        super().__init__(list(rules), **settings)
        self._proxies = proxies
        self._visitors = visitors
        self._routes = _routes(rules, settings["base_url"])
        self._patterns = [(re.compile(f"{pattern}$"), self._routes[handler]) for pattern, handler, *_ in rules]
        self.in_flight: set[HTTPServerRequest] = set()
        self.slim: Slim | None = None
        self.metrics = Metrics(
            {
                "requests_in_flight": ("Requests without an answer.", lambda: len(self.in_flight)),
                "registry_questions": ("Of those, what the registry is asked.", waiting),
                "answers_repeated": (
                    "Answers that were given again, the short way.",
                    lambda: self.slim.answered if self.slim else 0,
                ),
            }
        )

    def attach(self, slim: Slim) -> None:
        """Have ``slim`` answer what it can."""
        self.slim = slim
        slim.attach(self, logs=self.log_request)

    def find_handler(self, request: HTTPServerRequest, **more: Any) -> Any:
        """Whoever answers; a refusal is sent before a byte of the body is read."""
        self._proxies.apply(request)
        self.in_flight.add(request)
        found = super().find_handler(request, **more)
        refusal = self._refusal(request, found.handler_class)
        if refusal is not None:
            found = self.get_handler_delegate(request, refusing(request), {"error": refusal})
        return _Watched(found, lambda: self.in_flight.discard(request))

    def log_request(self, handler: web.RequestHandler) -> None:
        """Also of an answer that was given by the short way, which no handler gave."""
        self.in_flight.discard(handler.request)
        route = self._routes.get(type(handler)) or self._route_of(handler.request.path)
        self.metrics.answered(handler, route)
        if not getattr(handler, "quiet", False):
            log_request(handler, route)

    def _route_of(self, path: str) -> str:
        return next((route for pattern, route in self._patterns if pattern.match(path)), ELSEWHERE)

    def _refusal(self, request: HTTPServerRequest, handler: type[web.RequestHandler]) -> Exception | None:
        """A probe is never refused: whoever asks is the load balancer. Nobody sends a body of a length that is not
        said, for it would be kept before anybody knows who sends it."""
        if getattr(handler, "quiet", False):
            return None
        wait_s = self._visitors.wait_s(request)
        if wait_s:
            return TooManyRequests(wait_s)
        if "Transfer-Encoding" in request.headers:
            return web.HTTPError(HTTPStatus.LENGTH_REQUIRED)
        length = request.headers.get("Content-Length", "0")
        too_long = length.isascii() and length.isdigit() and int(length) > MOST_BODY
        takes_more = hasattr(handler, "most") and request.method in WITH_BODY
        return RequestTooLarge(int(length), MOST_BODY) if too_long and not takes_more else None


class _Watched(HTTPMessageDelegate):
    """Passes everything on; says when the client is gone."""

    def __init__(self, to: HTTPMessageDelegate, gone: Callable[[], None]) -> None:
        self._to = to
        self._gone = gone

    def headers_received(self, start_line: Any, headers: Any) -> Awaitable[None] | None:
        return self._to.headers_received(start_line, headers)

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        return self._to.data_received(chunk)

    def finish(self) -> None:
        self._to.finish()

    def on_connection_close(self) -> None:
        self._gone()
        self._to.on_connection_close()


def _routes(rules: Sequence[Rule], base_url: str) -> dict[type[Any], str]:
    """Handler → its path for people, without what stands before all of them."""
    found: dict[type[Any], str] = {}
    for pattern, handler, *_ in rules:
        path = re.sub(r"\([^)]*\)", "*", pattern).removeprefix(base_url).removeprefix("automatosx/api/v1/")
        found.setdefault(handler, ELSEWHERE if path == ".*" else path.replace("\\", "").rstrip("?"))
    return found
