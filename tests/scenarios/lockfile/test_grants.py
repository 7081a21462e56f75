"""A lock grants nothing in silence."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from automatosx_nb.app import Marketplace
from automatosx_nb.errors import ConsentRequired, InvalidLockfile
from tests.scenarios.lockfile.locks import ASKS, LEDGER, LEDGER_GRANTS, PROFILER, PYARROW, STORING, edit_plugin, state

if TYPE_CHECKING:
    from tests.conftest import MakePlugin


def test_without_consent_nothing_changes_and_all_that_is_lacking_is_told_at_once(
    market: Marketplace, other: Marketplace, lock: Path
) -> None:
    market.install(PROFILER, grant=[PYARROW])
    market.install(LEDGER, grant=LEDGER_GRANTS)
    locked = market.lock(lock)
    with pytest.raises(ConsentRequired) as caught:
        other.sync(lock, grant=["storage"], grants_digest="sha256:" + "0" * 64)
    error = caught.value
    assert (error.plugin, list(error.permissions)) == (LEDGER, [LEDGER_GRANTS[0]])
    assert {name: list(asked) for name, asked in error.others.items()} == {f"{PROFILER} 1.1.0": [PYARROW]}
    assert f"--grant {LEDGER_GRANTS[0]} --grant {PYARROW}" in error.next_step()
    assert f"--grants-digest {locked.grants_digest} " in error.next_step()
    assert other.history() == ()


def test_who_agrees_to_the_digest_agrees_to_all_that_the_lock_grants_and_to_no_more(
    market: Marketplace, other: Marketplace, lock: Path, make_plugin: MakePlugin
) -> None:
    market.install(PROFILER, grant=[PYARROW])
    digest = market.lock(lock).grants_digest
    other.sync(lock, grants_digest=digest)
    assert state(other) == state(market)
    market.publish(make_plugin(source=STORING, permissions=ASKS))
    market.install("acme.demo", grant=["storage"])
    market.lock(lock)
    with pytest.raises(ConsentRequired):
        other.sync(lock, grants_digest=digest)


def test_a_lock_that_grants_less_takes_the_rest_away_and_asks_nobody(
    market: Marketplace, other: Marketplace, lock: Path, make_plugin: MakePlugin
) -> None:
    market.publish(make_plugin(source=STORING, extra='\n[permissions.optional]\nstorage = "To remember."'))
    market.install("acme.demo")
    market.lock(lock)
    other.install("acme.demo", grant=["storage"])
    assert state(other)["acme.demo"] == ("1.0.0", "^1.0.0", ("storage",))
    (change,) = other.plan_sync(lock).changes
    assert (change.old, change.new, change.drops) == ("1.0.0", "1.0.0", ("storage",))
    assert change.why == "automatosx.lock grants it other permissions"
    other.sync(lock)
    assert state(other)["acme.demo"] == ("1.0.0", "^1.0.0", ())
    other.rollback()
    assert state(other)["acme.demo"] == ("1.0.0", "^1.0.0", ("storage",))


def test_a_lock_cannot_grant_what_a_plugin_does_not_ask_for(
    market: Marketplace, other: Marketplace, lock: Path
) -> None:
    market.install(PROFILER, grant=[PYARROW])
    market.lock(lock)
    edit_plugin(lock, PROFILER, grants=(PYARROW, "storage"))
    with pytest.raises(InvalidLockfile) as caught:
        other.sync(lock, grant=[PYARROW, "storage"])
    assert [problem.path for problem in caught.value.problems] == [f'plugins."{PROFILER}".grants[1]']
    assert other.history() == ()
