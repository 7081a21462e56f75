"""Drafts: by whom, and on which way, they are seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from automatosx_nb import package
from automatosx_nb.errors import ActionForbidden, PublishRefused, UnknownPlugin, UnknownPublisher, UnknownRelease
from automatosx_nb.model.identity import Actor, Role, Scope, owner
from automatosx_nb.model.release import SearchQuery, Stage
from automatosx_nb.registry.service import EmbeddedRegistry
from tests.registry.conftest import write_plugin

Build = Callable[..., bytes]
DOCTOR, HIDDEN = "acme.csv-doctor", "nordic.hidden"
MEMBER = Actor("ann", publishers=frozenset({"acme"}))
STRANGER = Actor("bob", publishers=frozenset({"other"}))
REVIEWER = Actor("rob", roles=frozenset({Role.REVIEWER}))
READS_ONLY = Actor("rob", roles=frozenset({Role.REVIEWER}), scopes=frozenset({Scope.READ}))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRegistry]:
    """A plugin with a draft beside a stable release, and one of which there is only a draft."""
    folder = tmp_path_factory.mktemp("sight")

    def artifact(plugin: str, version: str) -> bytes:
        return package.build(write_plugin(folder / f"{plugin}-{version}", plugin, version))

    with EmbeddedRegistry(folder / "registry") as registry:
        registry.publish(artifact(DOCTOR, "1.0.0"))
        registry.publish(artifact(DOCTOR, "1.1.0"), stage=Stage.DRAFT)
        registry.publish(artifact(HIDDEN, "0.1.0"), stage=Stage.DRAFT)
        yield registry


def versions(registry: EmbeddedRegistry, plugin: str) -> dict[str, list[str]]:
    """What each way of reading shows of a plugin."""
    return {
        "index": [str(each.version) for each in registry.releases(plugin)],
        "index of many": [str(each.version) for each in registry.releases_many([plugin])[plugin]],
        "detail": [each.version for each in registry.plugin(plugin).releases],
    }


@pytest.mark.parametrize("actor", [MEMBER, REVIEWER, owner()], ids=["member", "reviewer", "owner"])
def test_a_draft_is_seen_by_members_and_reviewers_on_every_way(published: EmbeddedRegistry, actor: Actor) -> None:
    view = published.seen_by(actor)
    assert set(map(tuple, versions(view, DOCTOR).values())) == {("1.1.0", "1.0.0")}
    assert b"".join(view.artifact(DOCTOR, "1.1.0"))
    assert view.changelog(DOCTOR, "1.1.0").startswith("## 1.1.0")


@pytest.mark.parametrize("actor", [STRANGER, READS_ONLY, Actor("eve")], ids=["member of another", "no scope", "no one"])
def test_a_draft_is_seen_by_nobody_else_on_no_way(published: EmbeddedRegistry, actor: Actor) -> None:
    view = published.seen_by(actor)
    assert set(map(tuple, versions(view, DOCTOR).values())) == {("1.0.0",)}
    for ask in (view.changelog, lambda *each: b"".join(view.artifact(*each))):
        with pytest.raises(UnknownRelease) as caught:
            ask(DOCTOR, "1.1.0")
        assert caught.value.available == ("1.0.0",)


def test_a_plugin_of_drafts_only_is_unknown_to_others_also_as_the_nearest(published: EmbeddedRegistry) -> None:
    view = published.seen_by(MEMBER)
    assert view.releases(HIDDEN) == []
    assert view.known() == (DOCTOR,)
    for asked in (HIDDEN, "nordic.hiden"):
        with pytest.raises(UnknownPlugin) as caught:
            view.plugin(asked)
        assert caught.value.nearest == ()
    assert published.seen_by(REVIEWER).known() == (DOCTOR, HIDDEN)


def test_a_publisher_of_drafts_only_is_named_to_nobody_else_as_the_nearest(published: EmbeddedRegistry) -> None:
    ask: Callable[[Actor], object] = lambda actor: published.access.publisher(actor, "nordik")  # noqa: E731
    told = {}
    for actor in (STRANGER, REVIEWER, owner(), Actor("eva", publishers=frozenset({"nordic"}))):
        with pytest.raises(UnknownPublisher) as caught:
            ask(actor)
        told[actor.name] = caught.value.nearest
    assert told == {"bob": (), "rob": ("nordic",), "owner": ("nordic",), "eva": ("nordic",)}
    assert published.seen_by(STRANGER).has_publisher("nordic"), "or the name would be taken elsewhere for its plugins"


def test_what_is_quarantined_is_not_named_as_the_nearest(home: Path, build: Build) -> None:
    with EmbeddedRegistry(home) as registry:
        registry.publish(build(DOCTOR))
        registry.moderation.quarantine(owner(), DOCTOR, None, "It phones home.")
        for asked in (DOCTOR, "acme.csv-docter"):
            with pytest.raises(UnknownPlugin) as caught:
                registry.plugin(asked)
            assert caught.value.nearest == ()


@pytest.mark.parametrize("actor", [MEMBER, REVIEWER, STRANGER])
def test_a_search_finds_no_draft(published: EmbeddedRegistry, actor: Actor) -> None:
    found = published.seen_by(actor).search(SearchQuery())
    assert [(each.id, each.version) for each in found.items] == [(DOCTOR, "1.0.0")]


def test_whoever_has_the_folder_sees_everything(
    home: Path, build: Callable[..., bytes], registry: EmbeddedRegistry
) -> None:
    registry.publish(build(), stage=Stage.DRAFT)
    assert [each.version for each in registry.plugin(DOCTOR).releases] == ["1.0.0"]
    assert registry.known() == (DOCTOR,)


SERVICE = """
[[contributes.services]]
name = "unlock"
version = "1.0.0"
handler = "body:run"
request = { type = "object", properties = { master_password = { type = "string" } } }
reply = { type = "object" }
"""


def serving(folder: Path, version: str, service: str = SERVICE) -> bytes:
    manifest = write_plugin(folder / version, HIDDEN, version) / "plugin.toml"
    manifest.write_text(manifest.read_text("utf-8") + service, "utf-8")
    return package.build(manifest.parent)


def failed(registry: EmbeddedRegistry, artifact: bytes) -> list[str]:
    return [each.message for each in registry.check(artifact) if not each.passed]


@pytest.mark.parametrize("version", ["0.1.0", "0.1.1"])
def test_a_check_compares_a_strangers_artifact_with_no_draft(
    registry: EmbeddedRegistry, tmp_path: Path, version: str
) -> None:
    registry.publish(serving(tmp_path / "drafts", "0.1.0"), stage=Stage.DRAFT)
    mine = serving(tmp_path / "other", version, SERVICE.replace("master_password", "guessed"))
    for actor in (STRANGER, Actor("eve"), REVIEWER):
        with pytest.raises(ActionForbidden, match="membership of 'nordic'"):
            registry.seen_by(actor).check(mine)
    member = Actor("nora", publishers=frozenset({"nordic"}))
    assert failed(registry.seen_by(member), mine) == failed(registry, mine) != []


def test_a_stranger_with_a_drafts_very_bytes_is_not_told_of_it(registry: EmbeddedRegistry, build: Build) -> None:
    drafted, other = build(HIDDEN), build(HIDDEN, summary="Other bytes.")
    member = Actor("nora")
    assert registry.seen_by(member).publish(drafted, stage=Stage.DRAFT).created
    for artifact in (drafted, other):
        with pytest.raises(ActionForbidden):
            registry.seen_by(STRANGER).publish(artifact, stage=Stage.DRAFT)
    again = registry.seen_by(member).publish(drafted, stage=Stage.DRAFT)
    assert not again.created, "who published first asks again before anybody says that it made a member"
    assert not registry.publish(drafted).created


@pytest.mark.parametrize("taken", ["nordic.hiddem", "nordic.hidden"])
@pytest.mark.parametrize("verified", [False, True])
def test_a_look_alike_that_one_may_not_see_is_refused_without_its_name(
    registry: EmbeddedRegistry, build: Build, taken: str, verified: bool
) -> None:
    registry.publish(build(taken), stage=Stage.DRAFT)
    if verified:
        registry.access.verify(owner(), "nordic", verified=True)
    mine = build("n0rdic.hidden")
    refused = taken == HIDDEN or verified
    said = failed(registry.seen_by(STRANGER), mine)
    assert HIDDEN not in "".join(said).replace("n0rdic.hidden", "")
    assert taken not in "".join(said)
    assert any("another plugin" in each for each in said) is refused
    if refused:
        with pytest.raises(PublishRefused, match="another plugin"):
            registry.seen_by(STRANGER).publish(mine)
    for whole in (registry, registry.seen_by(REVIEWER)):
        assert any(repr(taken) in each for each in failed(whole, mine))


def test_a_look_alike_that_everybody_sees_is_named(published: EmbeddedRegistry, build: Build) -> None:
    assert any(repr(DOCTOR) in each for each in failed(published.seen_by(STRANGER), build("acrne.csv-doctor")))
