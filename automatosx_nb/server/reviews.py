"""Reviews over HTTP, and what is done about releases that are out."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from msgspec import UNSET, Struct, UnsetType
from tornado import web

from automatosx_nb.errors import InvalidAct
from automatosx_nb.model.release import Stage
from automatosx_nb.server.rooms import RoomHandler

_ACTS = ("stage", "yanked", "deprecated", "quarantined")


class _Word(Struct, forbid_unknown_fields=True):
    approves: bool
    sha256: str
    reason: str = ""


class _Patch(Struct, forbid_unknown_fields=True):
    """One act: a stage, or a reason; null takes it back."""

    stage: Stage | UnsetType = UNSET
    yanked: str | UnsetType | None = UNSET
    deprecated: str | UnsetType | None = UNSET
    successor: str | None = None
    quarantined: str | UnsetType | None = UNSET

    def act(self, allowed: tuple[str, ...]) -> str:
        """:raises InvalidAct: it is none of ``allowed``, or several."""
        said = [name for name in _ACTS if getattr(self, name) is not UNSET]
        if len(said) != 1 or said[0] not in allowed:
            raise InvalidAct("the body is not one act", f"Send one of {', '.join(allowed)}")
        return said[0]


class QueueHandler(RoomHandler):
    """``GET reviews``"""

    room = "reviews"

    @web.authenticated
    @authorized
    async def get(self) -> None:
        asked = {
            "publisher": self.text("publisher"),
            "plugin": self.text("plugin"),
            "to": _stage(self.text("to")),
            "open_to_me": bool(self.flag("open")),
            "after": self.number("after"),
            "size": self.number("size") or 50,
        }
        self.answer_page(await self.in_room(lambda reviews, actor: reviews.queue(actor, **asked)), "after")


class ReviewHandler(RoomHandler):
    """``GET``, ``POST`` and ``DELETE reviews/{id}/{version}``"""

    room = "reviews"

    @web.authenticated
    @authorized
    async def get(self, plugin: str, version: str) -> None:
        self.answer(await self.in_room(lambda reviews, actor: reviews.dossier(actor, plugin, version)))

    @web.authenticated
    @authorized
    async def post(self, plugin: str, version: str) -> None:
        word = self.body(_Word)
        said = {"approves": word.approves, "reason": word.reason}
        self.answer(
            await self.in_room(lambda reviews, actor: reviews.decide(actor, plugin, version, word.sha256, **said))
        )

    @web.authenticated
    @authorized
    async def delete(self, plugin: str, version: str) -> None:
        reviewer, reason = self.text("reviewer") or "", self.text("reason") or ""
        self.answer(
            await self.in_room(lambda reviews, actor: reviews.lift(actor, plugin, version, reviewer, reason=reason))
        )


class ReleaseHandler(RoomHandler):
    """``PATCH`` and ``DELETE releases/{id}/{version}``"""

    room = "moderation"

    @web.authenticated
    @authorized
    async def patch(self, plugin: str, version: str) -> None:
        patch = self.body(_Patch)
        act = patch.act(_ACTS)
        if act == "stage":
            self.answer(
                await self.in_room(
                    lambda reviews, actor: reviews.promote(actor, plugin, version, patch.stage), room="reviews"
                )
            )
        else:
            await _carry_out(self, patch, act, plugin, version)

    @web.authenticated
    @authorized
    async def delete(self, plugin: str, version: str) -> None:
        reason = self.text("reason") or ""
        await self.in_room(lambda moderation, actor: moderation.delete(actor, plugin, version, reason))
        self.set_status(204)


class WholePluginHandler(RoomHandler):
    """``PATCH releases/{id}``: all of a plugin's."""

    room = "moderation"

    @web.authenticated
    @authorized
    async def patch(self, plugin: str) -> None:
        patch = self.body(_Patch)
        await _carry_out(self, patch, patch.act(("deprecated", "quarantined")), plugin, None)


async def _carry_out(handler: RoomHandler, patch: _Patch, act: str, plugin: str, version: str | None) -> None:
    if act == "yanked":
        await handler.in_room(lambda room, actor: room.yank(actor, plugin, version, patch.yanked))
    elif act == "deprecated":
        said = patch.deprecated, patch.successor
        await handler.in_room(lambda room, actor: room.deprecate(actor, plugin, version, *said))
    else:
        await handler.in_room(lambda room, actor: room.quarantine(actor, plugin, version, patch.quarantined))
    handler.set_status(204)


def _stage(said: str | None) -> Stage | None:
    """:raises InvalidAct: it is none that a release could wait for."""
    if said not in (None, Stage.BETA, Stage.STABLE):
        raise InvalidAct(f"nothing waits to become {said!r}", "Give beta or stable")
    return None if said is None else Stage(said)


_ID = r"([^/]+)"
ROUTES: tuple[tuple[str, type[RoomHandler]], ...] = (
    (r"reviews", QueueHandler),
    (rf"reviews/{_ID}/{_ID}", ReviewHandler),
    (rf"releases/{_ID}", WholePluginHandler),
    (rf"releases/{_ID}/{_ID}", ReleaseHandler),
)
"""Paths under the API."""
