"""What is locked in one home is made in another, whole."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from automatosx_nb.app import Marketplace
from automatosx_nb.errors import OutOfSync
from tests.scenarios.lockfile.locks import ASKS, LEDGER, LEDGER_GRANTS, PROFILER, PYARROW, STORING, state

if TYPE_CHECKING:
    from tests.conftest import MakePlugin


def test_what_is_locked_in_one_home_is_made_in_another_to_the_byte(
    market: Marketplace, lock: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    market.install(PROFILER, "1.0.0", grant=[PYARROW])
    market.install(LEDGER, "~1.0", grant=LEDGER_GRANTS)
    market.lock(lock)
    monkeypatch.setenv("AUTOMATOSX_HOME", str(tmp_path / "another-home"))
    with closing(Marketplace()) as there:
        applied = there.sync(lock, grant=[PYARROW, *LEDGER_GRANTS])
        assert (applied.generation, applied.plan.action) == (1, "sync automatosx.lock")
        assert state(there) == state(market)
        again = tmp_path / "again.lock"
        there.lock(again)
        assert again.read_bytes() == lock.read_bytes()
        there.check_sync(lock)
    for private in (str(tmp_path), os.environ.get("USER", "no such user")):
        assert private not in lock.read_text()


def test_syncing_twice_changes_nothing(market: Marketplace, other: Marketplace, lock: Path) -> None:
    market.install(PROFILER, grant=[PYARROW])
    market.lock(lock)
    assert other.sync(lock, grant=[PYARROW]).generation == 1
    second = other.sync(lock)
    assert (second.generation, second.plan.changes_nothing) == (1, True)
    assert len(other.history()) == 1


def test_syncing_adds_changes_and_removes_and_is_taken_back_whole(
    market: Marketplace, other: Marketplace, lock: Path, make_plugin: MakePlugin
) -> None:
    market.publish(make_plugin("acme.base", magic="base"))
    market.publish(make_plugin("acme.top", magic="top", requires={"acme.base": "^1.0"}))
    market.publish(make_plugin("acme.extra", magic="extra"))
    market.install("acme.top")
    market.install(PROFILER, "1.0.0", grant=[PYARROW])
    market.lock(lock)
    other.install(PROFILER, "~1.1", grant=[PYARROW])
    other.install("acme.extra")
    other.install("acme.base")
    before = state(other)
    plan = other.sync(lock).plan
    assert {(c.id, c.kind, c.old, c.new, c.why) for c in plan.changes} == {
        ("acme.extra", "remove", "1.0.0", None, "it is not in automatosx.lock"),
        ("acme.top", "add", None, "1.0.0", "automatosx.lock has it so"),
        (PROFILER, "downgrade", "1.1.0", "1.0.0", "automatosx.lock has it so"),
    }
    assert (plan.kept, plan.rewished) == ({"acme.base": "1.0.0"}, {"acme.base": ("^1.0.0", None)})
    assert state(other) == state(market)
    other.rollback()
    assert state(other) == before


def test_state_comes_along_and_goes_back(
    market: Marketplace, other: Marketplace, lock: Path, make_plugin: MakePlugin
) -> None:
    for version in ("1.0.0", "1.1.0"):
        market.publish(make_plugin(version=version, source=STORING, permissions=ASKS))
    market.install("acme.demo", "1.1.0", grant=["storage"])
    market.lock(lock)
    other.install("acme.demo", "1.0.0", grant=["storage"])

    def put(value: str) -> None:
        with closing(other.profile.state(other.installed()[0])) as opened:
            opened.put("value", value)

    def get() -> Any:
        with closing(other.profile.state(other.installed()[0])) as opened:
            return opened.get("value")[1]

    put("old")
    other.sync(lock)
    assert (other.installed()[0].version, get()) == ("1.1.0", "old")
    put("new")
    other.rollback()
    assert (other.installed()[0].version, get()) == ("1.0.0", "old")


def test_channels_and_pins_come_along_and_go_again(market: Marketplace, other: Marketplace, lock: Path) -> None:
    market.install(PROFILER, "1.0.0", grant=[PYARROW], channel="beta")
    market.lock(lock)
    other.sync(lock, grant=[PYARROW])
    assert (other.installed_plugin(PROFILER).channel, other.installed_plugin(PROFILER).pin) == ("beta", None)
    market.pin(PROFILER, note="until the paper is out\n")
    market.lock(lock)
    with pytest.raises(OutOfSync, match="is not pinned, as it is in the lock"):
        other.check_sync(lock)
    other.sync(lock)
    pin = other.installed_plugin(PROFILER).pin
    assert pin is not None
    assert pin.note == "until the paper is out"
    other.check_sync(lock)
    assert other.plan_sync(lock).changes_nothing
    market.unpin(PROFILER)
    market.lock(lock)
    other.sync(lock)
    assert other.installed_plugin(PROFILER).pin is None


def test_an_empty_lock_empties_the_profile(market: Marketplace, other: Marketplace, lock: Path) -> None:
    market.lock(lock)
    other.install(PROFILER, grant=[PYARROW])
    other.sync(lock)
    assert other.installed() == ()


def test_newer_releases_do_not_lead_a_lock_astray(
    market: Marketplace, other: Marketplace, lock: Path, make_plugin: MakePlugin
) -> None:
    market.publish(make_plugin(version="1.0.0"))
    market.install("acme.demo")
    market.lock(lock)
    market.publish(make_plugin(version="1.1.0"))
    other.sync(lock)
    assert [entry.version for entry in other.installed()] == ["1.0.0"]
