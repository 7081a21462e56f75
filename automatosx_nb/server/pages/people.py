"""Who is who: a publisher's members and keys, who has a role, and one's own tokens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from jupyter_server.auth.decorator import authorized
from tornado import web

from automatosx_nb.errors import InvalidAccessRequest
from automatosx_nb.model.access import LONGEST_DAYS, role_of, scopes_of
from automatosx_nb.model.identity import Role, Scope
from automatosx_nb.server.pages.acting import ActingPage

if TYPE_CHECKING:
    from automatosx_nb.errors import UserError
    from automatosx_nb.model.access import NewToken
    from automatosx_nb.model.identity import Actor
    from automatosx_nb.model.ports_registry import Access, Tokens


class PublisherPage(ActingPage):
    """``GET publishers/{name}``; ``POST`` with ``do``: ``put``, ``remove``, ``verify`` or ``unverify``."""

    @web.authenticated
    @authorized
    async def get(self, name: str) -> None:
        await self._show(name, None)

    @web.authenticated
    @authorized
    async def post(self, name: str) -> None:
        user, owner = self.said("user"), bool(self.said("owner"))
        acts: Mapping[str, Callable[[Access, Actor], object]] = {
            "put": lambda access, actor: access.put_member(actor, name, user, owner=owner),
            "remove": lambda access, actor: access.remove_member(actor, name, user),
            "verify": lambda access, actor: access.verify(actor, name, verified=True),
            "unverify": lambda access, actor: access.verify(actor, name, verified=False),
        }
        await self.act("access", acts, then=self.site.publisher(name), show=lambda error: self._show(name, error))

    async def _show(self, name: str, refused: UserError | None) -> None:
        actor = await self.actor()
        found = await self.in_room("access", lambda access, who: access.publisher(who, name))
        keys = await self.in_room("keys", lambda room, who: room.all(who, name))
        await self.show_form(
            "publisher",
            refused,
            publisher=found,
            keys=keys,
            may_manage=actor.may_manage(name),
            may_verify=actor.may_administer,
            me=actor.name,
        )


class RolesPage(ActingPage):
    """``GET roles``, for admins; ``POST`` with ``do``: ``grant`` or ``withdraw``."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        await self._show(None)

    @web.authenticated
    @authorized
    async def post(self) -> None:
        user, role = self.said("user"), self.said("role")
        acts: Mapping[str, Callable[[Access, Actor], object]] = {
            "grant": lambda access, actor: access.grant_role(actor, user, role_of(role)),
            "withdraw": lambda access, actor: access.withdraw_role(actor, user, role_of(role)),
        }
        await self.act("access", acts, then=self.site.roles, show=self._show)

    async def _show(self, refused: UserError | None) -> None:
        holders = await self.in_room("access", lambda access, who: access.roles(who))
        await self.show_form("roles", refused, holders=holders, roles=tuple(Role), me=(await self.actor()).name)


class AccountPage(ActingPage):
    """``GET account``; ``POST`` with ``do``: ``new``, whose answer has the secret this once, or ``revoke``."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        await self._show(None)

    @web.authenticated
    @authorized
    async def post(self) -> None:
        made: list[NewToken] = []

        def new(tokens: Tokens, actor: Actor) -> None:
            made.append(tokens.new(actor, self.said("name"), self._scopes(), self._days()))

        def revoke(tokens: Tokens, actor: Actor) -> None:
            tokens.revoke(actor, self.said("token"))

        refused = await self.refusal("tokens", self.asked({"new": new, "revoke": revoke}))
        if refused is None and not made:
            self.redirect(self.site.account, status=303)
        else:
            await self._show(refused, made[0] if made else None)

    def _scopes(self) -> tuple[Scope, ...]:
        return scopes_of(self.get_body_arguments("scope"))

    def _days(self) -> int:
        said = self.said("days")
        if not (said.isascii() and said.isdigit() and len(said) < 6):
            raise InvalidAccessRequest("lifetime", repr(said), f"a whole number of days, 1 to {LONGEST_DAYS}")
        return int(said)

    async def _show(self, refused: UserError | None, made: NewToken | None = None) -> None:
        actor = await self.known()
        tokens = await self.in_room("tokens", lambda room, who: room.all(who))
        await self.show_form(
            "account", refused, actor=actor, tokens=tokens, made=made, scopes=tuple(Scope), longest=LONGEST_DAYS
        )
