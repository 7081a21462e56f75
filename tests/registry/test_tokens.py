"""Tokens, in a real registry: what they carry, until when, and that their secrets lie nowhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select, update

from automatosx_nb.errors import ActionForbidden, InvalidAccessRequest, TokenRefused, UnknownToken
from automatosx_nb.model.access import looks_like_token
from automatosx_nb.model.identity import Actor, Role, Scope, owner
from automatosx_nb.registry.schema import audit, tokens
from automatosx_nb.registry.service import EmbeddedRegistry

ANN = Actor("ann")
ADMIN = Actor("adm", roles=frozenset({Role.ADMIN}))


def test_a_secret_opens_what_its_token_says_until_it_is_revoked(registry: EmbeddedRegistry) -> None:
    made = registry.tokens.new(ANN, "ci", {Scope.PUBLISH, Scope.READ}, 30)
    assert looks_like_token(made.secret)
    held = registry.tokens.holder(made.secret)
    assert (held.id, held.user, held.scopes) == (made.token.id, "ann", (Scope.READ, Scope.PUBLISH))
    registry.tokens.revoke(ANN, made.token.id)
    with pytest.raises(TokenRefused, match="was revoked at"):
        registry.tokens.holder(made.secret)


def test_a_secret_lies_nowhere(registry: EmbeddedRegistry, home: Path) -> None:
    secret = registry.tokens.new(ANN, "ci", {Scope.READ}, 30).secret
    registry.tokens.holder(secret)
    registry.close()
    for file in home.rglob("*"):
        assert not file.is_file() or secret[4:].encode() not in file.read_bytes(), file


def test_an_expired_token_opens_nothing(registry: EmbeddedRegistry) -> None:
    made = registry.tokens.new(ANN, "ci", {Scope.READ}, 1)
    with registry._database.write() as connection:
        connection.execute(update(tokens).values(expires="2026-01-01T00:00:00Z"))
    with pytest.raises(TokenRefused, match="expired at 2026-01-01T00:00:00Z"):
        registry.tokens.holder(made.secret)


@pytest.mark.parametrize("secret", ["axp_", "axp_" + "A" * 43, "axp_" + "A" * 44, "", "axp_" + "é" * 43])
def test_what_is_no_token_opens_nothing(registry: EmbeddedRegistry, secret: str) -> None:
    registry.tokens.new(ANN, "ci", {Scope.READ}, 1)
    with pytest.raises(TokenRefused, match="no token of this registry"):
        registry.tokens.holder(secret)


def test_use_is_noted_to_the_hour_and_written_once_in_it(registry: EmbeddedRegistry) -> None:
    made = registry.tokens.new(ANN, "ci", {Scope.READ}, 30)
    assert registry.tokens.all(ANN)[0].used is None
    registry.tokens.holder(made.secret)
    used = registry.tokens.all(ANN)[0].used
    assert used is not None
    assert used.endswith(":00:00Z")


def test_each_sees_and_revokes_its_own_and_an_admin_everybodys(registry: EmbeddedRegistry) -> None:
    made = registry.tokens.new(ANN, "ci", {Scope.READ}, 30)
    assert [each.id for each in registry.tokens.all(ANN)] == [made.token.id]
    bob = Actor("bob")
    assert registry.tokens.all(bob) == ()
    with pytest.raises(ActionForbidden):
        registry.tokens.all(bob, user="ann")
    with pytest.raises(UnknownToken):
        registry.tokens.revoke(bob, made.token.id)
    assert registry.tokens.all(ADMIN, user="ann") == registry.tokens.all(ANN)
    assert registry.tokens.revoke(ADMIN, made.token.id).revoked is not None


def test_only_an_admin_makes_a_token_for_somebody_else(registry: EmbeddedRegistry) -> None:
    with pytest.raises(ActionForbidden):
        registry.tokens.new(ANN, "ci", {Scope.READ}, 30, user="bob")
    made = registry.tokens.new(ADMIN, "ci", {Scope.PUBLISH}, 30, user="bob")
    assert registry.tokens.holder(made.secret).user == "bob"


def test_no_token_makes_one_that_carries_more(registry: EmbeddedRegistry) -> None:
    robot = replace(ANN, scopes=frozenset({Scope.READ, Scope.PUBLISH}), token="t1")
    with pytest.raises(ActionForbidden, match="a token of scope 'admin'"):
        registry.tokens.new(robot, "more", {Scope.READ}, 1)
    half = replace(ANN, scopes=frozenset({Scope.READ, Scope.ADMIN}), token="t1")
    with pytest.raises(ActionForbidden, match="a token of scope 'publish'"):
        registry.tokens.new(half, "more", {Scope.PUBLISH}, 1)
    assert registry.tokens.new(half, "less", {Scope.READ}, 1).token.scopes == (Scope.READ,)


def test_a_token_revokes_itself_and_no_other(registry: EmbeddedRegistry) -> None:
    ids = [registry.tokens.new(ANN, name, {Scope.READ}, 30).token.id for name in ("one", "two")]
    one = replace(ANN, scopes=frozenset({Scope.READ}), token=ids[0])
    with pytest.raises(ActionForbidden):
        registry.tokens.revoke(one, ids[1])
    assert registry.tokens.revoke(one, ids[0]).revoked is not None


@pytest.mark.parametrize(
    ("part", "name", "scopes", "days"),
    [
        ("name", "", {"read"}, 1),
        ("lifetime", "ci", {"read"}, 0),
        ("lifetime", "ci", {"read"}, 367),
        ("scopes", "ci", set(), 1),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(
    registry: EmbeddedRegistry, part: str, name: str, scopes: set[str], days: int
) -> None:
    with pytest.raises(InvalidAccessRequest) as refused:
        registry.tokens.new(ANN, name, {Scope(each) for each in scopes}, days)
    assert refused.value.part == part


def test_the_audit_says_who_made_and_revoked_which(registry: EmbeddedRegistry) -> None:
    made = registry.tokens.new(owner(), "ci", {Scope.READ}, 30, user="ann")
    for _ in range(2):
        registry.tokens.revoke(ANN, made.token.id)
    with registry._database.read() as connection:
        rows = [(row.actor, row.action, row.details["id"]) for row in connection.execute(select(audit))]
    assert rows == [("owner", "token-new", made.token.id), ("ann", "token-revoke", made.token.id)]
    assert made.secret not in repr(rows)
