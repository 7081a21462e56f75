"""An answer on its way out, over a connection of tornado's and past its handlers."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING

from tornado.httputil import HTTPHeaders, HTTPMessageDelegate, format_timestamp

from automatosx_nb.server.requests import HEADER, request_id

if TYPE_CHECKING:
    from tornado.httputil import HTTPServerRequest, RequestStartLine, ResponseStartLine

    from automatosx_nb.server.slim.answer import Answer
    from automatosx_nb.server.slim.verdicts import Verdict


class Given(HTTPMessageDelegate):
    """Writes an answer once the request, of HTTP/1.1, is there whole. Has what an application's log asks of a handler.

    Its head was written out when it was first given, and goes with the body as one piece: to check and write a dozen
    fields anew takes as long as all the rest.
    """

    def __init__(
        self, request: HTTPServerRequest, verdict: Verdict, answer: Answer, given: Callable[[Given], None]
    ) -> None:
        self.request = request
        self.answer = self.given = answer
        self._verdict = verdict
        self._given = given
        self._status = HTTPStatus.OK
        self.handler_class = type(self)

    def headers_received(self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders) -> None:
        return

    def data_received(self, chunk: bytes) -> None:
        return

    def finish(self) -> None:
        said, answer = self.request.headers, self.answer
        body, gzipped = b"", False
        if answer.is_had(said.get("If-None-Match", "")):
            self._status = HTTPStatus.NOT_MODIFIED
        else:
            body, gzipped = answer.encoded(said.get("Accept-Encoding", ""))
        head = answer.head(self._status, gzipped=gzipped, clients=self._verdict.headers)
        own = f"Date: {_date(int(time.time()))}\r\n{HEADER}: {request_id(self.request)}\r\n"
        if said.get("Connection", "").lower() == "close":
            own += "Connection: close\r\n"
        connection = self.request.connection
        assert connection is not None, "a request that is there has its connection"
        connection.write(b"".join((head, own.encode("latin-1"), b"\r\n", body)))
        connection.finish()
        self._given(self)

    def on_connection_close(self) -> None:
        return

    def get_status(self) -> int:
        return int(self._status)


@lru_cache(1)
def _date(second: int) -> str:
    return format_timestamp(second)
