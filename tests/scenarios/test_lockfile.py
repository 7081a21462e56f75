"""A lock is written in one home and makes another one the same, or says why it cannot."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from automatosx_nb import cli
from automatosx_nb.app import Marketplace
from automatosx_nb.errors import (
    ArtifactMismatch,
    ConsentRequired,
    Incompatible,
    InvalidLockfile,
    LockedReleaseGone,
    LockfileConflict,
    LockfileNotFound,
    LockfileTooNew,
    MagicTaken,
    NotALockfile,
    OutOfSync,
    ProfileDamaged,
    ResolutionConflict,
    StorageFailed,
    StorageFull,
)
from automatosx_nb.model.identity import owner
from automatosx_nb.model.lockfile import Lockfile, parse, render
from automatosx_nb.model.semver import Range
from automatosx_nb.registry.service import EmbeddedRegistry
from tests.scenarios.lifecycle import ax

if TYPE_CHECKING:
    from automatosx_nb.model.ports import Registry
    from tests.conftest import FullDisk, MakePlugin

PROFILER, LEDGER = "automatosx.data-profiler", "automatosx.cell-ledger"
PYARROW = "modules:pyarrow"
LEDGER_GRANTS = ("events:subscribe:kernel.cell.finished", "storage")
STORING = "from automatosx_nb.sdk import storage\n\ndef run():\n    return storage.keys()\n"
ASKS = {"storage": "To remember."}

Write = Callable[[Lockfile], Path]


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    return tmp_path / "automatosx.lock"


@pytest.fixture
def other(market: Marketplace, tmp_path: Path) -> Iterator[Marketplace]:
    """Another profile on the same registry."""
    other = Marketplace(tmp_path / "other" / "profile", market.registry)
    yield other
    other.close()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[EmbeddedRegistry]:
    """A registry in which nothing was ever published."""
    with EmbeddedRegistry(tmp_path / "empty") as registry:
        yield registry


def state(market: Marketplace) -> dict[str, tuple[str, str | None, tuple[str, ...]]]:
    return {entry.id: (entry.version, entry.wish, entry.grants) for entry in market.installed()}


def edit(path: Path, change: Callable[[Lockfile], Lockfile]) -> None:
    """Change a lock as a person could who keeps it in itself consistent."""
    path.write_text(render(change(parse(path.read_text()))))


def edit_plugin(path: Path, plugin: str, **changes: Any) -> None:
    edit(path, lambda lock: replace(lock, plugins={**lock.plugins, plugin: replace(lock.plugins[plugin], **changes)}))


def mark(registry: Path, column: str, version: str) -> None:
    """As a registry's moderator does."""
    with closing(sqlite3.connect(registry / "registry.sqlite")) as connection:
        connection.execute(f"UPDATE releases SET {column} = 'loses data' WHERE version = ?", (version,))
        connection.commit()


# --- from one home to another


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


# --- grants: never silently


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


# --- bytes


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


# --- registries that lost, yanked or quarantined something


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


# --- environments that do not fit


