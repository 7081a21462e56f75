"""Rollback, undo, history and pins, through the marketplace that every surface uses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from automatosx_nb.errors import (
    NothingToRollBack,
    NotInstalled,
    NotPinned,
    ResolutionConflict,
    UnknownGeneration,
    UsageError,
)
from tests.scenarios.lifecycle import ASKS, BASE, OTHER, TOP, ax, entry, installed, save, saved

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace


def test_rollback_restores_code_state_settings_and_grants(life: Marketplace) -> None:
    life.install(BASE, "1.0.0")
    save(life, BASE, "by 1.0.0")
    life.plugin_settings(BASE).put("rows", "5")
    life.update(BASE)
    save(life, BASE, "by 1.1.0")
    life.plugin_settings(BASE).put("rows", "7")
    life.rollback()
    assert installed(life) == {BASE: "1.0.0"}
    assert saved(life, BASE) == "by 1.0.0"
    assert life.plugin_settings(BASE).get("rows").value == 5


def test_an_update_takes_the_settings_along(life: Marketplace) -> None:
    life.install(BASE, "1.0.0")
    life.plugin_settings(BASE).put("rows", "5")
    life.update()
    assert life.plugin_settings(BASE).get("rows").value == 5


def test_a_rollback_with_keep_state_goes_on_with_todays_data_and_settings(life: Marketplace) -> None:
    life.install(BASE, "1.0.0")
    save(life, BASE, "by 1.0.0")
    life.update(BASE)
    save(life, BASE, "by 1.1.0")
    life.plugin_settings(BASE).put("rows", "7")
    life.rollback(keep_state=True)
    assert installed(life) == {BASE: "1.0.0"}
    assert saved(life, BASE) == "by 1.1.0"
    assert life.plugin_settings(BASE).get("rows").value == 7


def test_what_the_older_version_writes_after_keep_state_does_not_reach_the_newer_one(life: Marketplace) -> None:
    life.install(BASE, "1.0.0")
    life.update(BASE)
    save(life, BASE, "by 1.1.0")
    life.rollback(keep_state=True)
    save(life, BASE, "by 1.0.0 again")
    life.undo()
    assert saved(life, BASE) == "by 1.1.0"


def test_a_rollback_to_any_generation_leads_forward_again(life: Marketplace) -> None:
    life.install(BASE, "1.0.0")
    life.install(OTHER)
    life.update(BASE)
    life.rollback(1)
    assert installed(life) == {BASE: "1.0.0"}
    life.rollback(3)
    assert installed(life) == {BASE: "1.1.0", OTHER: "1.0.0"}


def test_rolling_back_twice_goes_back_two(life: Marketplace) -> None:
    life.install(BASE, "1.0.0")
    life.install(OTHER)
    life.update(BASE)
    life.rollback()
    life.rollback()
    assert installed(life) == {BASE: "1.0.0"}


def test_undoing_twice_does_it_again(life: Marketplace) -> None:
    life.install(BASE, "1.0.0")
    life.update(BASE)
    life.undo()
    assert installed(life) == {BASE: "1.0.0"}
    life.undo()
    assert installed(life) == {BASE: "1.1.0"}


def test_undo_takes_back_a_removal_with_its_data(life: Marketplace) -> None:
    life.install(BASE)
    save(life, BASE, "kept")
    life.remove(BASE)
    life.undo()
    assert saved(life, BASE) == "kept"


def test_undo_takes_back_a_grant(life: Marketplace) -> None:
    life.install(ASKS, "1.0.0", grant=["storage"])
    life.revoke(ASKS, "storage")
    life.undo()
    assert entry(life, ASKS).grants == ("storage",)


def test_undo_in_an_empty_profile_has_nothing_to_take_back(life: Marketplace) -> None:
    with pytest.raises(NothingToRollBack):
        life.undo()


def test_a_plan_of_an_undo_changes_nothing(life: Marketplace) -> None:
    life.install(BASE)
    plan = life.plan_undo()
    assert [(change.id, change.kind) for change in plan.changes] == [(BASE, "remove")]
    assert installed(life) == {BASE: "2.0.0"}


def test_history_says_who_when_where_and_what_changed(life: Marketplace) -> None:
    ax(life, f"install {BASE}@1.0.0")
    ax(life, f"update {BASE}")
    newest, first = life.history()
    assert (newest.surface, newest.verb, newest.parent) == ("notebook", "update", 1)
    assert "@" in newest.by
    assert newest.created.endswith("+00:00")
    assert newest.differences is not None
    assert [str(each) for each in newest.differences] == [f"↑ {BASE} 1.0.0 → 1.1.0"]
    assert first.differences is not None
    assert [(each.kind, each.new) for each in first.differences] == [("added", "1.0.0")]


def test_history_shows_grants_that_came_and_went(life: Marketplace) -> None:
    life.install(ASKS, "1.0.0", grant=["storage"])
    life.revoke(ASKS, "storage")
    (difference,) = life.differences(1, 2)
    assert (difference.kind, difference.gone) == ("same", ("storage",))
    assert "no longer granted storage" in ax(life, "history 2")


def test_history_shows_settings_that_differ_between_two_generations(life: Marketplace) -> None:
    life.install(BASE, "1.0.0")
    life.update(BASE)
    life.plugin_settings(BASE).put("rows", "7")
    (difference,) = life.differences(1, 2)
    assert difference.settings == ("rows",)
    assert "other settings: rows" in ax(life, "history 1 2")


def test_history_as_json_has_the_differences(life: Marketplace) -> None:
    life.install(BASE)
    (one,) = json.loads(ax(life, "history --json"))
    assert one["differences"][0]["id"] == BASE


def test_history_of_a_generation_that_is_none_names_those_that_are(life: Marketplace) -> None:
    life.install(BASE)
    with pytest.raises(UnknownGeneration) as caught:
        ax(life, "history 9")
    assert caught.value.available == (1,)


def test_a_pin_is_not_moved_by_an_update_of_everything(life: Marketplace) -> None:
    life.install(BASE, "1.0.0")
    life.pin(BASE, note="the report needs it")
    assert life.update().plan.changes_nothing
    (held,) = (each for each in life.plan_update().held_back if each.newer == "2.0.0")
    assert "the report needs it" in held.reason


def test_a_pin_is_not_moved_by_an_update_that_names_it(life: Marketplace) -> None:
    life.install(BASE, "1.0.0")
    life.pin(BASE)
    life.update(BASE)
    assert installed(life) == {BASE: "1.0.0"}


def test_what_needs_another_version_than_the_pinned_one_is_refused_with_the_note(life: Marketplace) -> None:
    life.install(BASE, "1.0.0")
    life.pin(BASE, note="frozen for the audit")
    with pytest.raises(ResolutionConflict) as caught:
        life.install(TOP, "1.1.0")
    assert "frozen for the audit" in str(caught.value)


def test_another_version_of_a_pinned_plugin_is_not_installed_by_name(life: Marketplace) -> None:
    life.install(BASE, "1.0.0")
    life.pin(BASE)
    with pytest.raises(ResolutionConflict) as caught:
        life.install(BASE, "1.1.0")
    assert "unpin" in str(caught.value)


def test_pinning_at_another_version_brings_it_there(life: Marketplace) -> None:
    life.install(BASE)
    life.pin(BASE, "1.0.1", note="known to be good")
    assert installed(life) == {BASE: "1.0.1"}
    assert entry(life, BASE).wish == "^1.0.1"
    pin = entry(life, BASE).pin
    assert pin is not None
    assert pin.note == "known to be good"


def test_a_dependency_that_is_pinned_at_another_version_stays_a_dependency(life: Marketplace) -> None:
    life.install(TOP, "1.0.0")
    life.pin(BASE, "1.0.0")
    assert installed(life) == {TOP: "1.0.0", BASE: "1.0.0"}
    assert entry(life, BASE).wish is None
    life.remove(TOP)
    assert installed(life) == {}


def test_a_pinned_plugin_can_be_pinned_at_another_version(life: Marketplace) -> None:
    life.install(BASE, "1.0.0")
    life.pin(BASE)
    life.pin(BASE, "1.0.1")
    assert installed(life) == {BASE: "1.0.1"}


def test_unpin_lets_the_next_update_move_it(life: Marketplace) -> None:
    life.install(BASE, "1.0.0")
    life.pin(BASE)
    life.unpin(BASE)
    life.update()
    assert installed(life) == {BASE: "1.1.0"}


def test_pins_are_part_of_a_generation_and_come_and_go_with_it(life: Marketplace) -> None:
    life.install(BASE, "1.0.0")
    life.pin(BASE, note="n")
    life.undo()
    assert entry(life, BASE).pin is None
    life.undo()
    pin = entry(life, BASE).pin
    assert pin is not None
    assert pin.note == "n"


def test_what_is_not_installed_or_not_pinned_cannot_be_pinned_or_unpinned(life: Marketplace) -> None:
    with pytest.raises(NotInstalled):
        life.pin(BASE)
    life.install(BASE)
    with pytest.raises(NotPinned):
        life.unpin(BASE)


def test_the_verbs_pin_and_unpin_say_what_they_did(life: Marketplace) -> None:
    life.install(BASE, "1.0.0")
    assert "pinned by" in ax(life, f"pin {BASE} --note why")
    assert "Held back" in ax(life, "update --plan")
    assert "no longer pinned" in ax(life, f"unpin {BASE}")
    with pytest.raises(UsageError):
        ax(life, "pin")
    with pytest.raises(UsageError):
        ax(life, f"pin {BASE} --generation 1")
