"""Whether this process lives, whether it should be sent requests, and what it measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from jupyter_server.auth.decorator import authorized
from jupyter_server.utils import ensure_async
from prometheus_client import CONTENT_TYPE_LATEST
from tornado import web

from automatosx_nb.errors import AutomatosxError
from automatosx_nb.model.release import SearchQuery
from automatosx_nb.server.handlers import RegistryHandler
from automatosx_nb.server.identity import PUBLIC

if TYPE_CHECKING:
    from automatosx_nb.model.ports import Registry
    from automatosx_nb.registry.figures import Figures
    from automatosx_nb.server.shelf import Shelf


class _Probe(web.RequestHandler):
    """For a load balancer, which has no token: it is told a word, and nothing of what is in the registry."""

    quiet = True
    """Not limited, not logged."""

    def initialize(self, shelf: Shelf) -> None:
        self.shelf = shelf

    async def head(self) -> None:
        """Some balancers and monitors ask with no more than that."""
        await ensure_async(self.get())

    def answer(self, code: int, **parts: str) -> None:
        self.set_status(code)
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Type", "application/json")
        self.write(msgspec.json.encode(parts))


class LiveHandler(_Probe):
    """``GET healthz/live``: the process answers; where it does not, it is to be started again."""

    def get(self) -> None:
        self.answer(200, status="live")


class ReadyHandler(_Probe):
    """``GET healthz/ready``: it is to be sent requests; 503 says that it is not, now."""

    async def get(self) -> None:
        parts = {"server": "ending"} if self.settings["automatosx_ending"]() else await self._parts()
        ready = all(state == "ready" for state in parts.values())
        self.answer(200 if ready else 503, status="ready" if ready else "not ready", **parts)

    async def _parts(self) -> dict[str, str]:
        try:
            return await self.shelf.probe(_condition)
        except AutomatosxError as error:
            return {"database": error.code}


class FrontDoor(web.RequestHandler):
    """``GET`` of the base URL itself, as somebody types host and port: the web page is below it."""

    def get(self) -> None:
        self.redirect("automatosx/")

    head = get


def _condition(registry: Registry) -> dict[str, str]:
    """:raises AutomatosxError: the database does not answer."""
    from automatosx_nb.registry.migrations import HEAD

    schema = getattr(registry, "schema", HEAD)
    registry.search(SearchQuery(size=1))  # reads the last change and brings the index up to it
    return {
        "database": "ready",
        "schema": "ready" if schema == HEAD else f"{schema or 'no revision'}, and this version has {HEAD}",
        "index": "ready",
    }


class MetricsHandler(RegistryHandler):
    """``GET metrics``, for whoever is known: that anybody may read does not open it."""

    quiet = True
    _media_type = CONTENT_TYPE_LATEST

    @web.authenticated
    @authorized
    async def get(self) -> None:
        if (await self.actor()).name == PUBLIC:
            raise web.HTTPError(403)
        figures = await self.shelf.probe(_figures)
        self.set_header("Cache-Control", "no-store")
        self.finish(self.application.metrics.exposition(figures))  # type: ignore[attr-defined]


def _figures(registry: Any) -> Figures:
    found: Figures = registry.figures()
    return found
