"""An update behind which somebody else may stand waits until the plugin is named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from automatosx_nb.app import Marketplace
from automatosx_nb.errors import PublisherChanged
from automatosx_nb.model.generation import InstalledPlugin
from automatosx_nb.model.publisher import publisher_change, publisher_doubt
from tests.commands.test_verbs import Console, ax

if TYPE_CHECKING:
    from tests.conftest import MakePlugin

HERE, THERE = "https://here.example.org", "https://there.example.org"
ENTRY = InstalledPlugin("acme.demo", "1.0.0", "0" * 64, "*", (), "state", "", {}, source=HERE, verified=True)


class Elsewhere:
    """The same registry at another address."""

    address = THERE

    def __init__(self, registry: Any) -> None:
        self._registry = registry

    def __getattr__(self, name: str) -> Any:
        return getattr(self._registry, name)

    def source_of(self, _plugin: str) -> str:
        return self.address


@pytest.fixture
def moved(market: Marketplace, make_plugin: MakePlugin) -> Iterator[Marketplace]:
    """The same profile, where 1.1.0 of what is installed as 1.0.0 would come from elsewhere."""
    market.publish(make_plugin())
    market.install("acme.demo")
    market.publish(make_plugin(version="1.1.0"))
    moved = Marketplace(market.profile.root, Elsewhere(market.registry))
    yield moved
    moved.close()


def version(market: Marketplace) -> str:
    return market.installed()[0].version


def test_an_update_of_everything_leaves_out_what_would_come_from_another_registry(
    market: Marketplace, moved: Marketplace, make_plugin: MakePlugin
) -> None:
    said = ax(moved, "update")
    assert version(market) == "1.0.0"
    assert f"would come from {THERE}: update acme.demo by its name to take it" in said
    with pytest.raises(PublisherChanged, match=r"--trust acme\.demo"):
        ax(moved, "update acme.demo")
    with pytest.raises(PublisherChanged):
        ax(moved, "update acme.demo --trust acme.other")
    assert version(market) == "1.0.0", "what is installed goes on working"
    assert f"would come from {THERE}" in ax(moved, "update acme.demo --trust acme.demo")
    assert (version(market), market.installed()[0].source) == ("1.1.0", THERE)
    market.publish(make_plugin(version="1.2.0"))
    ax(moved, "update")
    assert version(market) == "1.2.0", "now that is where it comes from"


def test_a_person_is_asked_whether_they_trust_who_stands_behind_it_now(market: Marketplace, moved: Marketplace) -> None:
    no, yes = Console(answer=False), Console(answer=True)
    with pytest.raises(PublisherChanged):
        ax(moved, "update acme.demo", no)
    assert version(market) == "1.0.0"
    ax(moved, "update acme.demo", yes)
    assert version(market) == "1.1.0"
    assert [len(each.questions) for each in (no, yes)] == [1, 1]
    assert all("Do you trust them?" in each.questions[0] and THERE in each.questions[0] for each in (no, yes))


def test_an_update_of_everything_takes_what_comes_from_where_it_came_from(
    market: Marketplace, make_plugin: MakePlugin
) -> None:
    market.publish(make_plugin())
    market.install("acme.demo")
    market.publish(make_plugin(version="1.1.0"))
    ax(market, "update")
    assert version(market) == "1.1.0"


def test_a_publisher_that_is_verified_no_longer_is_a_doubt_and_one_that_is_now_is_news() -> None:
    assert publisher_doubt(ENTRY, HERE, verified=True) == ""
    assert publisher_doubt(ENTRY, HERE, verified=False) == "had a verified publisher and has none now"
    unverified = replace(ENTRY, verified=False)
    assert publisher_doubt(unverified, HERE, verified=True) == ""
    assert publisher_change(unverified, HERE, verified=True) == "has a verified publisher now"
    assert publisher_change(ENTRY, THERE, verified=False) == (
        f"came from {HERE} and would come from {THERE}, and had a verified publisher and has none now"
    )


def test_where_nobody_wrote_down_who_it_was_there_is_no_doubt() -> None:
    unknown = replace(ENTRY, source="", verified=False)
    assert publisher_doubt(unknown, THERE, verified=False) == publisher_change(unknown, THERE, verified=True) == ""
    assert publisher_change(None, THERE, verified=True) == ""
