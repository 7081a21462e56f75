"""Registries that lost, yanked or quarantined what is locked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from automatosx_nb.app import Marketplace
from automatosx_nb.errors import LockedReleaseGone, ResolutionConflict
from automatosx_nb.model.identity import owner
from automatosx_nb.model.semver import Range
from automatosx_nb.registry.service import EmbeddedRegistry
from tests.scenarios.lifecycle import ax
from tests.scenarios.lockfile.locks import PROFILER, PYARROW, edit, mark, state

if TYPE_CHECKING:
    from tests.conftest import MakePlugin


def test_what_the_registry_lost_comes_from_the_store(
    market: Marketplace, lock: Path, empty: EmbeddedRegistry, make_plugin: MakePlugin, home: Path
) -> None:
    market.publish(make_plugin("acme.base", magic="base"))
    market.publish(make_plugin("acme.top", magic="top", requires={"acme.base": "^1.0"}))
    market.install("acme.top")
    before = state(market)
    market.lock(lock)
    market.remove("acme.top")
    alone = Marketplace(home / "profile", empty)
    plan = alone.sync(lock).plan
    assert [(change.id, change.size) for change in plan.changes] == [("acme.base", 0), ("acme.top", 0)]
    assert state(alone) == before
    alone.close()


def test_what_neither_has_is_told_all_at_once_with_the_registry_that_had_it(
    market: Marketplace, lock: Path, empty: EmbeddedRegistry, tmp_path: Path, make_plugin: MakePlugin
) -> None:
    market.publish(make_plugin("acme.demo", "1.1.0"))
    market.install("acme.demo")
    market.install(PROFILER, grant=[PYARROW])
    market.lock(lock)
    edit(lock, lambda it: replace(it, registry="https://plugins.example.org"))
    elsewhere = Marketplace(tmp_path / "elsewhere", empty)
    elsewhere.publish(make_plugin("acme.demo", "1.0.0"))
    with pytest.raises(LockedReleaseGone) as caught:
        elsewhere.sync(lock, grant=[PYARROW])
    assert caught.value.missing == (
        "acme.demo 1.1.0: the registry has no such version",
        f"{PROFILER} 1.1.0: the registry has no such plugin",
    )
    assert "made with https://plugins.example.org, and the registry here is embedded" in caught.value.next_step()
    elsewhere.close()


def test_a_lock_made_with_another_registry_works_where_the_bytes_are_the_same(
    market: Marketplace, other: Marketplace, lock: Path
) -> None:
    market.install(PROFILER, grant=[PYARROW])
    market.lock(lock)
    edit(lock, lambda it: replace(it, registry="https://plugins.example.org"))
    other.sync(lock, grant=[PYARROW])
    other.check_sync(lock)


def test_a_locked_release_may_be_yanked_or_advised_against_and_whoever_syncs_or_checks_is_told(
    market: Marketplace, other: Marketplace, lock: Path, home: Path, make_plugin: MakePlugin
) -> None:
    market.publish(make_plugin("acme.base", "1.2.3", magic="base"))
    market.publish(make_plugin("acme.top", magic="top", requires={"acme.base": "^1.0"}))
    market.install("acme.top")
    market.lock(lock)
    mark(home / "registry", "yanked", "1.2.3")
    with pytest.raises(ResolutionConflict):
        other.install("acme.top")
    registry = other.registry
    assert isinstance(registry, EmbeddedRegistry)
    registry.moderation.deprecate(owner(), "acme.base", "1.2.3", "old", "acme.top")
    registry.advisories.make(owner(), "acme.base", Range.parse("<2"), "high", "leaks", disables=False)
    said = {change.id: (change.warnings, change.deprecated) for change in other.sync(lock).plan.changes}
    warnings, deprecated = said["acme.base"]
    assert [each.rpartition(": ")[2] for each in warnings] == ["leaks", "loses data"]
    assert deprecated == "old (use acme.top)"
    assert said["acme.top"] == ((), "")
    assert state(other) == state(market)
    told = ax(other, f"sync {lock} --check")
    assert told.startswith(f"This profile is what {lock} says.\nacme.base 1.2.3 is under advisory ")
    assert "\nacme.base 1.2.3 was yanked: loses data.\n" in told
    assert told.count("acme.") == 4  # the successor among them


@pytest.fixture
def moved(
    market: Marketplace, lock: Path, empty: EmbeddedRegistry, home: Path, make_plugin: MakePlugin
) -> Iterator[Marketplace]:
    """The profile that ``lock`` is of, at a registry that has other bytes of that version."""
    folder = make_plugin(version="1.2.3")
    market.publish(folder)
    market.install("acme.demo")
    market.lock(lock)
    market.remove("acme.demo")
    (folder / "README.md").write_text("# Another text\n")
    with closing(Marketplace(home / "profile", empty)) as market:
        market.publish(folder)
        yield market


def test_what_is_said_against_a_version_is_told_whatever_bytes_the_registry_has_of_it(
    moved: Marketplace, lock: Path, tmp_path: Path
) -> None:
    mark(tmp_path / "empty", "yanked", "1.2.3")
    mark(tmp_path / "empty", "deprecated", "1.2.3")
    (change,) = moved.plan_sync(lock).changes
    assert (change.warnings, change.deprecated) == (("was yanked: loses data",), "loses data")


def test_a_quarantined_release_is_never_installed_not_even_from_the_store(
    market: Marketplace, other: Marketplace, lock: Path, home: Path, make_plugin: MakePlugin
) -> None:
    market.publish(make_plugin("acme.demo", "1.2.3"))
    market.install("acme.demo")
    market.lock(lock)
    market.remove("acme.demo")
    mark(home / "registry", "quarantined", "1.2.3")
    for profile in (market, other):
        with pytest.raises(ResolutionConflict) as caught:
            profile.sync(lock)
        assert "is quarantined: loses data" in str(caught.value)
        assert profile.installed() == ()


def test_a_quarantine_counts_for_a_version_whatever_bytes_the_registry_has_of_it(
    moved: Marketplace, lock: Path, tmp_path: Path
) -> None:
    mark(tmp_path / "empty", "quarantined", "1.2.3")
    with pytest.raises(ResolutionConflict) as caught:
        moved.sync(lock)
    assert "is quarantined: loses data" in str(caught.value)
