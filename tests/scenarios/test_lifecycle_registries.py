"""A plugin's whole life, on one computer's registry and on a team's: published, found, installed, updated, back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from automatosx_nb.app import Marketplace
from automatosx_nb.errors import ReleaseExists, ResolutionConflict
from automatosx_nb.model.identity import owner
from automatosx_nb.model.release import SearchQuery
from automatosx_nb.package import build
from automatosx_nb.registry.service import EmbeddedRegistry
from automatosx_nb.sandbox.supervisor import Sandbox
from tests.scenarios.lifecycle import BASE, TOP, installed, save, saved, write_plugin


@pytest.fixture(params=["sqlite", "postgresql"])
def registry(request: pytest.FixtureRequest, tmp_path: Path, one_sandbox: Sandbox) -> Iterator[EmbeddedRegistry]:
    if request.param == "sqlite":
        opened = EmbeddedRegistry(tmp_path / "registry", sandbox=one_sandbox)
    else:
        database = request.getfixturevalue("postgresql").database()
        opened = EmbeddedRegistry.at(database, request.getfixturevalue("s3").bucket(), sandbox=one_sandbox)
    with opened:
        yield opened


def test_a_plugin_is_published_found_installed_updated_and_rolled_back(
    registry: EmbeddedRegistry, home: Path, one_sandbox: Sandbox, tmp_path: Path
) -> None:
    def publish(plugin: str, version: str, **more: object) -> None:
        folder = write_plugin(tmp_path / f"{plugin}-{version}", plugin, version, **more)  # type: ignore[arg-type]
        assert registry.publish(build(folder)).created

    publish(BASE, "1.0.0")
    publish(TOP, "1.0.0", requires={BASE: "^1.0"})
    market = Marketplace(registry=registry)
    market._sandbox = one_sandbox
    assert [each.id for each in market.search("top").items][:1] == [TOP]
    market.install(TOP)
    assert installed(market) == {BASE: "1.0.0", TOP: "1.0.0"}
    save(market, BASE, "by 1.0.0")

    publish(BASE, "1.1.0")
    other = build(write_plugin(tmp_path / "other", BASE, "1.1.0", source="def run():\n    return 'else'\n"))
    with pytest.raises(ReleaseExists):
        registry.publish(other)
    market.update()
    assert (installed(market)[BASE], saved(market, BASE)) == ("1.1.0", "by 1.0.0")
    save(market, BASE, "by 1.1.0")
    market.rollback()
    assert (installed(market)[BASE], saved(market, BASE)) == ("1.0.0", "by 1.0.0")
    market.undo()
    assert (installed(market)[BASE], saved(market, BASE)) == ("1.1.0", "by 1.1.0")

    registry.moderation.quarantine(owner(), BASE, "1.1.0", "It sends what it sees.")
    registry.moderation.yank(owner(), BASE, "1.0.0", "It counts wrongly.")
    market.remove(TOP)
    assert installed(market) == {}
    with pytest.raises(ResolutionConflict):
        market.install(TOP)
    assert registry.search(SearchQuery(text="top")).total == 1
    assert registry.plugin(TOP).summary.downloads == 1
    market._sandbox = None
    market.close()
