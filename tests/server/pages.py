"""What tests of pages share: a page's outline, and a registry of several people."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

from jupyter_server.auth import IdentityProvider, User

Fetch = Callable[..., Awaitable[Any]]


class Named(IdentityProvider):  # type: ignore[misc,unused-ignore]
    """Stands for a hub: whoever comes says in a header who it is."""

    def get_user(self, handler: Any) -> User | None:
        name = handler.request.headers.get("X-Test-User")
        return User(name) if name else None

    def is_token_authenticated(self, handler: Any) -> bool:
        return False


class Outline(HTMLParser):
    """The tags of a page, and its visible text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data.split()

    @property
    def text(self) -> str:
        return " ".join(self.words)

    def links(self) -> list[str]:
        return [attributes.get("href") or "" for tag, attributes in self.tags if tag == "a"]

    def fields(self) -> dict[str, str]:
        """The names and values of its inputs."""
        found = [attributes for tag, attributes in self.tags if tag == "input"]
        return {each["name"] or "": each.get("value") or "" for each in found if each.get("name")}


async def outline(page: Fetch, *path: str, status: int = 200, **options: Any) -> Outline:
    response = await page(*path, **options)
    assert response.code == status, response.body
    assert response.headers["Content-Type"].startswith("text/html")
    return Outline(response.body.decode())


def by(user: str) -> dict[str, Any]:
    """Options of a request by somebody whom a hub names."""
    return {"headers": {"Authorization": "", "X-Test-User": user}}


async def send(page: Fetch, who: str, /, *path: str, **said: Any) -> Any:
    """Fill in a form of the page at ``path``, as a browser does; a list is a field that is there several times."""
    response = await page(*path, **by(who))
    token = Outline(response.body.decode()).fields().get("_xsrf", "")
    cookies = "; ".join(each.partition(";")[0] for each in response.headers.get_list("Set-Cookie"))
    headers = by(who)["headers"] | {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode({"_xsrf": token, **said}, doseq=True)
    return await page(*path, method="POST", body=body, headers=headers, follow_redirects=False)
