"""Requests that wait: for the first of their kind to be answered, or for the registry's word that nothing changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING

from tornado.httputil import HTTPHeaders, HTTPMessageDelegate

if TYPE_CHECKING:
    from tornado.httputil import HTTPServerRequest, RequestStartLine, ResponseStartLine

LONGEST_S = 2.0
"""Then it goes the whole way by itself."""


class Waiting(HTTPMessageDelegate):
    """Has a request that is there whole, and has no body, answered by whom ``then`` names once ``told`` is done."""

    def __init__(
        self, request: HTTPServerRequest, told: asyncio.Future[None], then: Callable[[], HTTPMessageDelegate | None]
    ) -> None:
        self._request = request
        self._told = told
        self._then = then
        self._longest: asyncio.TimerHandle | None = None
        self.handler_class = type(self)

    def headers_received(self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders) -> None:
        self._start_line = start_line

    def data_received(self, chunk: bytes) -> None:
        return

    def finish(self) -> None:
        self._longest = asyncio.get_running_loop().call_later(LONGEST_S, self._go_on)
        self._told.add_done_callback(self._go_on)

    def on_connection_close(self) -> None:
        return

    def _go_on(self, _told: asyncio.Future[None] | None = None) -> None:
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
    """The requests that go the whole way, each the only one of its kind. For one thread: the server's loop."""

    def __init__(self) -> None:
        self._led: dict[Hashable, asyncio.Future[None]] = {}

    def of(self, kind: Hashable) -> asyncio.Future[None] | None:
        """Done when there is an answer, or is none; None: nobody has asked."""
        return self._led.get(kind)

    def lead(self, kind: Hashable) -> Callable[[], None] | None:
        """What has to be called when that request has its answer; None: another one leads."""
        if kind in self._led:
            return None
        told = self._led[kind] = asyncio.get_running_loop().create_future()

        def end() -> None:
            if self._led.get(kind) is told:
                del self._led[kind]
                told.set_result(None)

        return end
