"""Pages of the rooms in which people act: forms that work without a script, each with the token against forgery."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from tornado import web

from automatosx_nb.errors import ActionForbidden, ReadingOnly, TokenRefused, UserError
from automatosx_nb.server.pages.page import Page
from automatosx_nb.server.rooms import room_of

if TYPE_CHECKING:
    from automatosx_nb.model.identity import Actor

T = TypeVar("T")
Act = Callable[[Any, "Actor"], object]
"""What a form has done in a room, for whoever sent it."""
_LAST = 1 << 62


class ActingPage(Page):
    """What is refused for what was written is said above the form, with what was written still in it; who may not do
    it at all is told on a page of its own."""

    async def in_room(self, room: str, ask: Callable[[Any, Actor], T]) -> T:
        """Asked as whoever looks at it."""
        actor = await self.actor()
        return await self.shelf.ask(lambda registry: ask(room_of(registry, room), actor))

    async def known(self) -> Actor:
        """:raises HTTPError: 403, it is nobody in particular."""
        actor = await self.actor()
        if not actor.is_known:
            raise web.HTTPError(403)
        return actor

    async def act(
        self, room: str, acts: Mapping[str, Act], *, then: str, show: Callable[[UserError], Awaitable[None]]
    ) -> None:
        """Do what the form says, and go on to ``then``; where that cannot be done, ``show`` why.

        :raises HTTPError: 400, the form says none of ``acts``.
        """
        refused = await self.refusal(room, self.asked(acts))
        if refused is None:
            self.redirect(then, status=303)
        else:
            await show(refused)

    def asked(self, acts: Mapping[str, Act]) -> Act:
        """:raises HTTPError: 400, the form says none of them."""
        act = acts.get(self.said("do"))
        if act is None:
            raise web.HTTPError(400)
        return act

    async def refusal(self, room: str, act: Act) -> UserError | None:
        """Why what was written cannot be done; None: it is done."""
        try:
            await self.in_room(room, act)
        except (ActionForbidden, ReadingOnly, TokenRefused):
            raise
        except UserError as error:
            self.set_status(400)
            return error
        return None

    async def show_form(self, template: str, refused: UserError | None, **values: Any) -> None:
        """:param refused: what :meth:`refusal` said."""
        token = self.xsrf_form_html() if (await self.actor()).is_known else ""
        await self.show(template, keep=False, token=token, refused=refused, written=self._written(), **values)

    def said(self, name: str) -> str:
        """What was written in a field; empty: nothing."""
        return self.get_body_argument(name, "")

    def number(self, name: str) -> int | None:
        """A parameter, as of a page before; what is no number leads to the first."""
        said = self.get_query_argument(name, "")
        return int(said) if said.isascii() and said.isdigit() and len(said) < 19 and int(said) < _LAST else None

    def _written(self) -> dict[str, str]:
        """What a form has in it when it is shown: what was sent, else what the address says."""
        sent = self.request.body_arguments or self.request.query_arguments
        read = self.get_body_argument if self.request.body_arguments else self.get_query_argument
        return {name: read(name, "") for name in sent if name != "_xsrf"}
