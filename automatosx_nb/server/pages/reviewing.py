"""For reviewers: what waits, one release's dossier, and one's word on it. Publishers' members see their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_server.auth.decorator import authorized
from tornado import web

from automatosx_nb.errors import InvalidAct, OwnSubmission, ReviewedElse
from automatosx_nb.server.pages.dossier import DossierView
from automatosx_nb.server.pages.page import Page
from automatosx_nb.server.rooms import room_of

if TYPE_CHECKING:
    from automatosx_nb.errors import UserError

PAGE_SIZE = 25


class QueuePage(Page):
    """``GET reviews``: what waits, the oldest first; ``open=true``: only what one may still say something on."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        actor, mine, after = await self.actor(), self.get_query_argument("open", "") == "true", self._after()
        waiting = await self.shelf.ask(
            lambda registry: room_of(registry, "reviews").queue(actor, open_to_me=mine, after=after, size=PAGE_SIZE)
        )
        await self.show("queue", waiting=waiting, mine=mine, after=after, keep=False)

    def _after(self) -> int | None:
        """Of a page before; what is no number leads to the first."""
        said = self.get_query_argument("after", "")
        return int(said) if said.isascii() and said.isdigit() and len(said) < 19 else None


class DossierPage(Page):
    """``GET reviews/{id}/{version}``; ``POST`` with ``decision``, ``reason``, and the ``sha256`` that was looked at."""

    @web.authenticated
    @authorized
    async def get(self, plugin: str, version: str) -> None:
        await self._show(plugin, version)

    @web.authenticated
    @authorized
    async def post(self, plugin: str, version: str) -> None:
        decision, reason = self.get_body_argument("decision"), self.get_body_argument("reason", "")
        if decision not in ("approve", "reject"):
            raise web.HTTPError(400)
        actor, sha256, approves = await self.actor(), self.get_body_argument("sha256"), decision == "approve"
        try:
            await self.shelf.ask(
                lambda registry: room_of(registry, "reviews").decide(
                    actor, plugin, version, sha256, approves=approves, reason=reason
                )
            )
        except (InvalidAct, OwnSubmission, ReviewedElse) as error:
            self.set_status(400)
            await self._show(plugin, version, refused=error, reason=reason)
            return
        self.redirect(self.site.dossier(plugin, version), status=303)

    async def _show(self, plugin: str, version: str, *, refused: UserError | None = None, reason: str = "") -> None:
        actor = await self.actor()
        found = await self.shelf.ask(lambda registry: room_of(registry, "reviews").dossier(actor, plugin, version))
        view = DossierView(found, actor)
        form = self.xsrf_form_html() if view.may_decide else ""
        await self.show("dossier", view=view, token=form, refused=refused, reason=reason, keep=False)
