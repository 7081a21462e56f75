"""Updates: what is newer, what is held back, channels, what is said against a release, and what happens by itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from traitlets.config import Config

from automatosx_nb.app import Marketplace
from automatosx_nb.errors import (
    PluginDisabled,
    RegistryUnreachable,
    ResolutionConflict,
    UsageError,
)
from automatosx_nb.host.bus import Bus
from automatosx_nb.host.reverting import Reverting
from automatosx_nb.model.events import PLUGIN_REVERTED, PLUGIN_SUSPENDED, Event
from automatosx_nb.model.identity import owner
from automatosx_nb.model.release import Advisory
from automatosx_nb.model.semver import Range
from automatosx_nb.upkeep import look_after_daily
from tests.scenarios.lifecycle import (
    ASKS,
    BASE,
    CRASHES,
    OTHER,
    TOP,
    Lend,
    age,
    ax,
    entry,
    installed,
    open_shop,
    save,
    saved,
)

if TYPE_CHECKING:
    from automatosx_nb.registry.service import EmbeddedRegistry
    from automatosx_nb.sandbox.supervisor import Sandbox

Configured = Callable[..., Marketplace]


@pytest.fixture
def configured(life: Marketplace, lend: Lend) -> Configured:
    """``configured(UpdatePolicy={…})``: the same profile and shop, with that configuration."""
    return lambda **sections: lend(Marketplace(registry=life.registry, config=Config(sections)))


@pytest.fixture
def own_shop(tmp_path: Path) -> Iterator[EmbeddedRegistry]:
    """A registry that a test may write to."""
    registry = open_shop(tmp_path / "own")
    yield registry
    registry.close()


class Unreachable:
    """A registry behind a network that is away; all else is the real one's."""

    address = "https://plugins.example.org"

    def __init__(self, registry: Any) -> None:
        self._registry = registry
        self.away = False

    def __getattr__(self, name: str) -> Any:
        if self.away and name in ("releases", "releases_many", "plugin", "artifact", "changelog", "search"):
            raise RegistryUnreachable(self.address, "no route to host")
        return getattr(self._registry, name)


# --- outdated


def test_outdated_names_what_an_update_would_bring_and_what_is_held_back(life: Marketplace) -> None:
    life.install(BASE, "1.0.0")
    (one,) = life.outdated()
    assert (one.version, one.update) == ("1.0.0", "1.1.0")
    assert [held.newer for held in one.held_back] == ["2.0.0"]
    assert "1.1.0" in ax(life, "outdated")


def test_outdated_says_so_when_everything_is_new(life: Marketplace) -> None:
    life.install(OTHER)
    assert life.outdated() == ()
    assert ax(life, "outdated") == "Everything is as new as it can be."


def test_outdated_says_what_the_update_asks_for(life: Marketplace) -> None:
    life.install(ASKS, "1.0.0", grant=["storage"])
    (one,) = life.outdated()
    assert dict(one.asks) == {"network:api.example.org": "To look up."}


def test_outdated_shows_the_note_of_a_pin(life: Marketplace) -> None:
    life.install(BASE, "1.0.0")
    life.pin(BASE, note="the report")
    (one,) = json.loads(ax(life, "outdated --json"))
    assert one["update"] is None
    assert "the report" in one["held_back"][0]["reason"]


def test_a_dry_run_of_an_update_changes_nothing(life: Marketplace) -> None:
    life.install(BASE, "1.0.0")
    assert "1.0.0 → 1.1.0" in ax(life, "update --all --dry-run")
    assert installed(life) == {BASE: "1.0.0"}


def test_all_and_an_id_are_refused_together(life: Marketplace) -> None:
    with pytest.raises(UsageError):
        ax(life, f"update --all {BASE}")
    with pytest.raises(UsageError):
        ax(life, "update --channel beta")


# --- channels


def test_the_beta_channel_is_kept_and_followed_by_later_updates(life: Marketplace) -> None:
    life.install(BASE, "1.0.0")
    ax(life, f"update {BASE} --channel beta")
    assert installed(life) == {BASE: "1.2.0"}
    assert entry(life, BASE).channel == "beta"
    life.install(OTHER)
    assert entry(life, BASE).channel == "beta"


def test_the_channel_of_one_plugin_lets_no_other_beta_in(life: Marketplace) -> None:
    life.install(OTHER, channel="beta")
    life.install(BASE, "1.0.0")
    life.update()
    assert installed(life)[BASE] == "1.1.0"


