"""What verbs say where the registry refuses, is a mirror, or is none: what it is, and what to set."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from automatosx_nb.app import Marketplace
from automatosx_nb.errors import (
    AutomatosxError,
    PublishingElsewhere,
    ReadingOnly,
    RegistryAnswerInvalid,
    TokenRefused,
)
from automatosx_nb.registry.service import EmbeddedRegistry
from automatosx_nb.widgets import marketplace
from tests.commands.test_verbs import ax
from tests.hostile import Answering, Hostile

if TYPE_CHECKING:
    from tests.conftest import MakePlugin

Client = Callable[[], Marketplace]
REVOKED = b'{"code": "token-refused", "reason": "was revoked at 2026-11-26T23:57:16Z"}'
JUPYTER = {"Content_Security_Policy": "frame-ancestors 'self'; report-uri /api/security/csp-report"}


def refuses_the_token(request: Answering) -> bool:
    request.say(401, REVOKED, Content_Type="application/problem+json")
    return True


def has_nothing(request: Answering) -> bool:
    request.say(404, b"<html>Not Found</html>")
    return True


def is_jupyter(request: Answering) -> bool:
    """It looks at a stranger's token before it looks what is there, and then only where something is sent."""
    request.say(404 if request.command == "GET" else 403, b"<html>", **JUPYTER)
    return True


@pytest.fixture
def hostile(tmp_path: Path, make_plugin: MakePlugin) -> Iterator[Hostile]:
    with EmbeddedRegistry(tmp_path / "elsewhere") as registry:
        with closing(Marketplace(tmp_path / "publisher", registry)) as publisher:
            publisher.publish(make_plugin(permissions={"storage": "Keeps notes."}))
            publisher.publish(make_plugin(version="1.1.0"))
            publisher.publish(make_plugin("acme.other", magic="other"))
        yield Hostile(registry)


@pytest.fixture
def client(hostile: Hostile, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """A new marketplace on the same home each time, as each command of a shell is."""
    opened: list[Marketplace] = []

    def client() -> Marketplace:
        opened.append(Marketplace())
        return opened[-1]

    with hostile.serving() as address:
        monkeypatch.setenv("AUTOMATOSX_REGISTRY", address)
        monkeypatch.setenv("AUTOMATOSX_REGISTRY_TOKEN", "axp_nobody")
        yield client
        for each in opened:
            each.close()


@contextmanager
def refusal(kind: type[AutomatosxError]) -> Iterator[list[str]]:
    said: list[str] = []
    with pytest.raises(kind) as caught:
        yield said
    said.append(str(caught.value))


def test_what_is_installed_is_told_when_the_token_opens_nothing_any_more(
    hostile: Hostile, client: Client, tmp_path: Path
) -> None:
    ax(client(), "install acme.demo@1.0.0 --grant storage")
    ax(client(), "install acme.other")
    ax(client(), f"lock {tmp_path / 'lock'}")
    hostile.instead = refuses_the_token
    listed = ax(client(), "list")
    assert re.search(r"acme\.demo +1\.0\.0", listed)
    assert "What could be updated is not known: the token that was sent to http://127.0.0.1" in listed
    told = ax(client(), "info acme.demo")
    assert told.startswith("acme.demo 1.0.0\n")
    assert "Keeps notes." in told
    assert "This is what is installed; the registry tells nothing of it: the token" in told
    assert json.loads(ax(client(), "info acme.demo --json"))["releases"][0]["version"] == "1.0.0"
    assert "Keeps notes." in ax(client(), "inspect acme.demo")
    assert "is pinned" in ax(client(), "pin acme.demo")
    assert "- acme.demo 1.0.0" in ax(client(), "remove acme.demo")
    assert "+ acme.demo 1.0.0" in ax(client(), f"sync {tmp_path / 'lock'} --grant storage"), "the store has it"


def test_the_panel_opens_with_what_is_installed_and_says_why_nothing_is_found(hostile: Hostile, client: Client) -> None:
    ax(client(), "install acme.demo@1.0.0 --grant storage")
    hostile.instead = refuses_the_token
    panel = marketplace(client())
    hostile.instead, hostile.asked[:] = None, []
    bundled = panel._repr_mimebundle_()
    assert hostile.asked == [], "it was asked when the panel was made"
    assert [plugin["id"] for plugin in panel.first["installed"]["plugins"]] == ["acme.demo"]
    assert panel.first["fault"]["code"] == "token-refused"
    assert bundled is not None
    assert "the token that was sent to http://127.0.0.1" in bundled[0]["text/plain"]
    assert "the token that was sent to http://127.0.0.1" in bundled[0]["text/html"]
    hostile.instead = refuses_the_token
    (still,) = panel.conversation.installed()["plugins"]
    assert (still["id"], still["update"]) == ("acme.demo", None)
    panel.close()


def test_who_needs_the_registry_is_told_how_to_get_another_token(hostile: Hostile, client: Client) -> None:
    hostile.instead = refuses_the_token
    for line in ("search demo", "install acme.demo", "info acme.demo", "role list", "token new ci --scope read"):
        with refusal(TokenRefused) as said:
            ax(client(), line)
        assert "was revoked at 2026-11-26T23:57:16Z" in said[0], line
        for what in ("It makes no new one itself", "token new NAME", "AUTOMATOSX_REGISTRY_TOKEN"):
            assert what in said[0], line


@pytest.mark.parametrize(("answer", "says"), [(has_nothing, "404 Not Found"), (is_jupyter, "is a Jupyter server")])
def test_who_acts_at_a_wrong_address_is_told_that_there_is_no_registry(
    hostile: Hostile, client: Client, make_plugin: MakePlugin, answer: Callable[[Answering], bool], says: str
) -> None:
    hostile.instead = answer
    for line in ("search", f"publish {make_plugin(version='2.0.0')}", "rate acme.demo 5", "role list"):
        with refusal(RegistryAnswerInvalid) as said:
            ax(client(), line)
        assert says in said[0], line
        assert "Set AUTOMATOSX_REGISTRY to a registry's address" in said[0], line


@pytest.mark.parametrize("bundle", [False, True])
def test_who_acts_in_a_mirror_is_told_which_registry_it_is_a_copy_of(
    hostile: Hostile,
    client: Client,
    make_plugin: MakePlugin,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    bundle: bool,
) -> None:
    ax(client(), f"mirror {tmp_path / 'copy'} {'--bundle ' if bundle else ''}--all")
    source = client().registry.address
    monkeypatch.setenv("AUTOMATOSX_REGISTRY", str(tmp_path / "copy"))
    assert "acme.demo" in ax(client(), "search demo"), "a path is an address"
    attempts: list[tuple[type[AutomatosxError], str]] = [
        (PublishingElsewhere, f"publish {make_plugin(version='2.0.0')}")
    ]
    attempts += [(ReadingOnly, line) for line in ("rate acme.demo 5", "review list", "token list", "registry log")]
    for kind, line in attempts:
        with refusal(kind) as said:
            ax(client(), line)
        assert f"{tmp_path / 'copy'} is a mirror" in said[0], line
        assert f"AUTOMATOSX_REGISTRY={source}" in said[0], line
