"""Bodies that are artifacts, or parts of one: taken as they come, and none of it before it is known that it may come.

Whoever may not send, or sends too much, is told after the headers. What comes is kept once, as one piece.
"""

from __future__ import annotations

import hashlib

from jupyter_server.utils import ensure_async
from tornado import web

from automatosx_nb.errors import InvalidUpload, UploadTooLarge
from automatosx_nb.model.digests import sha256_in
from automatosx_nb.server.asking import RESOURCE
from automatosx_nb.server.handlers import RegistryHandler

WITH_BODY = ("POST", "PATCH")


class BodyHandler(RegistryHandler):
    """Its concrete classes carry ``tornado.web.stream_request_body``, and say how much they take.

    The decorators of a method run when all of the body is there; so what they ask is asked here before that, too.
    """

    most = 0
    """Bytes."""

    async def prepare(self) -> None:  # type: ignore[override,unused-ignore]
        await super().prepare()
        self._body = bytearray()
        self._hash = hashlib.sha256()
        if self._finished or self.request.method not in WITH_BODY:
            return
        if self.current_user is None or not await ensure_async(
            self.authorizer.is_authorized(self, self.current_user, "write", RESOURCE)
        ):
            raise web.HTTPError(403)
        (await self.actor()).upload()
        self.shelf.take_work(await self.whose_turn())
        self._check_length()

    def data_received(self, chunk: bytes) -> None:
        """Tornado hands over no more than was announced; what comes with another method is nothing."""
        if self.request.method not in WITH_BODY:
            return
        self._body += chunk
        self._hash.update(chunk)

    def _check_length(self) -> None:
        announced = self.request.headers.get("Content-Length", "")
        if "Transfer-Encoding" in self.request.headers or not announced.isdigit():
            raise web.HTTPError(411)
        if int(announced) > self.most:
            raise UploadTooLarge(int(announced), self.most)

    def body(self, *fields: str) -> tuple[bytes, str]:
        """What came, and its SHA-256, which one of ``fields`` has announced.

        :raises InvalidUpload: none did, or another one.
        """
        actual = self._hash.hexdigest()
        announced = [sha256_in(self.request.headers[field]) for field in fields if field in self.request.headers]
        if not announced or None in announced:
            raise InvalidUpload(f"it takes the header {' or '.join(fields)}: sha-256=:…:")
        if announced != [actual] * len(announced):
            raise InvalidUpload(f"what came has the SHA-256 {actual}, and another one was announced")
        body, self._body = self._body, bytearray()
        return bytes(body), actual
