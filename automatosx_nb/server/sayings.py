"""What people say of plugins, over HTTP: ratings, reports, advisories; and the record of all acts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
from jupyter_server.auth.decorator import authorized
from msgspec import UNSET, Struct, UnsetType
from tornado import web

from automatosx_nb.errors import InvalidAct, UnknownAdvisory
from automatosx_nb.model.moderation import ReportKind
from automatosx_nb.model.release import Severity
from automatosx_nb.model.semver import Range
from automatosx_nb.server.rooms import RoomHandler

if TYPE_CHECKING:
    from automatosx_nb.model.identity import Actor
    from automatosx_nb.model.ports_registry import Advisories
    from automatosx_nb.model.release import Advisory


class _Stars(Struct, forbid_unknown_fields=True):
    stars: int
    text: str = ""
    version: str | None = None


class _Report(Struct, forbid_unknown_fields=True):
    plugin: str
    kind: ReportKind
    text: str
    version: str | None = None


class _Outcome(Struct, forbid_unknown_fields=True):
    outcome: str


class _Advisory(Struct, forbid_unknown_fields=True):
    plugin: str
    range: str
    severity: Severity
    summary: str
    disables: bool = False


class _Changes(Struct, forbid_unknown_fields=True):
    range: str | UnsetType = UNSET
    severity: Severity | UnsetType = UNSET
    summary: str | UnsetType = UNSET
    disables: bool | UnsetType = UNSET

    def of(self, advisory: Advisory) -> Advisory:
        said = {name: value for name, value in msgspec.structs.asdict(self).items() if value is not UNSET}
        if "range" in said:
            said["range"] = Range.parse(said["range"])
        return replace(advisory, **said)


class RatingsHandler(RoomHandler):
    """``GET``, ``PUT`` and ``DELETE ratings/{id}``"""

    room = "ratings"

    @web.authenticated
    @authorized
    async def get(self, plugin: str) -> None:
        self.answer(await self.in_room(lambda ratings, actor: ratings.of(actor, plugin)))

    @web.authenticated
    @authorized
    async def put(self, plugin: str) -> None:
        said = self.body(_Stars)
        word = said.stars, said.text, said.version
        self.answer(await self.in_room(lambda ratings, actor: ratings.rate(actor, plugin, *word)))

    @web.authenticated
    @authorized
    async def delete(self, plugin: str) -> None:
        user = self.text("user")
        self.answer(await self.in_room(lambda ratings, actor: ratings.withdraw(actor, plugin, user=user)))


class ReportsHandler(RoomHandler):
    """``GET`` and ``POST reports``"""

    room = "reports"

    @web.authenticated
    @authorized
    async def get(self) -> None:
        asked = {
            "plugin": self.text("plugin"),
            "is_open": self.flag("open"),
            "before": self.number("before"),
            "size": self.number("size") or 50,
        }
        self.answer_page(await self.in_room(lambda reports, actor: reports.all(actor, **asked)), "before")

    @web.authenticated
    @authorized
    async def post(self) -> None:
        said = self.body(_Report)
        told = said.plugin, said.kind, said.text, said.version
        self.set_status(201)
        self.answer(await self.in_room(lambda reports, actor: reports.file(actor, *told)))


class ReportHandler(RoomHandler):
    """``PATCH reports/{number}``"""

    room = "reports"

    @web.authenticated
    @authorized
    async def patch(self, number: str) -> None:
        outcome = self.body(_Outcome).outcome
        if not (number.isascii() and number.isdigit() and len(number) < 13):
            raise InvalidAct(f"{number!r} is no report's number", "See GET reports")
        self.answer(await self.in_room(lambda reports, actor: reports.close(actor, int(number), outcome)))


class AdvisoriesHandler(RoomHandler):
    """``GET`` and ``POST advisories``"""

    room = "advisories"

    @web.authenticated
    @authorized
    async def get(self) -> None:
        plugin = self.text("plugin")
        found = await self.in_room(lambda advisories, actor: advisories.all(actor, plugin=plugin))
        self.answer({"items": [document(each) for each in found]})

    @web.authenticated
    @authorized
    async def post(self) -> None:
        said = self.body(_Advisory)
        told: tuple[Any, ...] = said.plugin, Range.parse(said.range), said.severity, said.summary

        def make(advisories: Advisories, actor: Actor) -> Advisory:
            return advisories.make(actor, *told, disables=said.disables)

        self.set_status(201)
        self.answer(document(await self.in_room(make)))


class AdvisoryHandler(RoomHandler):
    """``PATCH`` and ``DELETE advisories/{id}``"""

    room = "advisories"

    @web.authenticated
    @authorized
    async def patch(self, advisory: str) -> None:
        changes = self.body(_Changes)

        def change(advisories: Advisories, actor: Actor) -> Advisory:
            actor.review()
            found = next((each for each in advisories.all(actor) if each.id == advisory), None)
            if found is None:
                raise UnknownAdvisory(advisory)
            return advisories.put(actor, changes.of(found))

        self.answer(document(await self.in_room(change)))

    @web.authenticated
    @authorized
    async def delete(self, advisory: str) -> None:
        await self.in_room(lambda advisories, actor: advisories.withdraw(actor, advisory))
        self.set_status(204)


class EventsHandler(RoomHandler):
    """``GET events``: the registry's audit log."""

    room = "audit"

    @web.authenticated
    @authorized
    async def get(self) -> None:
        asked = {
            "plugin": self.text("plugin"),
            "by": self.text("by"),
            "action": self.text("action"),
            "before": self.number("before"),
            "size": self.number("size") or 50,
        }
        self.answer_page(await self.in_room(lambda audit, actor: audit.read(actor, **asked)), "before")


def document(advisory: Advisory) -> dict[str, Any]:
    """As JSON has it."""
    return {name: str(advisory.range) if name == "range" else getattr(advisory, name) for name in advisory.__slots__}


_ID = r"([^/]+)"
ROUTES: tuple[tuple[str, type[RoomHandler]], ...] = (
    (rf"ratings/{_ID}", RatingsHandler),
    (r"reports", ReportsHandler),
    (rf"reports/{_ID}", ReportHandler),
    (r"advisories", AdvisoriesHandler),
    (rf"advisories/{_ID}", AdvisoryHandler),
    (r"events", EventsHandler),
)
"""Paths under the API."""
