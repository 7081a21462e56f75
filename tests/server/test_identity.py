"""Who a request counts as: in a server of one's own, in a shared one, and with a token of the registry's."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from jupyter_server.auth.decorator import authorized
from tornado import web

from automatosx_nb.model.identity import Actor, Role, Scope, owner
from automatosx_nb.registry.client.remote import RemoteRegistry
from automatosx_nb.registry.service import EmbeddedRegistry
from automatosx_nb.server.handlers import RegistryHandler

Fetch = Callable[..., Awaitable[Any]]
OWNER = owner()


class WhoHandler(RegistryHandler):
    """Tells who it takes the asking one for; ``POST`` stands for what changes something."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        self.answer(_told(await self.actor()))

    @web.authenticated
    @authorized
    async def post(self) -> None:
        self.answer(_told(await self.actor()))


def _told(actor: Actor) -> dict[str, Any]:
    names = ("name", "token", "request", "everything")
    sets = ("roles", "publishers", "owns", "scopes")
    return {name: getattr(actor, name) for name in names} | {name: sorted(getattr(actor, name)) for name in sets}


@pytest.fixture
def shared_secret(jp_server_config: dict[str, Any]) -> dict[str, Any]:
    """A server of several people who share one token of Jupyter's."""
    jp_server_config["AutomatosxExtension"]["shared"] = True
    return jp_server_config


@pytest.fixture
def who(jp_serverapp: Any, jp_fetch: Fetch) -> Callable[..., Awaitable[Any]]:
    """``await who(user=…, token=…, method=…)``: the response of :class:`WhoHandler`."""
    shelf = jp_serverapp.web_app.settings["automatosx_shelf"]
    jp_serverapp.web_app.add_handlers(".*", [(jp_serverapp.base_url + "who", WhoHandler, {"shelf": shelf})])

    async def ask(
        *, user: str = "", token: str = "", method: str = "GET", headers: dict[str, str] | None = None
    ) -> Any:
        sent = {"Authorization": f"Bearer {token}" if token else "", "X-Test-User": user, **(headers or {})}
        body = "{}" if method == "POST" else None
        return await jp_fetch("who", method=method, body=body, headers=sent, raise_error=False)

    return ask


def told(response: Any) -> dict[str, Any]:
    assert response.code == 200, response.body
    found: dict[str, Any] = json.loads(response.body)
    return found


async def test_in_a_server_of_ones_own_whoever_may_ask_owns_the_registry(
    who: Fetch, jp_auth_header: dict[str, str]
) -> None:
    found = told(await who(headers={**jp_auth_header, "X-Request-Id": "r7"}))
    assert (found["name"], found["everything"], found["request"]) == ("owner", True, "r7")
    assert found["roles"] == sorted(Role)


async def test_a_token_of_ones_own_registry_carries_its_scopes_and_no_more(who: Fetch, registry_home: Path) -> None:
    with EmbeddedRegistry(registry_home) as registry:
        made = registry.tokens.new(OWNER, "ci", {Scope.READ}, 1)
    found = told(await who(token=made.secret))
    assert (found["name"], found["everything"], found["scopes"]) == ("owner", True, ["read"])
    assert found["token"] == made.token.id


async def test_in_a_shared_server_a_user_is_what_the_registry_says(
    shared: dict[str, Any], who: Fetch, registry_home: Path
) -> None:
    with EmbeddedRegistry(registry_home) as registry:
        registry.access.put_member(OWNER, "acme", "ann", owner=True)
        registry.access.put_member(OWNER, "nordic", "ann")
        registry.access.grant_role(OWNER, "rob", Role.REVIEWER)
    ann = told(await who(user="ann"))
    assert (ann["publishers"], ann["owns"], ann["roles"]) == (["acme", "nordic"], ["acme"], [])
    assert not ann["everything"]
    assert told(await who(user="rob"))["roles"] == ["reviewer"]
    assert told(await who(user="adm"))["roles"] == ["admin"]
    assert (await who()).code == 403


async def test_in_a_shared_server_a_token_stands_for_its_user(
    shared: dict[str, Any], who: Fetch, registry_home: Path
) -> None:
    with EmbeddedRegistry(registry_home) as registry:
        registry.access.put_member(OWNER, "acme", "ann")
        made = registry.tokens.new(OWNER, "ci", {Scope.PUBLISH}, 1, user="ann")
        mine = registry.tokens.new(OWNER, "mine", {Scope.ADMIN}, 1)
    found = told(await who(token=made.secret))
    assert (found["name"], found["publishers"], found["scopes"]) == ("ann", ["acme"], ["publish"])
    folder = told(await who(token=mine.secret))
    assert (folder["roles"], folder["everything"]) == ([], False)


async def test_a_token_beats_the_user_that_comes_along(shared: dict[str, Any], who: Fetch, registry_home: Path) -> None:
    with EmbeddedRegistry(registry_home) as registry:
        made = registry.tokens.new(OWNER, "ci", {Scope.READ}, 1, user="ann")
    assert told(await who(user="adm", token=made.secret))["name"] == "ann"
    refused = await who(user="adm", token="axp_" + "A" * 43)
    assert refused.code == 401


