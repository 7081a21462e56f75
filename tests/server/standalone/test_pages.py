"""The web page of a registry that is its own server, where anybody may read."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

import httpx

from tests.server.pages import Outline
from tests.server.standalone.conftest import TOKEN

MakeServer = Callable[..., httpx.Client]


def test_anybody_reads_and_is_offered_to_sign_in(server: MakeServer) -> None:
    client = server(public_read=True, base_url="/team/")
    client.headers.pop("Authorization")
    path = urlsplit(str(client.base_url)).path
    found = Outline(client.get("").text)
    assert "3 plugins" in found.text
    assert "Signed in" not in found.text
    assert f"/team/login?{urlencode({'next': path})}" in found.links()
    ours = [link for link in found.links() if link.startswith("/")]
    assert all(link.startswith("/team/") for link in ours)
    for tag, attributes in found.tags:
        if tag in ("link", "script"):
            file = attributes.get("href") or attributes["src"] or ""
            assert client.get(client.base_url.join(file)).status_code == 200


def test_a_policy_of_what_may_run_has_a_browser_report_to_nothing_that_is_not_there(server: MakeServer) -> None:
    client = server(public_read=True)
    for path in ("", "api/v1/plugins", "account", "api/v1/nowhere", client.base_url.join("/login")):
        policy = client.get(path).headers["Content-Security-Policy"]
        assert "frame-ancestors 'self'" in policy
        assert "report-uri" not in policy, path


def test_whoever_signs_in_is_named_and_can_sign_out(server: MakeServer) -> None:
    client = server(public_read=True)
    client.headers.pop("Authorization")
    login = client.base_url.join("/login")
    form = Outline(client.get(login).text).fields()
    answer = client.post(login, data={**form, "password": TOKEN}, params={"next": "/automatosx/"})
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/automatosx/"
    found = Outline(client.get("").text)
    assert "Signed in as Anonymous" in found.text, "as Jupyter's own provider calls whoever has the token"
    assert "/logout" in found.links()
    client.get(client.base_url.join("/logout"))
    assert "Sign in" in Outline(client.get("").text).text