def test_back_on_the_stable_channel_what_is_installed_stays(life: Marketplace) -> None:
    life.install(BASE, "^1.0", channel="beta")
    assert installed(life) == {BASE: "1.2.0"}
    life.update(BASE, channel="stable")
    assert entry(life, BASE).channel == "stable"
    assert installed(life) == {BASE: "1.2.0"}


def test_a_channel_is_taken_back_by_undo(life: Marketplace) -> None:
    life.install(OTHER)
    life.update(OTHER, channel="beta")
    life.undo()
    assert entry(life, OTHER).channel == "stable"


# --- what is said against a release


def test_a_quarantined_release_is_shown_and_does_not_run(own_shop: EmbeddedRegistry, home: Path) -> None:
    market = Marketplace(registry=own_shop)
    market.install(BASE, "1.0.0")
    own_shop.advisories.put(
        owner(), Advisory("AX-1", BASE, Range.parse("<1.0.1"), "critical", "loses data", disables=True)
    )
    assert "is under advisory AX-1: loses data (it is disabled)" in ax(market, "list")
    with pytest.raises(PluginDisabled) as caught:
        market.profile.refuse_disabled(entry(market, BASE))
    assert "AX-1" in str(caught.value)
    market.update(BASE)
    market.profile.refuse_disabled(entry(market, BASE))
    market.close()


def test_a_release_that_an_advisory_disables_is_chosen_on_no_path(own_shop: EmbeddedRegistry, home: Path) -> None:
    own_shop.advisories.put(owner(), Advisory("AX-2", BASE, Range.parse("*"), "high", "sends data away", disables=True))
    market = Marketplace(registry=own_shop)
    with pytest.raises(ResolutionConflict) as caught:
        market.install(BASE, "1.0.0")
    assert "is disabled by advisory AX-2: sends data away" in str(caught.value)
    market.close()


def test_an_advisory_that_disables_nothing_only_warns_who_has_it(own_shop: EmbeddedRegistry, home: Path) -> None:
    market = Marketplace(registry=own_shop)
    market.install(BASE, "1.1.0")
    own_shop.advisories.put(owner(), Advisory("AX-3", BASE, Range.parse(">=1.1"), "low", "is slow"))
    (one,) = market.outdated()
    assert [str(flag) for flag in one.flags] == [f"{BASE} 1.1.0 is under advisory AX-3: is slow"]
    market.profile.refuse_disabled(entry(market, BASE))
    assert "AX-3: is slow" in ax(market, f"info {BASE}")
    market.close()


def test_what_is_under_an_advisory_is_not_chosen_unless_it_is_named(own_shop: EmbeddedRegistry, home: Path) -> None:
    own_shop.advisories.put(owner(), Advisory("AX-4", BASE, Range.parse(">=1.1"), "medium", "leaks"))
    market = Marketplace(registry=own_shop)
    market.install(BASE)
    assert installed(market) == {BASE: "1.0.1"}
    market.install(BASE, "1.1.0")
    assert installed(market) == {BASE: "1.1.0"}
    market.close()


def test_flags_that_are_lifted_let_the_plugin_run_again(own_shop: EmbeddedRegistry, home: Path) -> None:
    market = Marketplace(registry=own_shop)
    market.install(BASE, "1.0.0")
    own_shop.advisories.put(owner(), Advisory("AX-5", BASE, Range.parse("1.0.0"), "high", "bad", disables=True))
    market.check_flags()
    own_shop.advisories.put(owner(), Advisory("AX-5", BASE, Range.parse("<0.1"), "high", "bad", disables=True))
    market.check_flags()
    market.profile.refuse_disabled(entry(market, BASE))
    market.close()


# --- what happens by itself


def test_nothing_is_updated_by_itself_unless_policy_says_so(life: Marketplace) -> None:
    life.install(BASE, "1.0.0")
    life.look_after()
    assert installed(life) == {BASE: "1.0.0"}


def test_patch_updates_come_by_themselves_and_are_told_once(configured: Configured) -> None:
    market = configured(UpdatePolicy={"auto": "patch"})
    market.install(BASE, "1.0.0")
    market.look_after()
    assert installed(market) == {BASE: "1.0.1"}
    assert market.history()[0].surface == "automatic"
    assert "Updated by itself" in ax(market, "history")
    assert "Updated by itself" not in ax(market, "history")
    market.undo()
    assert installed(market) == {BASE: "1.0.0"}


