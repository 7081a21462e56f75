"""The rooms of another computer's registry in which people act: who one is there, its server knows by the token."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import msgspec

from automatosx_nb.model.access import NewToken, Publisher, RoleHolder, Token
from automatosx_nb.model.keys import PublisherKey, ReleaseSignature
from automatosx_nb.registry.client.room import Room

if TYPE_CHECKING:
    from automatosx_nb.model.identity import Actor, Role, Scope


class _Roles(msgspec.Struct):
    roles: tuple[RoleHolder, ...]


class _Tokens(msgspec.Struct):
    tokens: tuple[Token, ...]


class _Keys(msgspec.Struct):
    keys: tuple[PublisherKey, ...]


class RemoteAccess(Room):
    """Implements :class:`automatosx_nb.model.ports_registry.Access`."""

    def publisher(self, _actor: Actor, name: str) -> Publisher:
        return self._ask(Publisher, "GET", "publishers", name)

    def put_member(self, _actor: Actor, publisher: str, user: str, *, owner: bool = False) -> Publisher:
        return self._ask(Publisher, "PUT", "publishers", publisher, "members", user, body={"owner": owner})

    def remove_member(self, _actor: Actor, publisher: str, user: str) -> Publisher:
        return self._ask(Publisher, "DELETE", "publishers", publisher, "members", user)

    def roles(self, _actor: Actor) -> tuple[RoleHolder, ...]:
        return self._ask(_Roles, "GET", "roles").roles

    def grant_role(self, _actor: Actor, user: str, role: Role) -> tuple[RoleHolder, ...]:
        return self._ask(_Roles, "PUT", "roles", role, user).roles

    def withdraw_role(self, _actor: Actor, user: str, role: Role) -> tuple[RoleHolder, ...]:
        return self._ask(_Roles, "DELETE", "roles", role, user).roles

    def verify(self, _actor: Actor, publisher: str, *, verified: bool) -> Publisher:
        return self._ask(Publisher, "PATCH", "publishers", publisher, body={"verified": verified})


class RemoteTokens(Room):
    """Implements :class:`automatosx_nb.model.ports_registry.Tokens`."""

    def new(
        self, _actor: Actor, name: str, scopes: Collection[Scope], days: int, *, user: str | None = None
    ) -> NewToken:
        wish = {"name": name, "scopes": sorted(scopes), "days": days, "user": user}
        return self._ask(NewToken, "POST", "tokens", body=wish)

    def all(self, _actor: Actor, *, user: str | None = None) -> tuple[Token, ...]:
        return self._ask(_Tokens, "GET", "tokens", user=user).tokens

    def revoke(self, _actor: Actor, token: str) -> Token:
        return self._ask(Token, "DELETE", "tokens", token)


class RemoteKeys(Room):
    """Implements :class:`automatosx_nb.model.ports_registry.Keys`."""

    def all(self, _actor: Actor, publisher: str) -> tuple[PublisherKey, ...]:
        return self._ask(_Keys, "GET", "publishers", publisher, "keys").keys

    def register(self, _actor: Actor, publisher: str, public: str, name: str, proof: str) -> PublisherKey:
        wish = {"public": public, "name": name, "proof": proof}
        return self._ask(PublisherKey, "POST", "publishers", publisher, "keys", body=wish)

    def rotate(
        self, _actor: Actor, publisher: str, old: str, public: str, name: str, *, announced: str, proof: str
    ) -> PublisherKey:
        wish = {"public": public, "name": name, "proof": proof, "replaces": old, "announced": announced}
        return self._ask(PublisherKey, "POST", "publishers", publisher, "keys", body=wish)

    def revoke(self, _actor: Actor, publisher: str, key: str, *, since: str, reason: str) -> PublisherKey:
        wish = {"revoked_from": since, "reason": reason}
        return self._ask(PublisherKey, "PATCH", "publishers", publisher, "keys", key, body=wish)

    def sign(self, _actor: Actor, plugin: str, version: str, signature: bytes) -> ReleaseSignature:
        return self._ask(ReleaseSignature, "PUT", "plugins", plugin, version, "signature", raw=signature)