@pytest.mark.parametrize("name", ["owner", "x" * 129])
async def test_a_user_whom_the_provider_calls_what_nobody_may_be_called_is_refused(
    shared: dict[str, Any], who: Fetch, name: str
) -> None:
    response = await who(user=name)
    assert response.code == 400
    assert json.loads(response.body)["code"] == "invalid-access-request"


async def test_where_jupyter_knows_one_secret_and_no_names_a_shared_server_is_only_read(
    shared_secret: dict[str, Any], who: Fetch, jp_auth_header: dict[str, str]
) -> None:
    found = told(await who(headers=jp_auth_header))
    assert (found["scopes"], found["roles"], found["everything"]) == (["read"], [], False)


async def test_a_token_that_opens_nothing_says_why(who: Fetch, registry_home: Path) -> None:
    with EmbeddedRegistry(registry_home) as registry:
        made = registry.tokens.new(OWNER, "ci", {Scope.READ}, 1)
        registry.tokens.revoke(OWNER, made.token.id)
    response = await who(token=made.secret)
    assert response.code == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert json.loads(response.body)["code"] == "token-refused"
    assert made.secret not in response.body.decode()


async def test_what_changes_something_takes_the_xsrf_token_of_a_browser_and_none_of_a_program(
    shared: dict[str, Any], who: Fetch, registry_home: Path
) -> None:
    with EmbeddedRegistry(registry_home) as registry:
        made = registry.tokens.new(OWNER, "ci", {Scope.READ}, 1, user="ann")
    assert (await who(user="ann", method="POST")).code == 403
    assert (await who(user="ann", method="POST", headers={"Cookie": "_xsrf=abc", "X-XSRFToken": "abc"})).code == 200
    assert (await who(token=made.secret, method="POST")).code == 200


async def test_a_token_needs_no_origin_and_a_browser_does(
    shared: dict[str, Any], who: Fetch, registry_home: Path
) -> None:
    with EmbeddedRegistry(registry_home) as registry:
        made = registry.tokens.new(OWNER, "ci", {Scope.READ}, 1, user="ann")
    elsewhere = {"Origin": "https://elsewhere.example"}
    assert (await who(user="ann", headers=elsewhere)).code == 404
    assert (await who(token=made.secret, headers=elsewhere)).code == 200


async def test_a_server_acts_in_no_registry_of_another_computer_for_whoever_asks_here(
    shared: dict[str, Any], who: Fetch, fetch: Fetch, jp_serverapp: Any, tmp_path: Path, registry_home: Path
) -> None:
    """Its rooms would be asked with this server's own token, as whoever that is."""
    with EmbeddedRegistry(registry_home) as registry:
        made = registry.tokens.new(OWNER, "ci", {Scope.READ}, 1, user="ann")
    shelf = jp_serverapp.web_app.settings["automatosx_shelf"]
    with RemoteRegistry("https://elsewhere.example/automatosx", tmp_path / "cache", token="secret") as remote:
        shelf._registry = remote
        found = told(await who(user="adm"))
        assert (found["scopes"], found["roles"]) == (["read"], [])
        assert (await who(token=made.secret)).code == 401
        cookie = {"Authorization": "", "X-Test-User": "adm", "Cookie": "_xsrf=abc", "X-XSRFToken": "abc"}
        response = await fetch("roles", "admin", "eve", method="PUT", body=b"", headers=cookie)
        assert json.loads(response.body)["code"] == "reading-only"
        for path in (("plugins",), ("plugins", "acme.draft"), ("index", "acme.draft"), ("names", "acme")):
            response = await fetch(*path, headers={"Authorization": "", "X-Test-User": "adm"})
            assert (response.code, json.loads(response.body)["code"]) == (403, "action-forbidden"), path


class TestWithAnotherRegistryInTheEnvironment:
    @pytest.fixture
    def jp_server_config(self, jp_server_config: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
        monkeypatch.setenv("AUTOMATOSX_REGISTRY", "http://127.0.0.1:9/automatosx")
        monkeypatch.setenv("AUTOMATOSX_REGISTRY_TOKEN", "the-servers-own")
        return jp_server_config

    async def test_a_server_serves_its_own_and_never_that_one_with_its_own_token(self, fetch: Fetch) -> None:
        response = await fetch("plugins", "acme.csv-doctor")
        assert (response.code, json.loads(response.body)["summary"]["id"]) == (200, "acme.csv-doctor")


async def test_the_last_admin_does_not_step_down(shared: dict[str, Any], fetch: Fetch, registry_home: Path) -> None:
    with EmbeddedRegistry(registry_home) as registry:
        registry.access.grant_role(OWNER, "ann", Role.ADMIN)
        made = registry.tokens.new(OWNER, "ann", set(Scope), 1, user="ann")
    headers = {"Authorization": f"token {made.secret}"}
    for user, status in (("bob", 200), ("ann", 200)):
        response = await fetch("roles", "admin", user, method="PUT", body=b"", headers=headers)
        assert response.code == status
    assert (await fetch("roles", "admin", "bob", method="DELETE", headers=headers)).code == 200
    response = await fetch("roles", "admin", "ann", method="DELETE", headers=headers)
    problem = json.loads(response.body)
    assert (response.code, problem["code"], problem["user"]) == (409, "last-admin", "ann")
    assert "role grant USER admin" in problem["detail"]
