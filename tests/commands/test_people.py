"""``member``, ``role``, ``token``, ``key``, ``sign`` and ``verify``, as they are typed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from automatosx_nb import package
from automatosx_nb.app import Marketplace
from automatosx_nb.errors import InvalidSignature, KeyLocked, LastOwner, TokenRefused, UnknownKey, UsageError
from automatosx_nb.model.identity import Scope
from automatosx_nb.registry.service import EmbeddedRegistry
from tests.commands.test_verbs import Console, ax

if TYPE_CHECKING:
    from tests.conftest import MakePlugin


class Typing(Console):
    """Types a passphrase when it is asked for one."""

    def secret(self, prompt: str) -> str | None:
        self.questions.append(prompt)
        return "correct horse"


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Marketplace]:
    """On a registry without the bundled plugins, and without a sandbox to try plugins in: nothing is run here."""
    with (
        EmbeddedRegistry(tmp_path / "registry") as registry,
        closing(Marketplace(tmp_path / "profile", registry)) as market,
    ):
        yield market


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where keys lie."""
    monkeypatch.setenv("AUTOMATOSX_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("AUTOMATOSX_KEY_PASSPHRASE", raising=False)
    return tmp_path / "home"


@pytest.fixture
def artifact(market: Marketplace, make_plugin: MakePlugin, tmp_path: Path) -> Path:
    path = tmp_path / "acme.demo-1.0.0.axp"
    path.write_bytes(package.build(make_plugin()))
    return path


def test_members_are_added_shown_and_removed(market: Marketplace, make_plugin: MakePlugin) -> None:
    market.publish(make_plugin())
    assert "It has no members" in ax(market, "member list acme")
    assert re.search(r"ann +owner", ax(market, "member add acme ann --owner"))
    assert re.search(r"bob +member", ax(market, "member add acme bob"))
    assert "bob" not in ax(market, "member remove acme bob")
    with pytest.raises(LastOwner):
        ax(market, "member remove acme ann")
    assert ax(market, "member verify acme").startswith("acme (verified)")
    assert not json.loads(ax(market, "member unverify acme --json"))["verified"]


@pytest.mark.parametrize(
    "line",
    ["member add acme", "member list acme ann", "role grant ann", "token new ci", "token revoke", "key revoke acme k"],
)
def test_a_line_that_lacks_something_says_its_usage(market: Marketplace, line: str) -> None:
    with pytest.raises(UsageError) as caught:
        ax(market, line)
    assert caught.value.usage.startswith(f"%ax {line.split()[0]}")


def test_roles_are_granted_shown_and_withdrawn(market: Marketplace) -> None:
    assert ax(market, "role list") == "Nobody has a role."
    assert re.search(r"rob +reviewer", ax(market, "role grant rob reviewer"))
    assert ax(market, "role withdraw rob reviewer") == "Nobody has a role."


def test_a_token_is_shown_once_listed_without_its_secret_and_revoked(market: Marketplace) -> None:
    made = ax(market, "token new ci --scope read --scope publish --days 7")
    secret = made.splitlines()[0]
    tokens = market.registry.tokens  # type: ignore[attr-defined]
    assert tokens.holder(secret).scopes == (Scope.READ, Scope.PUBLISH)
    listed = ax(market, "token list --json")
    assert secret not in listed
    (one,) = json.loads(listed)["tokens"]
    assert "opens nothing any more" in ax(market, f"token revoke {one['id']}")
    with pytest.raises(TokenRefused):
        tokens.holder(secret)


def test_an_artifact_is_signed_published_with_its_signature_and_verified(
    market: Marketplace, artifact: Path, home: Path
) -> None:
    typing = Typing()
    ax(market, "key new release", typing)
    assert len(typing.questions) == 2, "it is typed twice"
    (mine,) = json.loads(ax(market, "key list --json"))["keys"]
    assert re.search(rf"release +{mine['id'][:16]} +yes", ax(market, "key list")), "without its passphrase"
    ax(market, "key register acme release", typing)
    ax(market, f"sign {artifact} --key release", typing)
    assert "with its signature" in ax(market, f"publish {artifact}")
    (registered,) = json.loads(ax(market, "key list acme --json"))["keys"]
    assert registered["id"] == mine["id"]
    (release,) = market.info("acme.demo").releases
    assert release.signature is not None
    said = ax(market, f"verify {artifact}")
    assert f"acme.demo 1.0.0 is what key {release.signature.key[:16]} (release) of acme signed" in said
    assert json.loads(ax(market, f"verify {artifact} --json"))["key"]["id"] == release.signature.key
    assert "correct horse" not in "".join(path.read_text("utf-8") for path in home.glob("keys/*"))


def test_an_artifact_that_was_changed_or_signed_by_a_stranger_is_told(
    market: Marketplace, artifact: Path, home: Path, make_plugin: MakePlugin
) -> None:
    with pytest.raises(UsageError, match="key new NAME"):
        ax(market, f"sign {artifact}")
    ax(market, "key new release --no-passphrase")
    ax(market, f"sign {artifact}")
    market.publish(artifact)
    with pytest.raises(InvalidSignature, match="none that acme has registered"):
        ax(market, f"verify {artifact}")
    ax(market, "key register acme release")
    artifact.write_bytes(package.build(make_plugin(version="1.0.1")))
    with pytest.raises(InvalidSignature, match="made for another artifact"):
        ax(market, f"verify {artifact}")


def test_a_key_is_rotated_and_revoked_by_name(market: Marketplace, home: Path) -> None:
    for name in ("old", "new"):
        ax(market, f"key new {name} --no-passphrase")
    ax(market, "key register acme old")
    assert "signs nothing new" in ax(market, "key rotate acme old new")
    assert re.search(r"old .*retired since", ax(market, "key list acme"))
    assert "from 2026-01-02T00:00:00Z on counts for nothing" in ax(market, "key revoke acme new --since 2026-01-02")
    with pytest.raises(UnknownKey):
        ax(market, "key revoke acme nothing --since 2026-01-02")


def test_without_a_person_a_passphrase_comes_from_the_variable(
    market: Marketplace, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="AUTOMATOSX_KEY_PASSPHRASE"):
        ax(market, "key new release")
    monkeypatch.setenv("AUTOMATOSX_KEY_PASSPHRASE", "correct horse")
    ax(market, "key new release")
    ax(market, "key register acme release")
    monkeypatch.setenv("AUTOMATOSX_KEY_PASSPHRASE", "another")
    with pytest.raises(KeyLocked):
        ax(market, "key rotate acme release release")
