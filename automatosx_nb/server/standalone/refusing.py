"""An answer to what is not even looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from tornado import web

from automatosx_nb.errors import AutomatosxError, TooManyRequests
from automatosx_nb.server import problems, requests

if TYPE_CHECKING:
    from tornado.httputil import HTTPServerRequest

SHORT = 64 << 10
"""Bytes of a body that are read, and thrown away, to keep the connection."""


class RefusingHandler(web.RequestHandler):
    """Answers when the request is there, so that its connection serves the next one."""

    def initialize(self, error: AutomatosxError) -> None:
        self._error = error

    def set_default_headers(self) -> None:
        self.set_header(requests.HEADER, requests.request_id(self.request))

    def check_xsrf_cookie(self) -> None:
        """Nothing is done that somebody could be tricked into."""

    def prepare(self) -> None:
        status = problems.status_of(self._error)
        self.set_status(status)
        if isinstance(self._error, TooManyRequests):
            self.set_header("Retry-After", str(self._error.retry_after))
        self.set_header("Content-Type", problems.MEDIA_TYPE)
        self.set_header("Cache-Control", "no-store")
        self.finish(msgspec.json.encode(problems.document(status, self._error)))


@web.stream_request_body
class UnreadHandler(RefusingHandler):
    """Answers as soon as the request's head is there. The connection ends, for what follows is not read."""

    def data_received(self, chunk: bytes) -> Any:
        """Nothing is kept of it."""


def refusing(request: HTTPServerRequest) -> type[RefusingHandler]:
    """The one of both that reads little of ``request``."""
    length = request.headers.get("Content-Length", "0")
    short = length.isascii() and length.isdigit() and int(length) <= SHORT
    return RefusingHandler if short and "Transfer-Encoding" not in request.headers else UnreadHandler
