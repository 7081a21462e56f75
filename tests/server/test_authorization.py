"""Every operation × everybody × every scope of a token, as the table in ``authorization_rows`` says it."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_server.auth import IdentityProvider, User

from automatosx_nb.model.digests import digest_field
from automatosx_nb.model.identity import Role, Scope, owner
from automatosx_nb.package import digest
from automatosx_nb.registry.service import EmbeddedRegistry
from automatosx_nb.server.openapi import DOCUMENT
from automatosx_nb.server.routes import API_ROUTES
from tests.server.authorization_rows import ADMIN, EVERYBODY, MEMBER, OWNER, REVIEWER, ROWS, USER, Row
from tests.server.conftest import artifact

Fetch = Callable[..., Awaitable[Any]]
METHODS = ("head", "get", "post", "put", "patch", "delete")
ME = owner()
REFUSED = {"action-forbidden", "http-403", "http-401"}


class Named(IdentityProvider):  # type: ignore[misc,unused-ignore]
    """Stands for a hub: whoever comes says in a header who it is."""

    def get_user(self, handler: Any) -> User | None:
        name = handler.request.headers.get("X-Test-User")
        return User(name) if name else None

    def is_token_authenticated(self, handler: Any) -> bool:
        return False


@pytest.fixture
def several_people(jp_server_config: dict[str, Any], registry_home: Path) -> dict[str, str]:
    """A shared server with one user of each kind, and one who is all of them; scope → a token of that one."""
    jp_server_config["ServerApp"]["identity_provider_class"] = Named
    jp_server_config["AutomatosxExtension"]["shared"] = True
    with EmbeddedRegistry(registry_home) as registry:
        for user, owns in ((OWNER, True), (MEMBER, False), ("all", True)):
            registry.access.put_member(ME, "acme", user, owner=owns)
        for user, role in ((REVIEWER, Role.REVIEWER), (ADMIN, Role.ADMIN), ("all", Role.REVIEWER), ("all", Role.ADMIN)):
            registry.access.grant_role(ME, user, role)
        return {scope: registry.tokens.new(ME, scope, {scope}, 1, user="all").secret for scope in Scope}


def operations() -> Iterator[tuple[str, str]]:
    """From the routes themselves, not from what is said of them."""
    documented = {re.sub(r"\{\w+\}", "*", path): path for path in DOCUMENT["paths"]}
    for route, handler in API_ROUTES:
        path = documented["/" + route.replace(r"([^/]+)", "*").replace("(.+)", "*").replace("\\", "")]
        yield from ((method.upper(), path) for method in METHODS if method in vars(handler))


def test_every_operation_has_a_row_and_every_row_is_of_an_operation() -> None:
    assert set(operations()) == set(ROWS)


@pytest.fixture
def ask(fetch: Fetch) -> Fetch:
    async def asked(method: str, row: Row, **headers: str) -> Any:
        body = None if method in ("GET", "HEAD", "DELETE") else row.raw
        if row.body is not None:
            body = json.dumps(row.body).encode()
        xsrf = {"Cookie": "_xsrf=abc", "X-XSRFToken": "abc"}
        sent = {"Authorization": "", **row.headers, **xsrf, **headers}
        return await fetch(*row.path, method=method, body=body, headers=sent, allow_nonstandard_methods=True)

    return asked


def refused(response: Any) -> bool:
    """Whether it is for want of a right; a HEAD's answer has no body that would say so."""
    if response.code not in (401, 403):
        return False
    return not response.body or json.loads(response.body)["code"] in REFUSED


async def test_nobody_unknown_may_ask_anything(several_people: dict[str, str], ask: Fetch) -> None:
    allowed = [key for key, row in ROWS.items() if not refused(await ask(key[0], row))]
    assert allowed == []


async def test_each_user_may_what_the_table_says_and_no_more(several_people: dict[str, str], ask: Fetch) -> None:
    said, found = set(), set()
    for (method, path), row in ROWS.items():
        said |= {(method, path, who) for who in row.who}
        for who in sorted(EVERYBODY):
            if not refused(await ask(method, row, **{"X-Test-User": who})):
                found.add((method, path, who))
    assert found == said


async def test_a_token_carries_what_the_table_says_and_no_more(several_people: dict[str, str], ask: Fetch) -> None:
    said, found = set(), set()
    for (method, path), row in ROWS.items():
        said |= {(method, path, scope) for scope in Scope if not row.scope or scope in row.scope}
        for scope, secret in several_people.items():
            if not refused(await ask(method, row, Authorization=f"Bearer {secret}")):
                found.add((method, path, Scope(scope)))
    assert found == said


async def test_nothing_that_changes_something_takes_a_cookie_without_its_xsrf_token(
    several_people: dict[str, str], ask: Fetch
) -> None:
    changing = [(key, row) for key, row in ROWS.items() if key[0] not in ("GET", "HEAD")]
    passed = [
        key
        for key, row in changing
        if (await ask(key[0], row, **{"X-Test-User": "all", "X-XSRFToken": "no"})).code != 403
    ]
    assert passed == []


async def test_a_check_under_anothers_name_is_refused_and_is_the_members_to_ask(
    several_people: dict[str, str], ask: Fetch, tmp_path: Path
) -> None:
    data = artifact(tmp_path / "mine", "acme.csv-doctor", "1.0.0", "data-quality")
    row = Row(("checks",), headers={"Repr-Digest": digest_field(digest(data))}, raw=data)
    said = {user: await ask("POST", row, **{"X-Test-User": user}) for user in (USER, MEMBER)}
    assert {user: response.code for user, response in said.items()} == {USER: 403, MEMBER: 200}
    assert "already published" not in said[USER].body.decode()
