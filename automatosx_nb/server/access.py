"""Who may do what, over HTTP: publishers and their members and keys, roles, tokens, and who one is oneself."""

from __future__ import annotations

from typing import Annotated

from jupyter_server.auth.decorator import authorized
from msgspec import UNSET, Meta, Struct, UnsetType
from tornado import web

from automatosx_nb.errors import InvalidAct
from automatosx_nb.model.access import role_of, scopes_of
from automatosx_nb.package.signing import LONGEST as LONGEST_SIGNATURE
from automatosx_nb.server.rooms import RoomHandler

_Text = Annotated[str, Meta(max_length=256)]


class _MemberBody(Struct, forbid_unknown_fields=True):
    owner: bool = False


class _BadgeBody(Struct, forbid_unknown_fields=True):
    verified: bool


class _KeyBody(Struct, forbid_unknown_fields=True):
    public: _Text
    name: _Text
    proof: _Text
    replaces: _Text | UnsetType = UNSET
    announced: _Text | UnsetType = UNSET


class _RevocationBody(Struct, forbid_unknown_fields=True):
    revoked_from: _Text
    reason: Annotated[str, Meta(max_length=2000)]


class _TokenBody(Struct, forbid_unknown_fields=True):
    name: _Text
    scopes: Annotated[list[_Text], Meta(max_length=16)]
    days: int
    user: _Text | None = None


class AccessHandler(RoomHandler):
    room = "access"


class MeHandler(AccessHandler):
    """``GET me``"""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        actor = await self.actor()
        sets = {name: sorted(getattr(actor, name)) for name in ("roles", "publishers", "owns", "scopes")}
        self.answer({"name": actor.name, "token": actor.token, "everything": actor.everything, **sets})


class PublisherHandler(AccessHandler):
    """``GET`` and ``PATCH publishers/{publisher}``"""

    @web.authenticated
    @authorized
    async def get(self, publisher: str) -> None:
        self.answer(await self.in_room(lambda access, actor: access.publisher(actor, publisher)))

    @web.authenticated
    @authorized
    async def patch(self, publisher: str) -> None:
        verified = self.body(_BadgeBody).verified
        self.answer(await self.in_room(lambda access, actor: access.verify(actor, publisher, verified=verified)))


class MemberHandler(AccessHandler):
    """``PUT`` and ``DELETE publishers/{publisher}/members/{user}``"""

    @web.authenticated
    @authorized
    async def put(self, publisher: str, user: str) -> None:
        owner = self.body(_MemberBody).owner
        self.answer(await self.in_room(lambda access, actor: access.put_member(actor, publisher, user, owner=owner)))

    @web.authenticated
    @authorized
    async def delete(self, publisher: str, user: str) -> None:
        self.answer(await self.in_room(lambda access, actor: access.remove_member(actor, publisher, user)))


class RolesHandler(AccessHandler):
    """``GET roles``"""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        self.answer({"roles": await self.in_room(lambda access, actor: access.roles(actor))})


class RoleHandler(AccessHandler):
    """``PUT`` and ``DELETE roles/{role}/{user}``"""

    @web.authenticated
    @authorized
    async def put(self, role: str, user: str) -> None:
        self.answer({"roles": await self.in_room(lambda access, actor: access.grant_role(actor, user, role_of(role)))})

    @web.authenticated
    @authorized
    async def delete(self, role: str, user: str) -> None:
        ask = await self.in_room(lambda access, actor: access.withdraw_role(actor, user, role_of(role)))
        self.answer({"roles": ask})


class TokensHandler(AccessHandler):
    """``GET`` and ``POST tokens``"""

    room = "tokens"

    @web.authenticated
    @authorized
    async def get(self) -> None:
        user = self.get_query_argument("user", "") or None
        self.answer({"tokens": await self.in_room(lambda tokens, actor: tokens.all(actor, user=user))})

    @web.authenticated
    @authorized
    async def post(self) -> None:
        body = self.body(_TokenBody)
        scopes = scopes_of(body.scopes)
        self.answer(
            await self.in_room(lambda tokens, actor: tokens.new(actor, body.name, scopes, body.days, user=body.user))
        )
        self.set_header("Cache-Control", "no-store")


class TokenHandler(AccessHandler):
    """``DELETE tokens/{token}``"""

    room = "tokens"

    @web.authenticated
    @authorized
    async def delete(self, token: str) -> None:
        self.answer(await self.in_room(lambda tokens, actor: tokens.revoke(actor, token)))


class KeysHandler(AccessHandler):
    """``GET`` and ``POST publishers/{publisher}/keys``"""

    room = "keys"

    @web.authenticated
    @authorized
    async def get(self, publisher: str) -> None:
        self.answer({"keys": await self.in_room(lambda keys, actor: keys.all(actor, publisher))})

    @web.authenticated
    @authorized
    async def post(self, publisher: str) -> None:
        body = self.body(_KeyBody)
        new = (body.public, body.name)
        if body.replaces is UNSET or body.announced is UNSET:
            if body.replaces is not body.announced:
                raise InvalidAct("the body has one of 'replaces' and 'announced'", "Send both, or neither")
            self.answer(await self.in_room(lambda keys, actor: keys.register(actor, publisher, *new, body.proof)))
            return
        old, said = body.replaces, {"announced": body.announced, "proof": body.proof}
        self.answer(await self.in_room(lambda keys, actor: keys.rotate(actor, publisher, old, *new, **said)))


class KeyHandler(AccessHandler):
    """``PATCH publishers/{publisher}/keys/{key}``"""

    room = "keys"

    @web.authenticated
    @authorized
    async def patch(self, publisher: str, key: str) -> None:
        body = self.body(_RevocationBody)
        said = {"since": body.revoked_from, "reason": body.reason}
        self.answer(await self.in_room(lambda keys, actor: keys.revoke(actor, publisher, key, **said)))


class SignatureHandler(AccessHandler):
    """``PUT plugins/{id}/{version}/signature``"""

    room = "keys"

    @web.authenticated
    @authorized
    async def put(self, plugin: str, version: str) -> None:
        if len(self.request.body) > LONGEST_SIGNATURE:
            raise InvalidAct(
                f"the body is longer than {LONGEST_SIGNATURE} bytes", "Send a detached signature (.axp.sig)"
            )
        envelope = self.request.body
        self.answer(await self.in_room(lambda keys, actor: keys.sign(actor, plugin, version, envelope)))


_ONE = r"([^/]+)"
ROUTES: tuple[tuple[str, type[AccessHandler]], ...] = (
    (r"me", MeHandler),
    (rf"publishers/{_ONE}", PublisherHandler),
    (rf"publishers/{_ONE}/members/{_ONE}", MemberHandler),
    (rf"publishers/{_ONE}/keys", KeysHandler),
    (rf"publishers/{_ONE}/keys/{_ONE}", KeyHandler),
    (r"roles", RolesHandler),
    (rf"roles/{_ONE}/{_ONE}", RoleHandler),
    (r"tokens", TokensHandler),
    (rf"tokens/{_ONE}", TokenHandler),
    (rf"plugins/{_ONE}/{_ONE}/signature", SignatureHandler),
)
"""Paths under the API, in the order in which they are tried."""
