"""Two registries as one: a team's, which counts first, and everybody's, where anybody can publish under any name."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from automatosx_nb import package
from automatosx_nb.app import Marketplace
from automatosx_nb.errors import InvalidSearch, PublisherChanged, RegistryUnreachable, UnknownPlugin
from automatosx_nb.model.ports import Registry
from automatosx_nb.model.release import SearchQuery, Stage
from automatosx_nb.registry.client.limits import ClientLimits
from automatosx_nb.registry.client.remote import RemoteRegistry
from automatosx_nb.registry.schema import releases
from automatosx_nb.registry.service import EmbeddedRegistry
from automatosx_nb.registry.several import FRESH_S, SeveralRegistries
from tests.hostile import Answering, Hostile
from tests.registry.conftest import write_plugin

Build = Callable[..., bytes]
OURS, THEIRS = "acme.tables", "nordic.plots"
QUICK = ClientLimits(pause_s=0.001, most_pause_s=0.001, tries=1, fresh_s=0, outage_s=60)


class At(EmbeddedRegistry):
    """One at an address of its own."""

    def __init__(self, home: Path, address: str) -> None:
        super().__init__(home)
        self.address = address


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``public`` has a plugin of its own, and two under the team's name, one of them newer than the team's."""
    folder = tmp_path_factory.mktemp("published")
    for where, plugins in {
        "team": [(OURS, "1.0.0")],
        "public": [(THEIRS, "2.0.0"), (OURS, "99.0.0"), ("acme.new-thing", "1.0.0")],
    }.items():
        with EmbeddedRegistry(folder / where) as registry:
            for plugin, version in plugins:
                registry.publish(package.build(write_plugin(folder / f"{plugin}-{version}", plugin, version)))
    return folder


def opened(published: Path, folder: Path, name: str) -> At:
    return At(Path(shutil.copytree(published / name, folder / name)), f"https://{name}.example")


@pytest.fixture
def team(published: Path, tmp_path: Path) -> Iterator[At]:
    registry = opened(published, tmp_path, "team")
    yield registry
    registry.close()


@pytest.fixture
def public(published: Path, tmp_path: Path) -> Iterator[At]:
    registry = opened(published, tmp_path, "public")
    yield registry
    registry.close()


@pytest.fixture
def both(team: At, public: At) -> SeveralRegistries:
    return SeveralRegistries([team, public])


def versions(registry: SeveralRegistries, plugin: str) -> list[str]:
    return [str(each.version) for each in registry.releases(plugin)]


def test_nothing_that_a_registry_promises_is_passed_to_the_first_unseen() -> None:
    """``__getattr__`` is for rooms alone, and a type checker takes it for anything."""
    promised = {name for kind in Registry.__mro__ for name in vars(kind) if not name.startswith("_")}
    assert promised >= {"releases", "artifact", "search"}
    assert promised - vars(SeveralRegistries).keys() == set()


def test_a_publishers_plugins_come_from_the_first_that_has_the_publisher_and_from_no_other(
    both: SeveralRegistries,
) -> None:
    assert versions(both, OURS) == ["1.0.0"]
    assert versions(both, "acme.new-thing") == [], "acme is the team's, whatever else is published as acme elsewhere"
    assert versions(both, THEIRS) == ["2.0.0"]
    assert {each: both.source_of(each) for each in (OURS, THEIRS)} == {
        OURS: "https://team.example",
        THEIRS: "https://public.example",
    }
    many = both.releases_many([THEIRS, OURS, "acme.new-thing", "nobody.knows"])
    assert {plugin: [str(each.version) for each in found] for plugin, found in many.items()} == {
        THEIRS: ["2.0.0"],
        OURS: ["1.0.0"],
        "acme.new-thing": [],
        "nobody.knows": [],
    }
    assert both.plugin(OURS).summary.version == "1.0.0"
    with pytest.raises(UnknownPlugin):
        both.plugin("acme.new-thing")
    with pytest.raises(UnknownPlugin):
        next(both.artifact("acme.new-thing", "1.0.0"))


@pytest.mark.parametrize("spelling", ["Acme.tables", "ACME.Tables", "acme_.tables"])
def test_no_other_spelling_of_a_publisher_leads_elsewhere(both: SeveralRegistries, spelling: str) -> None:
    assert both.source_of(spelling) == "https://team.example"


@pytest.mark.parametrize("hidden", [{"stage": Stage.DRAFT.value}, {"quarantined": "It steals."}, {"yanked": "Broken."}])
def test_a_publisher_of_whom_nothing_is_shown_is_still_the_first_ones(
    both: SeveralRegistries, team: At, hidden: dict[str, Any]
) -> None:
    with team._database.write() as connection:
        connection.execute(update(releases).values(hidden))
    assert both.source_of(OURS) == "https://team.example"
    assert "99.0.0" not in versions(both, OURS)


def test_a_publisher_that_the_first_gets_later_is_its_own_from_then_on(team: At, public: At, build: Build) -> None:
    clock = Clock()
    both = SeveralRegistries([team, public], clock=clock)
    assert both.source_of(THEIRS) == "https://public.example"
    team.publish(build("nordic.maps", "1.0.0"))
    clock.now = FRESH_S
    assert both.source_of(THEIRS) == "https://team.example"
    assert versions(both, THEIRS) == []


def test_what_is_unknown_is_told_with_the_nearest_ids_of_all(both: SeveralRegistries) -> None:
    for typed, meant in (("acme.tablse", OURS), ("nordic.plotz", THEIRS)):
        with pytest.raises(UnknownPlugin) as caught:
            both.plugin(typed)
        assert meant in caught.value.nearest


