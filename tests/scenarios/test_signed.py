"""What a person meets when plugins are signed: the key of the first install is pinned, and a change of it is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from automatosx_nb import package
from automatosx_nb.app import Marketplace
from automatosx_nb.errors import InvalidSignature, PolicyForbids, PublisherChanged, ResolutionConflict
from automatosx_nb.model.generation import InstalledPlugin
from automatosx_nb.model.identity import owner
from automatosx_nb.model.publisher import Signers, publisher_change, publisher_doubt
from automatosx_nb.model.signatures import SUCCESSION, succession_statement
from automatosx_nb.package.signing import SigningKey, sign
from tests.commands.test_verbs import Console, ax

if TYPE_CHECKING:
    from tests.conftest import MakePlugin

ME = owner()
Publish = Callable[..., None]


@pytest.fixture
def publish(market: Marketplace, make_plugin: MakePlugin) -> Publish:
    """``publish(version, key)``: a release signed with ``key``; None: not signed."""

    def published(version: str, key: SigningKey | None) -> None:
        data = package.build(make_plugin(version=version))
        market.publish(data, signature=sign(package.read(data), key) if key else None)

    return published


def register(market: Marketplace, key: SigningKey, old: SigningKey | None = None) -> SigningKey:
    """Have ``key`` speak for acme, as the successor of ``old`` where there is one."""
    keys: Any = market.registry.keys  # type: ignore[attr-defined]
    said = succession_statement("acme", old.id if old else "", key.id)
    proof = key.sign(SUCCESSION, said)
    if old is None:
        keys.register(ME, "acme", key.public_text, "k", proof)
    else:
        keys.rotate(ME, "acme", old.id, key.public_text, "k", announced=old.sign(SUCCESSION, said), proof=proof)
    return key


def installed(market: Marketplace) -> tuple[str, str]:
    entry = market.installed()[0]
    return entry.version, entry.signer


def test_the_first_install_pins_the_key_and_a_rotated_one_passes_without_a_question(
    market: Marketplace, publish: Publish, make_plugin: MakePlugin
) -> None:
    first = register(market, SigningKey.new())
    publish("1.0.0", first)
    market.install("acme.demo")
    assert installed(market) == ("1.0.0", first.id)
    second = register(market, SigningKey.new(), first)
    publish("1.1.0", second)
    nobody = Console(answer=False)
    said = ax(market, "update", nobody)
    assert installed(market) == ("1.1.0", second.id)
    assert nobody.questions == []
    assert f"is signed with key {second.id[:16]} now, which {first.id[:16]} announced" in said
    market.publish(make_plugin("acme.other", magic="other"))
    (new,) = market.plan("acme.other").changes
    assert new.doubt == f"is not signed, and acme.demo of the same publisher was signed with key {second.id[:16]}"
    with pytest.raises(PublisherChanged, match=r"--trust acme\.other"):
        ax(market, "install acme.other")
    ax(market, "rollback")
    assert installed(market) == ("1.0.0", first.id)


def test_a_revoked_key_waits_for_a_person_and_is_said_loudly(market: Marketplace, publish: Publish) -> None:
    first = register(market, SigningKey.new())
    publish("1.0.0", first)
    market.install("acme.demo")
    publish("1.1.0", first)
    keys: Any = market.registry.keys  # type: ignore[attr-defined]
    keys.revoke(ME, "acme", first.id, since="2020-01-01T00:00:00Z", reason="lost")
    expected = "(revoked by its publisher from 2020-01-01T00:00:00Z on) and has no signature that counts now"
    assert expected in ax(market, "update"), "left alone, and said why"
    assert installed(market) == ("1.0.0", first.id)
    assert expected in ax(market, "plan acme.demo")
    with pytest.raises(PublisherChanged, match=r"--trust acme\.demo"):
        ax(market, "update acme.demo")
    yes = Console(answer=True)
    ax(market, "update acme.demo", yes)
    assert expected in yes.questions[0]
    assert installed(market) == ("1.1.0", ""), "whom one trusts now is pinned now"


def test_each_change_of_key_is_a_doubt_and_an_announced_one_is_news() -> None:
    entry = InstalledPlugin("acme.demo", "1.0.0", "0" * 64, "*", (), "state", "", {}, signer="a" * 64)
    other, heir = Signers("b" * 64, frozenset({"a" * 64})), Signers("b" * 64, frozenset({"a" * 64, "b" * 64}))
    assert publisher_doubt(entry, "", verified=False, signers=other) == (
        "was signed with key aaaaaaaaaaaaaaaa and would be signed with bbbbbbbbbbbbbbbb, "
        "which that key did not announce"
    )
    assert publisher_doubt(entry, "", verified=False) == (
        "was signed with key aaaaaaaaaaaaaaaa and has no signature that counts now"
    )
    assert publisher_doubt(entry, "", verified=False, signers=heir) == ""
    assert publisher_change(entry, "", verified=False, signers=heir) == (
        "is signed with key bbbbbbbbbbbbbbbb now, which aaaaaaaaaaaaaaaa announced"
    )
    unsigned = replace(entry, signer="", source="here")
    assert publisher_doubt(unsigned, "here", verified=False, signers=other) == ""
    assert publisher_change(unsigned, "here", verified=False, signers=other) == (
        "is signed now, with key bbbbbbbbbbbbbbbb"
    )


def test_what_a_registry_says_was_signed_and_was_not_is_never_installed(
    market: Marketplace, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, other = register(market, SigningKey.new()), SigningKey.new()
    publish("1.0.0", key)
    honest = market.registry.plugin("acme.demo")
    release = honest.releases[0]
    assert release.signature is not None
    for false in (
        replace(release.signature, key=other.id, public=other.public_text),
        replace(release.signature, public=other.public_text),
        replace(release.signature, signature="A" * 86 + "=="),
    ):
        detail = replace(honest, releases=(replace(release, signature=false),))
        lying = Marketplace(market.profile.root, _Lying(market.registry, detail))
        with pytest.raises(InvalidSignature):
            ax(lying, "install acme.demo --trust acme.demo")
        assert not market.installed()
        lying.close()


class _Lying:
    """The same registry, which tells of a plugin what it was told to tell."""

    def __init__(self, registry: Any, detail: Any) -> None:
        self._registry, self._detail = registry, detail

    def plugin(self, _plugin: str) -> Any:
        return self._detail

    def __getattr__(self, name: str) -> Any:
        return getattr(self._registry, name)


def test_where_signatures_are_asked_for_nothing_comes_without(market: Marketplace, publish: Publish) -> None:
    publish("1.0.0", None)
    strict = Marketplace(market.profile.root, market.registry, config={"RegistryPolicy": {"require_signed": True}})
    with pytest.raises(ResolutionConflict, match="is not signed by its publisher"):
        ax(strict, "install acme.demo")
    key = register(market, SigningKey.new())
    publish("1.1.0", key)
    ax(strict, "install acme.demo")
    assert installed(market) == ("1.1.0", key.id)
    publish("1.2.0", None)
    assert "is not signed by its publisher" in ax(strict, "update acme.demo")
    assert installed(market) == ("1.1.0", key.id)
    strict.close()


def test_the_verify_step_asks_again_what_the_plan_was_told(market: Marketplace, publish: Publish) -> None:
    """A plan that was made before the policy, or by somebody else, brings nothing unsigned in."""
    from automatosx_nb.profile.transaction import _verified

    publish("1.0.0", None)
    plan = market.plan("acme.demo")
    data = b"".join(market.registry.artifact("acme.demo", "1.0.0"))
    with pytest.raises(PolicyForbids, match="not signed"):
        _verified(data, plan.changes[0], signed=True)
