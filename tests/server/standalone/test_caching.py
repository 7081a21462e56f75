"""What a cache between a server and its clients may keep, and what of it strangers are shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from automatosx_nb.model.identity import owner
from automatosx_nb.model.release import Stage
from automatosx_nb.registry.service import EmbeddedRegistry
from tests.server.conftest import artifact
from tests.server.standalone.conftest import WITH_TOKEN

MakeServer = Callable[..., httpx.Client]

INDEX = "api/v1/index/acme.csv-doctor"
PUBLIC = "public, max-age=10, stale-while-revalidate=20"
PRIVATE = "private, no-cache"


def asked(client: httpx.Client, path: str = INDEX, **headers: str) -> httpx.Response:
    """Without what an earlier answer may have logged in."""
    client.cookies.clear()
    return client.get(path, headers=headers)


def stranger(client: httpx.Client) -> httpx.Client:
    client.headers.pop("Authorization")
    return client


@pytest.mark.parametrize("first", [{}, WITH_TOKEN])
def test_only_what_a_stranger_was_given_may_be_kept_for_others(server: MakeServer, first: dict[str, str]) -> None:
    client = stranger(server(public_read=True))
    asked(client, **first)
    for _ in range(4):  # also by the short way
        public, private = asked(client), asked(client, **WITH_TOKEN)
        assert (public.headers["Cache-Control"], private.headers["Cache-Control"]) == (PUBLIC, PRIVATE)
        for answer in (public, private):
            assert answer.headers["Vary"] == "Accept-Encoding, Authorization, Cookie, Origin"
        assert "Set-Cookie" not in public.headers
        had = asked(client, **{"If-None-Match": public.headers["Etag"]})
        assert (had.status_code, had.headers["Cache-Control"], had.headers["Vary"]) == (
            304,
            PUBLIC,
            public.headers["Vary"],
        )


def test_nothing_else_may_be_kept_for_others(server: MakeServer) -> None:
    client = stranger(server(public_read=True))
    for path in ("plugins", "plugins/acme.csv-doctor", "plugins/acme.csv-doctor/1.0.0/artifact", "index/acme.nobody"):
        for _ in range(3):
            assert "public" not in asked(client, f"api/v1/{path}").headers.get("Cache-Control", ""), path


def test_where_strangers_are_let_in_to_nothing_nothing_may_be_kept(server: MakeServer) -> None:
    client = stranger(server())
    assert asked(client).status_code == 403
    assert "public" not in asked(client).headers.get("Cache-Control", "")
    assert asked(client, **WITH_TOKEN).headers["Cache-Control"] == PRIVATE


def test_what_may_be_kept_has_no_draft_and_says_at_once_what_is_quarantined(
    server: MakeServer, registry_home: Path, tmp_path: Path
) -> None:
    client = stranger(server(public_read=True))
    before = asked(client)
    with EmbeddedRegistry(registry_home) as registry:
        draft = artifact(tmp_path / "draft", "acme.csv-doctor", "9.0.0", "text")
        registry.publish(draft, stage=Stage.DRAFT)
        assert "9.0.0" in {str(each.version) for each in registry.releases("acme.csv-doctor")}
        registry.moderation.quarantine(owner(), "acme.csv-doctor", "1.0.0", "It reads what it should not.")
    after = asked(client, **{"If-None-Match": before.headers["Etag"], "Cache-Control": "no-cache"})
    while after.status_code == 304:  # until the server hears of it
        after = asked(client, **{"If-None-Match": before.headers["Etag"]})
    said = {each["version"]: each["quarantined"] for each in after.json()["releases"]}
    assert "9.0.0" not in said
    assert said["1.0.0"] == "It reads what it should not."
    assert after.headers["Cache-Control"] == PUBLIC
