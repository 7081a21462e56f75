"""Requests that wait: for the first of their kind to be answered, or for the registry's word that nothing changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

from tornado.httputil import HTTPHeaders, HTTPMessageDelegate

if TYPE_CHECKING:
    from tornado.httputil import HTTPServerRequest, RequestStartLine, ResponseStartLine

LONGEST_S = 2.0
"""For somebody else's answer; then it goes the whole way by itself."""
Told = asyncio.Future[Any]


class Waiting(HTTPMessageDelegate):
    """Has a request that is there whole, and has no body, answered by whom ``then`` names once ``told`` is done."""

    def __init__(
        self,
        request: HTTPServerRequest,
        told: Told,
        then: Callable[[], HTTPMessageDelegate | None],
        longest_s: float | None = None,
    ) -> None:
        """:param longest_s: by default :data:`LONGEST_S`."""
        self._request = request
        self._told = told
        self._then = then
        self._longest_s = LONGEST_S if longest_s is None else longest_s
        self._longest: asyncio.TimerHandle | None = None
        self.handler_class = type(self)

    def headers_received(self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders) -> None:
        self._start_line = start_line

    def data_received(self, chunk: bytes) -> None:
        return

    def finish(self) -> None:
        self._longest = asyncio.get_running_loop().call_later(self._longest_s, self._go_on)
        self._told.add_done_callback(self._go_on)

    def on_connection_close(self) -> None:
        return

    def _go_on(self, _told: Told | None = None) -> None:
        if self._longest is None:
            return
        self._longest.cancel()
        self._longest = None
        self._told.remove_done_callback(self._go_on)
        answering = self._then()
        if answering is not None:
            answering.headers_received(self._start_line, self._request.headers)
            answering.finish()


class Leaders:
    """The requests whose answer is being found, each the only one of its kind. For one thread: the server's loop."""

    def __init__(self) -> None:
        self._led: dict[Hashable, Told] = {}

    def of(self, kind: Hashable) -> Told | None:
        """Done when there is an answer, or is none; None: nobody has asked."""
        return self._led.get(kind)

    def lead(self, kind: Hashable, told: Told) -> bool:
        """Whether nobody else does: then the others of its kind wait until ``told`` is done."""
        if kind in self._led:
            return False
        self._led[kind] = told
        told.add_done_callback(lambda _told: self._led.pop(kind, None))
        return True
