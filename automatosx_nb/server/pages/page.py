"""What every page has: who is asked, what a browser may do with it, and how an error looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import JupyterHandler
from tornado import web

from automatosx_nb.errors import AutomatosxError
from automatosx_nb.model.identity import owner
from automatosx_nb.server import problems, requests
from automatosx_nb.server.pages.rendering import render
from automatosx_nb.server.pages.site import Site
from automatosx_nb.server.refusals import Refusals

if TYPE_CHECKING:
    from collections.abc import Callable

    from automatosx_nb.model.identity import Actor
    from automatosx_nb.model.ports import Registry
    from automatosx_nb.server.shelf import Shelf

T = TypeVar("T")

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
"""Nothing from elsewhere, and nothing that stands in the page itself: https://www.w3.org/TR/CSP3/"""


class Page(Refusals, JupyterHandler):
    """Answers in HTML. Whoever is not known is led to Jupyter's own login."""

    auth_resource = "automatosx"

    def initialize(self, shelf: Shelf) -> None:
        self.shelf = shelf

    async def actor(self) -> Actor:
        """Who asks."""
        return owner()

    async def ask(self, question: Callable[[Registry], T]) -> T:
        """``question(registry)``, of the registry as whoever asks may read it, beside the server's loop."""
        actor = await self.actor()
        return await self.shelf.ask(lambda registry: question(registry.seen_by(actor)))

    def set_default_headers(self) -> None:
        """Jupyter's own policy holds, too: a browser takes what all of them allow."""
        super().set_default_headers()
        self.set_header(requests.HEADER, requests.request_id(self.request))
        self.add_header("Content-Security-Policy", POLICY)
        self.set_header("Referrer-Policy", "same-origin")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cross-Origin-Opener-Policy", "same-origin")

    @property
    def site(self) -> Site:
        user = self.current_user
        origin = f"{self.request.protocol}://{self.request.host}"
        return Site(self.base_url, origin, getattr(user, "display_name", "") or "", reviews=False)

    def show(self, template: str, **values: Any) -> None:
        """Where the browser has that page already, tornado makes it a 304 by its ETag."""
        self.set_header("Cache-Control", "private, no-cache")
        self.finish(render(template, site=self.site, **values))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        error = kwargs.get("exc_info", (None, None))[1]
        ours = error if isinstance(error, AutomatosxError) else None
        self.finish(
            render(
                "error",
                site=self.site,
                status=status_code,
                title=problems.document(status_code, None)["title"],
                problem=ours.problem() if ours else "",
                next_step=ours.next_step() if ours else "",
                nearest=getattr(ours, "nearest", ()),
            )
        )


class NothingHere(Page):
    """Every other path below."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        raise web.HTTPError(404)
