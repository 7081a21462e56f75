"""A lock is of bytes, and other ones are refused or replaced."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from automatosx_nb.app import Marketplace
from automatosx_nb.errors import ArtifactMismatch, InvalidLockfile, LockedReleaseGone, OutOfSync, StorageFull
from automatosx_nb.registry.service import EmbeddedRegistry
from tests.scenarios.lockfile.locks import LEDGER, LEDGER_GRANTS, PROFILER, PYARROW, edit, edit_plugin, state

if TYPE_CHECKING:
    from automatosx_nb.model.ports import Registry
    from tests.conftest import FullDisk, MakePlugin


def test_a_hash_that_nobody_has_is_refused(market: Marketplace, other: Marketplace, lock: Path) -> None:
    market.install(PROFILER, grant=[PYARROW])
    market.lock(lock)
    edit_plugin(lock, PROFILER, sha256="0" * 64)
    with pytest.raises(LockedReleaseGone) as caught:
        other.sync(lock, grant=[PYARROW])
    (missing,) = caught.value.missing
    assert missing.startswith(f"{PROFILER} 1.1.0: the registry has other bytes under this version")
    assert other.history() == ()


def test_a_hash_of_another_artifact_is_refused_also_where_the_store_has_it(market: Marketplace, lock: Path) -> None:
    market.install(LEDGER, grant=LEDGER_GRANTS)
    market.install(PROFILER, grant=[PYARROW])
    hashes = {entry.id: entry.sha256 for entry in market.installed()}
    market.lock(lock)
    edit_plugin(lock, PROFILER, sha256=hashes[LEDGER])
    with pytest.raises(InvalidLockfile) as caught:
        market.sync(lock)
    assert [problem.path for problem in caught.value.problems] == [f'plugins."{PROFILER}".sha256']


def test_what_a_lock_repeats_of_a_manifest_has_to_be_so(
    market: Marketplace, other: Marketplace, lock: Path, make_plugin: MakePlugin
) -> None:
    market.publish(make_plugin("acme.base", magic="base"))
    market.publish(make_plugin("acme.top", magic="top", requires={"acme.base": "^1.0"}))
    market.install("acme.top")
    market.lock(lock)
    edit_plugin(lock, "acme.top", dependencies={"acme.base": ">=1"}, optional_dependencies={"acme.x": "*"}, size=7)
    with pytest.raises(InvalidLockfile) as caught:
        other.sync(lock)
    assert {problem.path: problem.found for problem in caught.value.problems} == {
        'plugins."acme.top".size': "7",
        'plugins."acme.top".dependencies': "acme.base >=1",
        'plugins."acme.top".optional-dependencies': "acme.x *",
    }
    market.lock(lock)
    edit(lock, lambda it: replace(it, wishes={**it.wishes, "acme.base": "^1"}))
    edit_plugin(lock, "acme.top", dependencies={})
    with pytest.raises(InvalidLockfile):
        other.sync(lock)


def test_a_registry_that_serves_other_bytes_is_refused(
    market: Marketplace, wrong_bytes: Registry, lock: Path, tmp_path: Path
) -> None:
    market.install(PROFILER, grant=[PYARROW])
    market.lock(lock)
    fooled = Marketplace(tmp_path / "fooled", wrong_bytes)
    with pytest.raises(ArtifactMismatch):
        fooled.sync(lock, grant=[PYARROW])
    assert fooled.history() == ()
    fooled.close()


def test_the_same_version_with_other_bytes_is_replaced(
    market: Marketplace, lock: Path, empty: EmbeddedRegistry, make_plugin: MakePlugin, tmp_path: Path
) -> None:
    folder = make_plugin()
    market.publish(folder)
    market.install("acme.demo")
    market.lock(lock)
    (folder / "README.md").write_text("# Another text\n")
    elsewhere = Marketplace(tmp_path / "elsewhere", empty)
    elsewhere.publish(folder)
    elsewhere.install("acme.demo")
    assert not set(elsewhere.history()[0].plugins.items()) ^ set(market.history()[0].plugins.items())
    with pytest.raises(OutOfSync) as caught:
        elsewhere.check_sync(lock)
    assert "is installed with other bytes" in caught.value.differences[0]
    moved = Marketplace(tmp_path / "elsewhere", market.registry)
    assert [change.why for change in moved.sync(lock).plan.changes] == ["automatosx.lock has other bytes of it"]
    moved.check_sync(lock)
    for each in (elsewhere, moved):
        each.close()


def test_a_full_disk_at_the_switch_leaves_what_was_there(
    market: Marketplace, other: Marketplace, lock: Path, full_disk: FullDisk
) -> None:
    market.install(PROFILER, "1.0.0", grant=[PYARROW])
    market.lock(lock)
    other.install(PROFILER, grant=[PYARROW])
    with full_disk("current"), pytest.raises(StorageFull):
        other.sync(lock)
    assert [entry.version for entry in other.installed()] == ["1.1.0"]
    other.sync(lock)
    assert state(other) == state(market)
