"""Drafts: by whom, and on which way, they are seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from automatosx_nb.errors import UnknownPlugin, UnknownRelease
from automatosx_nb.model.identity import Actor, Role, Scope, owner
from automatosx_nb.model.release import SearchQuery, Stage
from automatosx_nb.registry.service import EmbeddedRegistry

DOCTOR, HIDDEN = "acme.csv-doctor", "nordic.hidden"
MEMBER = Actor("ann", publishers=frozenset({"acme"}))
STRANGER = Actor("bob", publishers=frozenset({"other"}))
REVIEWER = Actor("rob", roles=frozenset({Role.REVIEWER}))
READS_ONLY = Actor("rob", roles=frozenset({Role.REVIEWER}), scopes=frozenset({Scope.READ}))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRegistry]:
    """A plugin with a draft beside a stable release, and one of which there is only a draft."""
    from automatosx_nb import package
    from tests.registry.conftest import write_plugin

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
