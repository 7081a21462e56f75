"""Publishers' keys and releases' signatures, in a real registry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select, update

from automatosx_nb import package
from automatosx_nb.errors import (
    ActionForbidden,
    InvalidAccessRequest,
    InvalidPluginId,
    InvalidSignature,
    KeyRefused,
    PublishRefused,
    ReleaseExists,
    SignatureRequired,
    UnknownKey,
    UnknownRelease,
)
from automatosx_nb.model.identity import Actor, Role, Scope, owner
from automatosx_nb.model.keys import PublisherKey
from automatosx_nb.model.publishing import PublishPolicy
from automatosx_nb.model.release import Stage
from automatosx_nb.model.review import ReviewPolicy
from automatosx_nb.model.signatures import SUCCESSION, heirs, succession_statement
from automatosx_nb.package.signing import SigningKey, sign
from automatosx_nb.registry.schema import audit, plugins, signatures
from automatosx_nb.registry.service import EmbeddedRegistry

Build = Callable[..., bytes]
ME = owner()
PAST = "2020-01-01T00:00:00Z"


def register(registry: EmbeddedRegistry, key: SigningKey, actor: Actor = ME, publisher: str = "acme") -> PublisherKey:
    proof = key.sign(SUCCESSION, succession_statement(publisher, "", key.id))
    return registry.keys.register(actor, publisher, key.public_text, "laptop", proof)


def rotate(registry: EmbeddedRegistry, old: SigningKey, new: SigningKey, by: SigningKey | None = None) -> PublisherKey:
    said = succession_statement("acme", old.id, new.id)
    announced, proof = (by or old).sign(SUCCESSION, said), new.sign(SUCCESSION, said)
    return registry.keys.rotate(ME, "acme", old.id, new.public_text, "next", announced=announced, proof=proof)


def signed(data: bytes, key: SigningKey) -> bytes:
    return sign(package.read(data), key)


def key_of(registry: EmbeddedRegistry, version: str = "1.0.0") -> str | None:
    """Who signed, as the details say, held against what the index says."""
    detail = registry.plugin("acme.csv-doctor")
    found = next(each.signature for each in detail.releases if each.version == version)
    index = next(each.signed for each in registry.releases("acme.csv-doctor") if str(each.version) == version)
    assert index == (found.key if found else None)
    return index


def test_a_release_comes_with_its_signature_in_one_act(registry: EmbeddedRegistry, build: Build) -> None:
    key, data = SigningKey.new(), build()
    register(registry, key)
    registry.publish(data, signature=signed(data, key))
    assert key_of(registry) == key.id
    assert [each.id for each in registry.plugin("acme.csv-doctor").keys] == [key.id]


def test_a_signature_that_is_wrong_keeps_the_release_out(registry: EmbeddedRegistry, build: Build) -> None:
    key, data, other = SigningKey.new(), build(), build(source="def run():\n    return 2\n")
    register(registry, key)
    with pytest.raises(UnknownKey):
        registry.publish(data, signature=signed(data, SigningKey.new()))
    with pytest.raises(InvalidSignature):
        registry.publish(data, signature=signed(other, key))
    assert registry.releases("acme.csv-doctor") == []


def test_a_release_is_signed_afterwards_once_however_often_it_is_sent(registry: EmbeddedRegistry, build: Build) -> None:
    key, data = SigningKey.new(), build()
    registry.publish(data)
    assert key_of(registry) is None
    register(registry, key)
    for _ in range(2):
        registry.keys.sign(ME, "acme.csv-doctor", "1.0.0", signed(data, key))
    registry.publish(data, signature=signed(data, key))
    assert key_of(registry) == key.id
    with registry._database.read() as connection:
        assert len(connection.execute(select(signatures)).all()) == 1
        acts = [row.action for row in connection.execute(select(audit).order_by(audit.c.key))]
    assert acts == ["publish", "key-register", "release-sign"]
    with pytest.raises(UnknownRelease):
        registry.keys.sign(ME, "acme.csv-doctor", "9.0.0", signed(data, key))


def test_only_a_member_signs_and_only_an_owner_says_whose_keys_are_whose(
    registry: EmbeddedRegistry, build: Build
) -> None:
    key, data = SigningKey.new(), build()
    registry.publish(data)
    registry.access.put_member(ME, "acme", "ann", owner=True)
    registry.access.put_member(ME, "acme", "bob")
    ann, bob, eve = (registry.access.actor(name) for name in ("ann", "bob", "eve"))
    robot = replace(ann, scopes=frozenset({Scope.READ, Scope.PUBLISH}))
    for nobody in (bob, eve, robot):
        with pytest.raises(ActionForbidden):
            register(registry, key, nobody)
        with pytest.raises(ActionForbidden):
            registry.keys.revoke(nobody, "acme", key.id, since=PAST, reason="x")
    register(registry, key, ann)
    with pytest.raises(ActionForbidden):
        registry.keys.sign(eve, "acme.csv-doctor", "1.0.0", signed(data, key))
    registry.keys.sign(bob, "acme.csv-doctor", "1.0.0", signed(data, key))
    assert key_of(registry) == key.id


def test_a_key_under_a_free_name_makes_the_publisher_so_that_its_first_release_is_signed(
    registry: EmbeddedRegistry,
) -> None:
    ann = registry.access.actor("ann")
    register(registry, SigningKey.new(), ann, "fresh")
    assert registry.access.actor("ann").owns == {"fresh"}
    with pytest.raises(ActionForbidden):
        register(registry, SigningKey.new(), registry.access.actor("bob"), "fresh")
    with pytest.raises(InvalidPluginId):
        register(registry, SigningKey.new(), ann, "Not A Name")
    with pytest.raises(ActionForbidden):
        register(registry, SigningKey.new(), replace(ann, scopes=frozenset({Scope.PUBLISH})), "other")


def test_nobody_registers_a_key_without_its_private_half_nor_one_twice(registry: EmbeddedRegistry) -> None:
    key, thief = SigningKey.new(), SigningKey.new()
    false = thief.sign(SUCCESSION, succession_statement("acme", "", key.id))
    with pytest.raises(KeyRefused, match="without a proof"):
        registry.keys.register(ME, "acme", key.public_text, "x", false)
    with pytest.raises(KeyRefused, match="32 bytes"):
        registry.keys.register(ME, "acme", "AAAA", "x", false)
    register(registry, key)
    for publisher in ("acme", "other"):
        with pytest.raises(KeyRefused, match="registered here already"):
            register(registry, key, publisher=publisher)


def test_a_rotated_key_retires_the_old_one_and_is_its_heir(registry: EmbeddedRegistry, build: Build) -> None:
    old, new = SigningKey.new(), SigningKey.new()
    first, second = build(), build("acme.csv-doctor", "1.1.0")
    register(registry, old)
    registry.publish(first, signature=signed(first, old))
    with pytest.raises(KeyRefused, match="is not announced"):
        rotate(registry, old, new, by=new)
    rotate(registry, old, new)
    with pytest.raises(KeyRefused, match="was retired"):
        registry.publish(second, signature=signed(second, old))
    registry.publish(second, signature=signed(second, new))
    assert (key_of(registry), key_of(registry, "1.1.0")) == (old.id, new.id)
    assert heirs(registry.plugin("acme.csv-doctor").keys, old.id) == {old.id, new.id}
    with pytest.raises(KeyRefused, match="was retired"):
        rotate(registry, old, SigningKey.new())


def test_what_a_revoked_key_signed_from_then_on_counts_for_nothing(registry: EmbeddedRegistry, build: Build) -> None:
    key = SigningKey.new()
    register(registry, key)
    for version, at in (("1.0.0", "2021-05-01T00:00:00Z"), ("1.1.0", "2021-07-01T00:00:00Z")):
        data = build("acme.csv-doctor", version)
        registry.publish(data, signature=signed(data, key))
        with registry._database.write() as connection:
            connection.execute(update(signatures).where(signatures.c.signed > "2022").values(signed=at))
    revoked = registry.keys.revoke(ME, "acme", key.id, since="2021-06-01T00:00:00+00:00", reason="a lost laptop")
    assert (revoked.revoked_from, revoked.reason) == ("2021-06-01T00:00:00Z", "a lost laptop")
    assert (key_of(registry), key_of(registry, "1.1.0")) == (key.id, None)
    data = build("acme.csv-doctor", "1.2.0")
    with pytest.raises(KeyRefused, match="was revoked"):
        registry.publish(data, signature=signed(data, key))
    registry.keys.revoke(ME, "acme", key.id, since="2021-08-01T00:00:00Z", reason="no, later")
    assert key_of(registry, "1.1.0") is None
    registry.keys.revoke(ME, "acme", key.id, since=PAST, reason="earlier than we thought")
    assert key_of(registry) is None


@pytest.mark.parametrize(
    "since",
    [
        *("", "yesterday", "2021-06-01T00:00:00", "2999-01-01T00:00:00Z"),
        *("0999-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"),  # as text, later than today; before any time there is
    ],
)
def test_a_key_is_revoked_from_a_time_that_is_past(registry: EmbeddedRegistry, since: str) -> None:
    key = SigningKey.new()
    register(registry, key)
    with pytest.raises(InvalidAccessRequest) as refused:
        registry.keys.revoke(ME, "acme", key.id, since=since, reason="x")
    assert refused.value.part == "time"
    with pytest.raises(UnknownKey):
        registry.keys.revoke(ME, "acme", "f" * 64, since=PAST, reason="x")


def test_a_change_of_keys_is_a_change_of_the_publishers_plugins_and_of_no_others(
    registry: EmbeddedRegistry, build: Build
) -> None:
    registry.publish(build())
    registry.publish(build("nordic.plots", "1.0.0"))

    def revisions() -> dict[str, int]:
        with registry._database.read() as connection:
            return {row.id: row.revision for row in connection.execute(select(plugins))}

    before = revisions()
    register(registry, SigningKey.new())
    after = revisions()
    assert after["acme.csv-doctor"] > max(before.values())
    assert after["nordic.plots"] == before["nordic.plots"]


def test_where_signatures_are_asked_for_only_a_draft_comes_without(home: Path, build: Build) -> None:
    key, data = SigningKey.new(), build()
    with EmbeddedRegistry(home, policy=lambda: PublishPolicy(signed=True)) as registry:
        register(registry, key)
        with pytest.raises(SignatureRequired):
            registry.publish(data)
        registry.publish(data, signature=signed(data, key))
        draft = build("acme.csv-doctor", "2.0.0")
        registry.publish(draft, stage=Stage.DRAFT)
        assert key_of(registry) == key.id
        with pytest.raises(SignatureRequired):
            registry.reviews.promote(ME, "acme.csv-doctor", "2.0.0", Stage.STABLE)
        registry.keys.sign(ME, "acme.csv-doctor", "2.0.0", signed(draft, key))
        assert registry.reviews.promote(ME, "acme.csv-doctor", "2.0.0", Stage.STABLE).stage is Stage.STABLE


def test_that_a_signature_is_missing_is_told_with_all_else_that_is_wrong(home: Path, build: Build) -> None:
    with EmbeddedRegistry(home, policy=lambda: PublishPolicy(signed=True)) as registry:
        registry.publish(build(), stage=Stage.DRAFT)
        for version, kind, wrong in (
            ("2.0.0", PublishRefused, ["readme", "signature"]),
            ("1.0.0", ReleaseExists, ["readme", "version", "signature"]),
        ):
            with pytest.raises(PublishRefused) as caught:
                registry.publish(build(version=version, readme=" "))
            assert type(caught.value) is kind
            assert [each.check for each in caught.value.checks if each.severity == "error"] == wrong
            assert "%ax sign ARTIFACT" in caught.value.findings[-1]
        assert registry.publish(build()).created is False
        with pytest.raises(ActionForbidden, match="acme"):
            registry.seen_by(Actor("eve")).publish(build("acme.other", readme=" "))


def test_an_approval_promotes_nothing_of_which_the_key_was_revoked_while_it_waited(home: Path, build: Build) -> None:
    key, data = SigningKey.new(), build()
    policies = {"policy": lambda: PublishPolicy(signed=True), "review": lambda: ReviewPolicy(stable=1)}
    with EmbeddedRegistry(home, **policies) as registry:  # type: ignore[arg-type]
        register(registry, key)
        registry.publish(data, stage=Stage.DRAFT, signature=signed(data, key))
        registry.reviews.promote(ME, "acme.csv-doctor", "1.0.0", Stage.STABLE)
        registry.keys.revoke(ME, "acme", key.id, since=PAST, reason="a lost laptop")
        rob = Actor("rob", frozenset({Role.REVIEWER}))
        said = registry.reviews.decide(rob, "acme.csv-doctor", "1.0.0", package.read(data).sha256, approves=True)
        assert (said.stage, key_of(registry)) == (Stage.DRAFT, None)
