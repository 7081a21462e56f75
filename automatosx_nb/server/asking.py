"""What every handler of ours does, whatever it answers in: who asks, what of, and what becomes of an error first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import ensure_async
from tornado import web

from automatosx_nb.errors import AutomatosxError
from automatosx_nb.server import identity, problems, requests
from automatosx_nb.server.slim import Announcing, Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_server.auth import IdentityProvider

    from automatosx_nb.model.identity import Actor
    from automatosx_nb.model.ports import Registry
    from automatosx_nb.server.shelf import Shelf

T = TypeVar("T")

RESOURCE = "automatosx"
"""What an Authorizer is asked about."""


class Asking(Announcing, JupyterHandler):
    """Asks the registry beside the server's loop, as whoever asks it."""

    auth_resource = RESOURCE
    _actor: Actor | None = None
    _etag: str | None = None

    def initialize(self, shelf: Shelf) -> None:
        self.shelf = shelf

    def set_default_headers(self) -> None:
        super().set_default_headers()
        self.set_header(requests.HEADER, requests.request_id(self.request))

    @property
    def identity_provider(self) -> IdentityProvider:
        return identity.provider_for(self)

    @web.authenticated
    async def head(self, *path: str) -> None:
        """As ``get``, which tornado then sends without the body (RFC 9110, section 9.3.2)."""
        await ensure_async(self.get(*path))

    async def actor(self) -> Actor:
        """Who asks; what changes something, or shows what is not everybody's, is told it."""
        if self._actor is None:
            self._actor = await identity.actor_of(self)
        return self._actor

    async def whose_turn(self) -> str:
        """In whose name it waits where all wait in turn: a user's; where a server knows no people, an address's."""
        actor = await self.actor()
        return f"user {actor.name}" if actor.is_known else f"address {self.request.remote_ip}"

    async def ask(self, question: Callable[[Registry], T]) -> T:
        """``question(registry)``, of the registry as whoever asks may read it."""
        actor = await self.actor()
        return await self.shelf.ask(lambda registry: question(registry.seen_by(actor)))

    def compute_etag(self) -> str | None:
        return self._etag or super().compute_etag()

    def send(self, answer: Answer, body: tuple[bytes, bool] | None = None) -> None:
        """Have it written, or a 304 where the client has it already.

        :param body: as ``answer.encoded`` says; by default it is asked.
        """
        said = self.request.headers
        self._etag = answer.etag
        for name, value in answer.headers():
            self.set_header(name, value)
        if self.get_status() == 200 and answer.is_had(said.get("If-None-Match", "")):
            self.set_status(304)
            return
        for name, value in answer.also:
            self.set_header(name, value)
        data, gzipped = body or answer.encoded(said.get("Accept-Encoding", ""))
        if gzipped:
            self.set_header("Content-Encoding", "gzip")
        self.write(data)

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """A client's mistake is no news for the server's log; what is ours is."""
        if isinstance(value, AutomatosxError) and problems.status_of(value) < 500:
            self.log.debug("%s: %s", self.request.uri, value)
        else:
            super().log_exception(typ, value, tb)

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        error = kwargs.get("exc_info", (None, None))[1]
        super().send_error(problems.status_of(error) if error is not None else status_code, **kwargs)
