"""Updates that ask for more wait, and optional permissions are questions of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from automatosx_nb.app import Marketplace
from automatosx_nb.errors import ConsentRequired, NotGranted, NotInstalled, PermissionNotAsked
from tests.commands.test_verbs import Console, ax
from tests.scenarios.consent.holding import CELLS, KEEPER, OPTIONAL, STORAGE, granted

if TYPE_CHECKING:
    from tests.conftest import MakePlugin


def test_an_update_of_everything_holds_back_only_what_asks_for_more(
    market: Marketplace, make_plugin: MakePlugin
) -> None:
    for plugin, more in (("acme.asks", STORAGE), ("acme.modest", {})):
        name = plugin.partition(".")[2]
        market.publish(make_plugin(plugin, "1.0.0", magic=name))
        market.publish(make_plugin(plugin, "1.1.0", magic=name))
        market.publish(make_plugin(plugin, "1.2.0", magic=name, permissions=more))
        market.install(plugin, "1.0.0")
    said = ax(market, "update")
    versions = {entry.id: entry.version for entry in market.installed()}
    assert versions == {"acme.asks": "1.1.0", "acme.modest": "1.2.0"}
    assert "Held back: acme.asks 1.2.0 asks for storage, which nobody has granted: --grant storage lets it in." in said
    ax(market, "update --grant storage")
    assert granted(market, "acme.asks") == ("storage",)


def test_an_update_waits_whose_new_dependency_asks(market: Marketplace, make_plugin: MakePlugin) -> None:
    market.publish(make_plugin("acme.base", magic="base", permissions=STORAGE))
    market.publish(make_plugin("acme.top", "1.0.0", magic="top"))
    market.publish(make_plugin("acme.top", "1.1.0", magic="top", requires={"acme.base": "^1"}))
    market.install("acme.top", "1.0.0")
    market.update()
    assert [(entry.id, entry.version) for entry in market.installed()] == [("acme.top", "1.0.0")]
    market.update(grant=["storage"])
    assert {entry.id for entry in market.installed()} == {"acme.top", "acme.base"}


def test_a_person_who_refuses_gets_the_rest_of_the_update(market: Marketplace, make_plugin: MakePlugin) -> None:
    market.publish(make_plugin("acme.demo", "1.0.0"))
    market.publish(make_plugin("acme.demo", "1.1.0"))
    market.publish(make_plugin("acme.demo", "1.2.0", permissions=STORAGE))
    market.install("acme.demo", "1.0.0")
    console = Console(answer=False)
    ax(market, "update", console)
    assert "held back" in console.questions[0]
    assert [entry.version for entry in market.installed()] == ["1.1.0"]


def test_an_optional_permission_is_a_question_of_its_own(market: Marketplace, make_plugin: MakePlugin) -> None:
    market.publish(make_plugin(permissions={CELLS: "Counts cells."}, extra=OPTIONAL))
    market.install("acme.demo", grant=[CELLS])
    assert granted(market) == (CELLS,)
    market.remove("acme.demo")
    console = Console(answer=True)
    ax(market, "install acme.demo", console)
    assert len(console.questions) == 2
    assert "can do without this" in console.questions[1]
    assert granted(market) == (CELLS, "storage")


def test_granting_and_revoking_are_generations_that_a_rollback_takes_back(
    market: Marketplace, make_plugin: MakePlugin
) -> None:
    market.publish(make_plugin(extra=OPTIONAL, source=KEEPER))
    market.install("acme.demo")
    said = ax(market, "grant acme.demo storage")
    assert "granted storage (low risk)" in said
    assert granted(market) == ("storage",)
    assert market.history()[0].action == "grant acme.demo storage"
    assert "is no longer granted storage" in ax(market, "revoke acme.demo storage")
    assert granted(market) == ()
    market.rollback()
    assert granted(market) == ("storage",)
    before = market.history()[0].number
    ax(market, "grant acme.demo storage")
    assert market.history()[0].number == before


def test_what_is_not_asked_for_is_not_granted_and_what_is_not_held_not_revoked(
    market: Marketplace, make_plugin: MakePlugin
) -> None:
    market.publish(make_plugin(extra=OPTIONAL))
    market.install("acme.demo")
    with pytest.raises(PermissionNotAsked, match="It asks for storage"):
        market.grant("acme.demo", CELLS)
    with pytest.raises(NotGranted):
        market.revoke("acme.demo", "storage")
    with pytest.raises(NotInstalled):
        market.grant("acme.dmo", "storage")
    with pytest.raises(NotInstalled):
        ax(market, "grants acme.dmo")


def test_a_wider_grant_than_asked_for_gives_what_was_asked_for(market: Marketplace, make_plugin: MakePlugin) -> None:
    extra = f'[permissions.optional]\n"{CELLS}" = "Counts."\n'
    market.publish(make_plugin(extra=extra))
    market.install("acme.demo")
    market.grant("acme.demo", "events:subscribe:kernel.**")
    assert granted(market) == (CELLS,)
    with pytest.raises(PermissionNotAsked):
        market.grant("acme.demo", "events:subscribe:kernel.cell.started")


def test_a_revoked_permission_is_asked_again_by_the_next_version(market: Marketplace, make_plugin: MakePlugin) -> None:
    market.publish(make_plugin(version="1.0.0", permissions=STORAGE, source=KEEPER))
    market.publish(make_plugin(version="1.1.0", permissions=STORAGE, source=KEEPER))
    market.install("acme.demo", "1.0.0", grant=["storage"])
    market.revoke("acme.demo", "storage")
    with pytest.raises(ConsentRequired):
        market.update("acme.demo")