def test_minor_updates_come_by_themselves_where_policy_lets_them(configured: Configured) -> None:
    market = configured(UpdatePolicy={"auto": "minor"})
    market.install(BASE, "1.0.0")
    market.look_after()
    assert installed(market) == {BASE: "1.1.0"}


def test_what_asks_for_more_is_not_updated_by_itself(configured: Configured) -> None:
    market = configured(UpdatePolicy={"auto": "patch"})
    market.install(ASKS, "1.0.0", grant=["storage"])
    market.install(BASE, "1.0.0")
    market.look_after()
    assert installed(market) == {ASKS: "1.0.0", BASE: "1.0.1"}


def test_a_pinned_plugin_is_not_updated_by_itself(configured: Configured) -> None:
    market = configured(UpdatePolicy={"auto": "minor"})
    market.install(BASE, "1.0.0")
    market.pin(BASE)
    market.look_after()
    assert installed(market) == {BASE: "1.0.0"}


def test_the_cooldown_counts_for_updates_by_themselves(configured: Configured) -> None:
    market = configured(UpdatePolicy={"auto": "minor", "cooldown": "3 days"})
    market.install(BASE, "1.0.0")
    market.look_after()
    assert installed(market) == {BASE: "1.0.0"}


def test_only_one_kernel_a_day_looks_after_a_profile(configured: Configured) -> None:
    market = configured(UpdatePolicy={"auto": "patch"})
    market.install(BASE, "1.0.0")
    assert look_after_daily(market)
    assert not look_after_daily(market)
    assert installed(market) == {BASE: "1.0.1"}


def test_upkeep_of_an_empty_profile_writes_nothing(life: Marketplace) -> None:
    assert not look_after_daily(life)
    assert not life.profile.root.exists()


# --- plugins that keep ending after their update


def test_a_plugin_that_keeps_ending_after_its_update_goes_back_with_its_data(life: Marketplace) -> None:
    life.install(CRASHES, "1.0.0")
    save(life, CRASHES, "by 1.0.0")
    life.update(CRASHES)
    save(life, CRASHES, "by 1.0.1")
    life.install(OTHER)
    assert life.revert_update(CRASHES, "1.0.1") == "1.0.0"
    assert installed(life) == {CRASHES: "1.0.0", OTHER: "1.0.0"}
    assert saved(life, CRASHES) == "by 1.0.0"
    newest = life.history()[0]
    assert (newest.surface, newest.verb) == ("automatic", "revert")
    assert "kept ending soon after its update" in ax(life, "list")


def test_the_version_that_kept_ending_does_not_come_back_by_an_update(life: Marketplace) -> None:
    life.install(CRASHES, "1.0.0")
    life.update()
    life.revert_update(CRASHES, "1.0.1")
    life.update()
    assert installed(life) == {CRASHES: "1.0.0"}
    life.unpin(CRASHES)
    life.update()
    assert installed(life) == {CRASHES: "1.0.1"}


def test_an_update_that_was_long_ago_is_not_taken_back(life: Marketplace) -> None:
    life.install(CRASHES, "1.0.0")
    life.update()
    age(life, days=2)
    assert life.revert_update(CRASHES, "1.0.1") is None
    assert installed(life) == {CRASHES: "1.0.1"}


def test_what_was_installed_and_not_updated_stays(life: Marketplace) -> None:
    life.install(CRASHES)
    assert life.revert_update(CRASHES, "1.0.1") is None


def test_what_a_rollback_brought_is_not_taken_back(life: Marketplace) -> None:
    life.install(CRASHES, "1.0.0")
    life.update()
    life.rollback()
    life.undo()
    assert installed(life) == {CRASHES: "1.0.1"}
    assert life.revert_update(CRASHES, "1.0.1") is None


def test_what_others_require_in_the_newer_version_stays_and_that_is_told(life: Marketplace) -> None:
    life.install(BASE, "1.0.0")
    life.update()
    life.install(TOP, "1.1.0")
    assert life.revert_update(BASE, "1.1.0") is None
    assert "cannot go back alone" in ax(life, "list")


