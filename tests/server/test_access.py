from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from jupyter_server.auth import Authorizer

from automatosx_nb.server.asking import RESOURCE

Fetch = Callable[..., Awaitable[Any]]

PATHS = (
    ("api", "v1", "plugins"),
    ("api", "v1", "plugins", "acme.csv-doctor"),
    ("api", "v1", "plugins", "acme.csv-doctor", "versions"),
    ("api", "v1", "plugins", "acme.csv-doctor", "1.0.0"),
    ("api", "v1", "plugins", "acme.csv-doctor", "1.0.0", "artifact"),
    ("api", "v1", "index", "acme.csv-doctor"),
    ("api", "v1", "names", "acme"),
    ("api", "v1", "plan"),
    ("api", "v1", "openapi.json"),
    ("api", "v1", "healthz"),
    ("api", "v1", "nothing"),
)
PAGES = (
    (),
    ("plugins", "acme.csv-doctor"),
    ("plugins", "acme.csv-doctor", "1.0.0"),
    ("assets", "page.css"),
    ("nothing",),
)


class Denies(Authorizer):
    """Says no, and notes what it was asked."""

    asked: list[tuple[str, str]] = []  # noqa: RUF012 - read by the test

    def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
        self.asked.append((action, resource))
        return False


@pytest.fixture
def denied(jp_server_config: dict[str, Any]) -> dict[str, Any]:
    Denies.asked.clear()
    jp_server_config["ServerApp"]["authorizer_class"] = Denies
    return jp_server_config


def request(path: tuple[str, ...]) -> dict[str, Any]:
    """How that path is asked."""
    asking = {"method": "POST", "body": json.dumps({"wanted": {}})} if path[-1:] == ("plan",) else {}
    return {"raise_error": False, **asking}


async def test_the_anonymous_are_refused_everywhere(jp_fetch: Fetch) -> None:
    for path in PATHS:
        response = await jp_fetch("automatosx", *path, headers={"Authorization": ""}, **request(path))
        assert response.code == 403, path
        assert json.loads(response.body)["code"] == "http-403", path


async def test_the_anonymous_are_led_from_pages_to_the_login(jp_fetch: Fetch) -> None:
    for path in PAGES:
        asked = {"raise_error": False, "follow_redirects": False, "headers": {"Authorization": ""}}
        response = await jp_fetch("automatosx", *path, **asked)
        assert response.code == 302, path
        assert "/login?next=" in response.headers["Location"], path


async def test_whom_the_authorizer_denies_sees_no_page(denied: dict[str, Any], jp_fetch: Fetch) -> None:
    for path in PAGES:
        Denies.asked.clear()
        response = await jp_fetch("automatosx", *path, raise_error=False)
        assert response.code == 403, path
        assert b"acme" not in response.body, path
        assert Denies.asked == [("read", RESOURCE)], path


async def test_whom_the_authorizer_denies_is_refused_everywhere(denied: dict[str, Any], jp_fetch: Fetch) -> None:
    for path in PATHS:
        Denies.asked.clear()
        response = await jp_fetch("automatosx", *path, **request(path))
        assert response.code == 403, path
        assert json.loads(response.body)["code"] == "http-403", path
        assert Denies.asked == [("read", RESOURCE)], path


async def test_whoever_has_the_token_is_let_in_everywhere(jp_fetch: Fetch) -> None:
    answers = [(await jp_fetch("automatosx", *path, follow_redirects=False, **request(path))).code for path in PATHS]
    assert answers == [200] * 10 + [404]


async def test_nothing_can_be_written(jp_fetch: Fetch) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        body = None if method == "DELETE" else ""
        path = ("automatosx", "api", "v1", "plugins")
        assert (await jp_fetch(*path, method=method, body=body, raise_error=False)).code == 405, method


async def test_a_page_of_another_origin_is_refused(jp_fetch: Fetch) -> None:
    headers = {"Origin": "https://elsewhere.example", "Host": "localhost", "Authorization": ""}
    response = await jp_fetch("automatosx", "api", "v1", "plugins", headers=headers, raise_error=False)
    assert response.code in (403, 404)
