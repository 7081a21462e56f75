"""What every page has: who is asked, what a browser may do with it, and how an error looks."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from jupyter_server.auth.decorator import authorized
from tornado import web

from automatosx_nb.errors import AutomatosxError
from automatosx_nb.server import identity, problems
from automatosx_nb.server.asking import Asking
from automatosx_nb.server.keeping import is_kept_here
from automatosx_nb.server.pages.rendering import render
from automatosx_nb.server.pages.site import Site
from automatosx_nb.server.slim import ALWAYS_ASK, Answer

if TYPE_CHECKING:
    from automatosx_nb.model.identity import Actor

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
"""Nothing from elsewhere, and nothing that stands in the page itself: https://www.w3.org/TR/CSP3/"""


class Page(Asking):
    """Answers in HTML. Whoever is not known is led to Jupyter's own login."""

    def set_default_headers(self) -> None:
        """Jupyter's own policy holds, too: a browser takes what all of them allow."""
        super().set_default_headers()
        self.add_header("Content-Security-Policy", POLICY)
        self.set_header("Referrer-Policy", "same-origin")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cross-Origin-Opener-Policy", "same-origin")

    @property
    def site(self) -> Site:
        user = getattr(self, "_jupyter_current_user", None)  # a token that is refused ends before there is one
        origin, actor = f"{self.request.protocol}://{self.request.host}", self._actor
        known = actor if self._kept_here and actor is not None and actor.is_known else None
        reviews = actor is not None and (actor.reads_all or bool(actor.publishers))
        name = "" if user is None or user.username == identity.PUBLIC else user.display_name or user.username
        return Site(
            base=self.base_url,
            origin=origin,
            user=name,
            sign_in="" if name else f"{self.settings['login_url']}?{urlencode({'next': self.request.path})}",
            reviews=reviews,
            kept_here=self._kept_here,
            known=known is not None,
            administers=known is not None and known.may_administer,
        )

    _kept_here = False

    async def actor(self) -> Actor:
        """As of any handler; from then on it is known which links there are."""
        if self._actor is None:
            self._kept_here = await self.shelf.ask(is_kept_here)
        return await super().actor()

    async def show(self, template: str, *, keep: bool = True, **values: Any) -> None:
        """Beside the server's loop, for a readme may be long.

        :param keep: a browser may keep it, and asks whether it is still so. What it may not has a token against
            forgery, and is not gzipped, for how long that is tells of what is in it (https://breachattack.com).
        """
        await self.actor()  # who may see more links
        accepts = self.request.headers.get("Accept-Encoding", "") if keep else ""

        def made() -> tuple[Answer, tuple[bytes, bool]]:
            text = render(template, site=self.site, **values)
            answer = Answer.of(text.encode(), "text/html; charset=UTF-8", ALWAYS_ASK if keep else "no-store")
            return answer, answer.encoded(accepts)

        self.send(*await asyncio.to_thread(made))
        await self.finish()

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