def test_a_library_that_is_missing_here_is_told_before_anybody_is_asked(
    market: Marketplace, other: Marketplace, lock: Path, make_plugin: MakePlugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    market.publish(make_plugin(source=STORING, permissions=ASKS, needs='packages = ["no-such-library>=2"]'))
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr("automatosx_nb.host.environment.missing_packages", lambda _requirements: ())
        market.install("acme.demo", grant=["storage"])
    market.lock(lock)
    with pytest.raises(Incompatible) as caught:
        other.sync(lock)
    assert "%pip install 'no-such-library>=2'" in caught.value.next_step()


def test_a_plugin_for_another_python_is_told(
    market: Marketplace, other: Marketplace, lock: Path, make_plugin: MakePlugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    market.publish(make_plugin(needs='python = ">=4.2"'))
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr("automatosx_nb.host.environment.python_version", lambda: "4.2.0")
        market.install("acme.demo")
    market.lock(lock)
    with pytest.raises(ResolutionConflict) as caught:
        other.sync(lock)
    assert "needs Python >=4.2" in str(caught.value)


def test_two_locks_put_together_do_not_take_each_others_magics(
    market: Marketplace, other: Marketplace, lock: Path, make_plugin: MakePlugin
) -> None:
    for name in ("acme.one", "acme.two"):
        market.publish(make_plugin(name, magic="shared"))
    market.install("acme.one")
    other.install("acme.two")
    mine, theirs = market.lock(lock), other.lockfile()
    edit(
        lock,
        lambda it: replace(it, wishes={**mine.wishes, **theirs.wishes}, plugins={**mine.plugins, **theirs.plugins}),
    )
    for profile in (market, other):
        with pytest.raises(MagicTaken):
            profile.sync(lock)


# --- the same transaction as an install


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


# --- files


def test_a_merge_that_git_left_undone_is_told_and_writing_the_lock_again_mends_it(
    market: Marketplace, other: Marketplace, tmp_path: Path
) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()
    lock = repository / "automatosx.lock"

    def git(*words: str, check: bool = True) -> None:
        who = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "merge.conflictStyle=diff3")
        subprocess.run(["git", *who, *words], cwd=repository, check=check, capture_output=True)

    def commit(market: Marketplace) -> None:
        market.lock(lock)
        git("add", "-A")
        git("commit", "-m", "lock")

    git("init", "-b", "main")
    commit(market)
    git("checkout", "-b", "theirs")
    other.install(LEDGER, grant=LEDGER_GRANTS)
    commit(other)
    git("checkout", "main")
    market.install(PROFILER, grant=[PYARROW])
    commit(market)
    git("merge", "theirs", check=False)
    with pytest.raises(LockfileConflict) as caught:
        market.sync(lock)
    lines = lock.read_text().splitlines()
    assert {lines[number - 1][:7] for number in caught.value.lines} == {"<" * 7, "|" * 7, "=" * 7, ">" * 7}
    conflicted = lock.read_bytes()
    git("checkout", "--ours", lock.name)
    market.check_sync(lock)
    market.install(LEDGER, grant=LEDGER_GRANTS)
    lock.write_bytes(conflicted)
    market.lock(lock)
    assert set(parse(lock.read_text()).plugins) == {PROFILER, LEDGER}


def test_a_lock_that_says_so_already_is_left_untouched(market: Marketplace, lock: Path) -> None:
    market.install(PROFILER, grant=[PYARROW])
    market.lock(lock)
    windows = lock.read_bytes().replace(b"\n", b"\r\n").replace(b"automatosx_nb 1", b"automatosx_nb 7")
    lock.write_bytes(windows)
    market.lock(lock)
    assert lock.read_bytes() == windows
    market.update()
    market.install(PROFILER, "1.0.0")
    market.lock(lock)
    assert b"automatosx_nb 7" not in lock.read_bytes()
    assert b"\r" not in lock.read_bytes()


def test_a_file_that_is_something_else_is_not_overwritten(market: Marketplace, tmp_path: Path) -> None:
    manifest = tmp_path / "plugin.toml"
    manifest.write_text("schema = 1\n")
    with pytest.raises(NotALockfile):
        market.lock(manifest)
    assert manifest.read_text() == "schema = 1\n"
    manifest.write_text("")
    market.lock(manifest)
    assert parse(manifest.read_text()) == market.lockfile()


def test_what_a_newer_tool_wrote_is_neither_read_nor_overwritten(market: Marketplace, lock: Path) -> None:
    market.lock(lock)
    newer = lock.read_text().replace("lock-version = 1", "lock-version = 2")
    lock.write_text(newer)
    for use in (market.lock, market.sync, market.check_sync):
        with pytest.raises(LockfileTooNew):
            use(lock)
    assert lock.read_text() == newer


def test_a_file_that_is_not_there_or_not_text_is_told(market: Marketplace, lock: Path, tmp_path: Path) -> None:
    with pytest.raises(LockfileNotFound):
        market.sync(lock)
    lock.write_bytes(b"lock-version = 1\n\xff\n")
    with pytest.raises(InvalidLockfile) as caught:
        market.sync(lock)
    assert caught.value.problems[0].found == "a byte that is not UTF-8, at 17"
    with pytest.raises(StorageFailed):
        market.sync(tmp_path)
    with pytest.raises(StorageFailed):
        market.lock(tmp_path / "no" / "such" / "folder.lock")


def test_what_is_damaged_in_the_store_is_not_locked(market: Marketplace, lock: Path, home: Path) -> None:
    market.install(PROFILER, grant=[PYARROW])
    shutil.rmtree(home / "profile" / "store")
    with pytest.raises(ProfileDamaged):
        market.lock(lock)
    assert not lock.exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_a_lock_may_be_read_by_whom_the_umask_allows(market: Marketplace, lock: Path) -> None:
    before = os.umask(0o022)
    try:
        market.lock(lock)
    finally:
        os.umask(before)
    assert lock.stat().st_mode & 0o777 == 0o644


# --- in a shell


def test_a_check_says_every_difference_and_has_a_status_of_its_own(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["sync", "--check"]) == 1
    assert "there is no lockfile automatosx.lock" in capsys.readouterr().err
    assert cli.main(["install", f"{PROFILER}@1.0.0", "--grant", PYARROW]) == 0
    assert cli.main(["lock"]) == 0
    assert cli.main(["sync", "--check"]) == 0
    assert cli.main(["update"]) == 0
    capsys.readouterr()
    assert cli.main(["sync", "--check"]) == 3
    captured = capsys.readouterr()
    assert f"  - {PROFILER} 1.1.0 is installed, and the lock has 1.0.0\n" in captured.err
    assert "jupyter automatosx sync automatosx.lock" in captured.err
    assert captured.out == ""
    assert cli.main(["sync", "--plan"]) == 0
    assert "↓ automatosx.data-profiler 1.1.0 → 1.0.0" in capsys.readouterr().out
    assert cli.main(["sync"]) == 0
    assert cli.main(["sync", "--check"]) == 0


def test_a_check_needs_no_registry(market: Marketplace, lock: Path, home: Path) -> None:
    market.install(PROFILER, grant=[PYARROW])
    market.lock(lock)
    market.close()
    shutil.rmtree(home / "registry")
    Marketplace().check_sync(lock)
    assert not (home / "registry").exists()
