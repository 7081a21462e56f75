"""The file itself: what it is held against, and what it is not written over."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from automatosx_nb import cli
from automatosx_nb.app import Marketplace
from automatosx_nb.errors import (
    InvalidLockfile,
    LockfileConflict,
    LockfileNotFound,
    LockfileTooNew,
    NotALockfile,
    ProfileDamaged,
    StorageFailed,
)
from automatosx_nb.model.lockfile import parse
from tests.scenarios.lockfile.locks import LEDGER, LEDGER_GRANTS, PROFILER, PYARROW


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
