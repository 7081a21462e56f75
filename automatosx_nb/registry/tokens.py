"""Tokens for automation: what a program sends in place of a person, for a while and for some things only."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import insert, select, update

from automatosx_nb.errors import ActionForbidden, ProfileReadOnly, RegistryBusy, TokenRefused, UnknownToken
from automatosx_nb.model.access import (
    TOKEN_PREFIX,
    NewToken,
    Token,
    lifetime,
    looks_like_token,
    scopes_of,
    token_name,
    user_name,
)
from automatosx_nb.model.identity import Scope
from automatosx_nb.registry import acts, revisions
from automatosx_nb.registry.schema import tokens

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

    from automatosx_nb.model.identity import Actor
    from automatosx_nb.registry.database import Database
    from automatosx_nb.registry.records import Record

_BYTES = 32
"""Of a secret: 256 bits, so that guessing needs no slow hash to be hopeless."""


class Tokens:
    """Implements :class:`automatosx_nb.model.ports_registry.Tokens`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def new(
        self, actor: Actor, name: str, scopes: Collection[Scope], days: int, *, user: str | None = None
    ) -> NewToken:
        """As the protocol's."""
        _require_all_of(actor, scopes)
        if user is not None and user != actor.name:
            actor.administer()
            user_name(user)
        secret = TOKEN_PREFIX + secrets.token_urlsafe(_BYTES)
        now = datetime.now(UTC)
        row = {
            "id": uuid4().hex,
            "user": user or actor.name,
            "name": token_name(name),
            "digest": _digest(secret),
            "scopes": list(scopes_of(scopes)),
            "created": acts.written(now),
            "expires": acts.written(now + timedelta(days=lifetime(days))),
        }
        with self._database.write() as connection:
            connection.execute(insert(tokens).values(row))
            token = _token(_one(connection, str(row["id"])))
            acts.record(
                connection,
                actor,
                "token-new",
                id=token.id,
                user=token.user,
                name=token.name,
                scopes=list(token.scopes),
                expires=token.expires,
            )
            return NewToken(token, secret)

    def all(self, actor: Actor, *, user: str | None = None) -> tuple[Token, ...]:
        """As the protocol's."""
        if user is not None and user != actor.name:
            actor.administer()
        query = select(tokens).where(tokens.c.user == (user or actor.name))
        with self._database.read() as connection:
            return tuple(map(_token, connection.execute(query.order_by(tokens.c.created.desc(), tokens.c.id))))

    def revoke(self, actor: Actor, token: str) -> Token:
        """As the protocol's."""
        with self._database.write() as connection:
            revisions.hold(connection)
            row = _one(connection, token)
            if row.user != actor.name and not actor.may_administer:
                raise UnknownToken(token)
            if token != actor.token and Scope.ADMIN not in actor.scopes:
                raise ActionForbidden(actor.name, "revoke another token", f"a token of scope '{Scope.ADMIN}'")
            if row.revoked is None:
                revisions.next_revision(connection)  # by which other processes hear of it
                connection.execute(update(tokens).where(tokens.c.id == token).values(revoked=acts.now()))
                acts.record(connection, actor, "token-revoke", id=token, user=row.user)
            return _token(_one(connection, token))

    def holder(self, secret: str) -> Token:
        """The token with that secret, which counts as used now. Not over the network: a server asks it of its own.

        It is found by its digest, so how long that takes says nothing of any secret.

        :raises TokenRefused: there is none, or it expired, or was revoked.
        """
        if not looks_like_token(secret):
            raise TokenRefused("is no token of this registry")
        with self._database.read() as connection:
            row = connection.execute(select(tokens).where(tokens.c.digest == _digest(secret))).one_or_none()
        if row is None:
            raise TokenRefused("is no token of this registry")
        now = acts.now()
        if row.revoked is not None:
            raise TokenRefused(f"was revoked at {row.revoked}")
        if row.expires <= now:
            raise TokenRefused(f"expired at {row.expires}")
        self._note_use(row, f"{now[:13]}:00:00Z")
        return _token(row)

    def _note_use(self, row: Record, hour: str) -> None:
        """Noting it keeps nobody out: where the registry cannot be written now, it is left out."""
        if row.used == hour or self._database.read_only:
            return
        try:
            with self._database.write() as connection:
                connection.execute(update(tokens).where(tokens.c.id == row.id).values(used=hour))
        except (ProfileReadOnly, RegistryBusy):
            return


def _require_all_of(actor: Actor, scopes: Collection[Scope]) -> None:
    """A token that could make one of more than it carries would carry everything."""
    needed = [scope for scope in Scope if scope in {Scope.ADMIN, *scopes} and scope not in actor.scopes]
    if needed:
        raise ActionForbidden(actor.name, "make such a token", f"a token of scope '{needed[0]}'")


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _one(connection: Connection, token: str) -> Record:
    row = connection.execute(select(tokens).where(tokens.c.id == token)).one_or_none()
    if row is None:
        raise UnknownToken(token)
    return row


def _token(row: Record) -> Token:
    return Token(row.id, row.user, row.name, scopes_of(row.scopes), row.created, row.expires, row.revoked, row.used)