def test_what_was_revoked_since_the_update_stays_revoked(life: Marketplace) -> None:
    life.install(ASKS, "1.0.0", grant=["storage"])
    life.update(ASKS, grant=["network:api.example.org"])
    life.revoke(ASKS, "storage")
    life.revert_update(ASKS, "1.0.1")
    assert entry(life, ASKS).grants == ()


def test_a_suspension_takes_the_update_back_and_tells_the_bus(life: Marketplace) -> None:
    life.install(CRASHES, "1.0.0")
    life.update()
    failures: list[Exception] = []
    bus = Bus(lambda _what, error: failures.append(error))
    told: list[Event] = []
    bus.subscribe(PLUGIN_REVERTED, told.append)
    reverting = Reverting(bus, life.revert_update, lambda _what, error: failures.append(error))
    bus.subscribe(PLUGIN_SUSPENDED, reverting.suspended)
    bus.publish(Event("1", "host", PLUGIN_SUSPENDED, "", {"plugin": CRASHES, "version": "1.0.1"}))
    reverting.wait()
    assert installed(life) == {CRASHES: "1.0.0"}
    assert [event.data for event in told] == [{"plugin": CRASHES, "version": "1.0.0", "before": "1.0.1"}]
    assert failures == []


# --- without a network


def test_without_the_registry_everything_works_that_needs_none(
    life: Marketplace, one_sandbox: Sandbox, tmp_path: Path
) -> None:
    registry: Any = Unreachable(life.registry)
    market = Marketplace(registry=registry)
    market._sandbox = one_sandbox
    market.install(TOP, "1.0.0")
    market.lock(tmp_path / "automatosx.lock")
    market.install(OTHER)
    registry.away = True
    assert "What could be updated is not known" in ax(market, "list")
    market.sync(tmp_path / "automatosx.lock")
    assert installed(market) == {TOP: "1.0.0", BASE: "1.1.0"}
    market.undo()
    assert OTHER in installed(market)
    market.rollback(1)
    market.pin(TOP, note="offline")
    market.remove(TOP)
    assert installed(market) == {}
    market.collect_garbage()
    for line in ("update", "outdated", f"install {OTHER}"):
        with pytest.raises(RegistryUnreachable) as caught:
            ax(market, line)
    assert "plugins.example.org" in str(caught.value)
    market._sandbox = None
    market.close()


def test_a_check_of_a_lock_tells_what_is_said_against_it_and_without_the_registry_what_was(
    life: Marketplace, own_shop: EmbeddedRegistry, one_sandbox: Sandbox, tmp_path: Path
) -> None:
    registry: Any = Unreachable(own_shop)
    market = Marketplace(registry=registry)
    market._sandbox = one_sandbox
    lock, notebook = tmp_path / "automatosx.lock", tmp_path / "n.ipynb"
    notebook.write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    market.install(TOP, "1.0.0")
    market.lock(lock)
    market.lock_notebook(notebook, everything=True)
    market.install(OTHER)
    own_shop.moderation.yank(owner(), OTHER, "1.0.0", "not in the notebook")
    own_shop.moderation.yank(owner(), BASE, "1.1.0", "loses data")
    told = f"This profile has what {notebook} needs.\n{BASE} 1.1.0 was yanked: loses data."
    assert ax(market, f"sync {notebook} --check") == told
    market.check_flags()
    registry.away = True
    assert ax(market, f"sync {notebook} --check") == told
    market.undo()
    assert ax(market, f"sync {lock} --check").endswith(f" says.\n{BASE} 1.1.0 was yanked: loses data.")
    market._sandbox = None
    market.close()


def test_a_sync_without_the_registry_says_what_it_lacks(
    life: Marketplace, one_sandbox: Sandbox, tmp_path: Path
) -> None:
    life.install(TOP)
    life.lock(tmp_path / "automatosx.lock")
    registry: Any = Unreachable(life.registry)
    registry.away = True
    empty = Marketplace(tmp_path / "empty", registry)
    with pytest.raises(RegistryUnreachable):
        empty.sync(tmp_path / "automatosx.lock")
    empty.close()


def test_the_probation_can_be_set(configured: Configured) -> None:
    market = configured(UpdatePolicy={"probation": "1 week"})
    assert market.settings.probation == timedelta(days=7)
    market.install(CRASHES, "1.0.0")
    market.update()
    age(market, days=2)
    assert market.revert_update(CRASHES, "1.0.1") == "1.0.0"
