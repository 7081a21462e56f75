"""What is known against versions, for everybody; what somebody says is wrong, for whoever said it and for reviewers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from automatosx_nb.errors import InvalidAct
from automatosx_nb.model.moderation import REPORT_KINDS
from automatosx_nb.model.release import SEVERITIES
from automatosx_nb.model.semver import Range
from automatosx_nb.server.pages.acting import ActingPage

if TYPE_CHECKING:
    from automatosx_nb.errors import UserError
    from automatosx_nb.model.identity import Actor
    from automatosx_nb.model.ports_registry import Advisories, Reports

PAGE_SIZE = 25


class AdvisoriesPage(ActingPage):
    """``GET advisories?plugin=``; ``POST`` with ``do``: ``make`` or ``withdraw``."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        await self._show(None)

    @web.authenticated
    @authorized
    async def post(self) -> None:
        acts = {"make": self._make, "withdraw": self._withdraw}
        await self.act("advisories", acts, then=self.site.advisories, show=self._show)

    def _make(self, room: Advisories, actor: Actor) -> None:
        severity: Any = self.said("severity")
        told = self.said("plugin").strip(), Range.parse(self.said("range")), severity, self.said("summary")
        room.make(actor, *told, disables=bool(self.said("disables")))

    def _withdraw(self, room: Advisories, actor: Actor) -> None:
        room.withdraw(actor, self.said("advisory"))

    async def _show(self, refused: UserError | None) -> None:
        plugin = self.get_query_argument("plugin", "") or None
        found = await self.in_room("advisories", lambda room, actor: room.all(actor, plugin=plugin))
        may = (await self.actor()).may_review
        await self.show_form("advisories", refused, found=found, plugin=plugin, may_decide=may, severities=SEVERITIES)


class ReportsPage(ActingPage):
    """``GET reports?all=true&before=&plugin=&version=``, the last two for the form; ``POST`` with ``do``: ``file`` or
    ``close``."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        await self._show(None)

    @web.authenticated
    @authorized
    async def post(self) -> None:
        acts = {"file": self._file, "close": self._close}
        await self.act("reports", acts, then=self.site.reports, show=self._show)

    def _file(self, room: Reports, actor: Actor) -> None:
        kind: Any = self.said("kind")
        if kind not in REPORT_KINDS:
            raise InvalidAct(f"the kind is {kind!r}", f"It is one of {', '.join(REPORT_KINDS)}")
        room.file(actor, self.said("plugin").strip(), kind, self.said("text"), self.said("version").strip() or None)

    def _close(self, room: Reports, actor: Actor) -> None:
        number = self.said("number")
        if not (number.isascii() and number.isdigit() and len(number) < 13):
            raise web.HTTPError(400)
        room.close(actor, int(number), self.said("outcome"))

    async def _show(self, refused: UserError | None) -> None:
        actor = await self.known()
        everything, before = self.get_query_argument("all", "") == "true", self.number("before")
        asked = {"is_open": None if everything else True, "before": before, "size": PAGE_SIZE}
        found = await self.in_room("reports", lambda room, who: room.all(who, **asked))
        await self.show_form(
            "reports",
            refused,
            found=found,
            everything=everything,
            before=before,
            reads_all=actor.reads_all,
            may_decide=actor.may_review,
            kinds=REPORT_KINDS,
        )