def test_a_search_finds_what_each_holds_and_following_it_visits_every_plugin_once(
    both: SeveralRegistries, team: At, build: Build
) -> None:
    team.publish(build("acme.maps", "1.0.0"))
    for size in (1, 2, 3, 24):
        found: list[str] = []
        cursor: str | None = None
        while True:
            page = both.search(SearchQuery(size=size, sort="name", cursor=cursor))
            assert len(page.items) <= size
            found += [item.id for item in page.items]
            cursor = page.next
            if cursor is None:
                break
        assert found == ["acme.maps", OURS, THEIRS], size
    assert both.plugin(OURS).summary in both.search(SearchQuery("tables")).items
    assert both.search(SearchQuery(publisher="nordic")).facets["publisher"] == {"nordic": 1}


@pytest.mark.parametrize("cursor", ["nonsense", "7.x", "-1.", "1", "0.nonsense"])
def test_a_cursor_of_another_search_is_refused(both: SeveralRegistries, cursor: str) -> None:
    with pytest.raises(InvalidSearch):
        both.search(SearchQuery(cursor=cursor))


class Deployed:
    """The same two over HTTP, until the team's is away."""

    def __init__(self, stack: ExitStack, team: At, public: At, folder: Path) -> None:
        self.hostile = Hostile(team)
        addresses = [stack.enter_context(self.hostile.serving()), stack.enter_context(Hostile(public).serving())]
        self.team, self.public = (RemoteRegistry(each, folder, limits=QUICK) for each in addresses)
        stack.callback(self.team.close)
        stack.callback(self.public.close)

    def away(self) -> None:
        def refuse(request: Answering) -> bool:
            request.say(503)
            return True

        self.hostile.instead = refuse


@pytest.fixture
def deployed(team: At, public: At, tmp_path: Path) -> Iterator[Deployed]:
    with ExitStack() as stack:
        yield Deployed(stack, team, public, tmp_path / "cache")


def test_while_the_first_does_not_answer_nobody_else_is_asked_in_its_place(deployed: Deployed) -> None:
    both = SeveralRegistries([deployed.team, deployed.public])
    assert both.source_of(THEIRS) == deployed.public.address
    deployed.away()
    for fresh in (SeveralRegistries([deployed.team, deployed.public]) for _ in range(2)):
        for plugin in (THEIRS, "acme.new-thing"):
            with pytest.raises(RegistryUnreachable, match=r"nobody else|503"):
                fresh.releases(plugin)


def test_what_is_installed_goes_on_from_where_it_came_while_the_first_is_away(deployed: Deployed) -> None:
    deployed.away()
    both = SeveralRegistries(
        [deployed.team, deployed.public],
        pinned={THEIRS: deployed.public.address}.get,  # type: ignore[arg-type]
    )
    assert versions(both, THEIRS) == ["2.0.0"]
    with pytest.raises(RegistryUnreachable):
        both.releases("acme.new-thing")


def test_what_the_first_said_of_its_own_is_told_from_the_cache(deployed: Deployed) -> None:
    both = SeveralRegistries([deployed.team, deployed.public])
    assert versions(both, OURS) == ["1.0.0"]
    deployed.away()
    fresh = SeveralRegistries([deployed.team, deployed.public])
    assert versions(fresh, OURS) == ["1.0.0"]
    assert fresh.stale_since is not None


def test_a_plugin_whose_publisher_turns_up_in_an_earlier_registry_waits_for_consent(
    home: Path, team: At, public: At, build: Build
) -> None:
    both = SeveralRegistries([team, public])
    market = Marketplace(home / "profile", both)
    try:
        market.install(THEIRS)
        assert market.installed()[0].source == "https://public.example"
        team.publish(build(THEIRS, "2.1.0"))
        both._said.clear()
        with pytest.raises(
            PublisherChanged, match=r"came from https://public\.example and would come from https://team"
        ):
            market.update(THEIRS)
        assert market.installed()[0].version == "2.0.0"
    finally:
        market.close()


def test_configuration_names_several_each_with_its_own_token(
    home: Path, deployed: Deployed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text("for-the-other\n")
    monkeypatch.setenv("AUTOMATOSX_REGISTRY", f"{deployed.team.address} {deployed.public.address}/")
    monkeypatch.setenv("AUTOMATOSX_REGISTRY_TOKEN", "for-the-first")
    files = {"RegistryConnection": {"token_files": {deployed.public.address: str(tmp_path / "token")}}}
    monkeypatch.setenv("AUTOMATOSX_CONFIG", json.dumps(files))
    market = Marketplace()
    try:
        assert {item.id for item in market.search("").items} == {OURS, THEIRS}
        market.install(THEIRS)
        assert market.installed()[0].source == deployed.public.address
    finally:
        market.close()
    assert {each.headers["authorization"] for each in deployed.hostile.asked} == {"token for-the-first"}


def test_a_mirror_serves_the_plugins_of_its_own_registry_only(deployed: Deployed, public: At, tmp_path: Path) -> None:
    with Hostile(public).serving() as mirror:  # it has the team's ids, too, with other bytes
        address = deployed.public.address
        mirrored = RemoteRegistry(address, tmp_path / "other", mirrors=[mirror], limits=QUICK)
        both = SeveralRegistries([deployed.team, mirrored])
        (source,) = both.mirrors
        assert b"".join(source.artifact(THEIRS, "2.0.0")) == b"".join(both.artifact(THEIRS, "2.0.0"))
        with pytest.raises(UnknownPlugin):
            source.artifact(OURS, "1.0.0")
        mirrored.close()
