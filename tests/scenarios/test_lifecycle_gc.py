"""Pruning generations and freeing what none of them names."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from automatosx_nb.errors import NotPinned, ProfileBusy, ProfileDamaged, ProfileReadOnly, UnknownGeneration
from automatosx_nb.files import make_folder
from automatosx_nb.model.retention import GenerationRetention
from automatosx_nb.profile import Profile, state_database
from automatosx_nb.profile.collecting import Collected, collect
from automatosx_nb.profile.lock import writer_lock
from tests.scenarios.lifecycle import ASKS, BASE, OTHER, age, ax, files, installed, now, save, saved

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace

SHORT = GenerationRetention(2, timedelta())


def gc(market: Marketplace, *, dry_run: bool = False, retention: GenerationRetention = SHORT) -> Collected:
    return collect([market.profile], retention, now(), dry_run=dry_run)


def five_generations(market: Marketplace) -> None:
    market.install(BASE, "1.0.0")
    save(market, BASE, "by 1.0.0")
    market.update(BASE)
    market.install(OTHER)
    market.remove(BASE)
    market.install(ASKS, "1.0.0", grant=["storage"])


def test_gc_prunes_what_policy_lets_go_and_frees_artifacts_and_state(life: Marketplace) -> None:
    five_generations(life)
    before = files(life.profile.root)
    collected = gc(life)
    gone = before - files(life.profile.root)
    assert [entry.number for entry in life.history()] == [5, 4]
    assert {each.kind for each in collected.removed} == {"generation", "artifact", "state"}
    assert len([name for name in gone if name.startswith("store/")]) == 2
    assert installed(life) == {OTHER: "1.0.0", ASKS: "1.0.0"}


def test_gc_says_how_many_bytes_it_freed(life: Marketplace) -> None:
    five_generations(life)
    size = sum(path.stat().st_size for path in life.profile.root.rglob("*") if path.is_file())
    collected = gc(life)
    left = sum(path.stat().st_size for path in life.profile.root.rglob("*") if path.is_file())
    assert collected.size == size - left


def test_a_dry_run_frees_nothing_and_says_the_same(life: Marketplace) -> None:
    five_generations(life)
    before = files(life.profile.root)
    planned = gc(life, dry_run=True)
    assert files(life.profile.root) == before
    assert {each.path for each in planned.removed} == {each.path for each in gc(life).removed}


def test_young_generations_stay_whatever_their_number(life: Marketplace) -> None:
    five_generations(life)
    week = GenerationRetention(2, timedelta(days=7))
    assert gc(life, retention=week).removed == ()
    age(life, days=8)
    assert [each.what for each in gc(life, retention=week).removed if each.kind == "generation"] == [
        "generation 1",
        "generation 2",
        "generation 3",
    ]


@pytest.mark.parametrize("place", ["profile/generations", "projects"])
def test_gc_that_may_not_list_a_folder_removes_nothing(
    life: Marketplace, home: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """A folder that cannot be read looks empty to ``Path.glob``, and all that it needs would be garbage."""
    five_generations(life)
    make_folder(home / "projects")
    before = files(life.profile.root)

    def forbid(real: Callable[..., Any]) -> Callable[..., Any]:
        def listing(folder: Any = ".") -> Any:
            if str(folder).endswith(place):
                raise PermissionError(errno.EACCES, "may not be read", str(folder))
            return real(folder)

        return listing

    for name in ("listdir", "scandir"):
        monkeypatch.setattr(os, name, forbid(getattr(os, name)))
    with pytest.raises(ProfileReadOnly, match=place):
        life.collect_garbage()
    monkeypatch.undo()
    assert files(life.profile.root) == before


def test_the_previous_generation_stays_so_that_undo_always_works(life: Marketplace) -> None:
    five_generations(life)
    gc(life, retention=GenerationRetention(1, timedelta()))
    life.undo()
    assert installed(life) == {OTHER: "1.0.0"}


def test_where_a_rollback_leads_stays(life: Marketplace) -> None:
    five_generations(life)
    life.rollback(2)
    gc(life, retention=GenerationRetention(1, timedelta()))
    life.rollback()
    assert installed(life) == {BASE: "1.0.0"}
    assert saved(life, BASE) == "by 1.0.0"


def test_a_kept_generation_stays_until_it_is_let_go(life: Marketplace) -> None:
    five_generations(life)
    life.keep_generation(1, note="before the migration")
    gc(life)
    assert [entry.kept for entry in life.history()] == [None, None, "before the migration"]
    life.rollback(1)
    assert saved(life, BASE) == "by 1.0.0"
    life.undo()
    life.let_generation_go(1)
    gc(life)
    with pytest.raises(UnknownGeneration):
        life.rollback(1)
    with pytest.raises(NotPinned):
        life.let_generation_go(1)


def test_a_generation_that_is_none_cannot_be_kept(life: Marketplace) -> None:
    with pytest.raises(UnknownGeneration):
        life.keep_generation(3)


def test_history_says_where_what_a_generation_changed_is_not_known_any_more(life: Marketplace) -> None:
    five_generations(life)
    gc(life)
    assert life.history()[-1].differences is None
    assert "was pruned" in ax(life, "history 4")


def test_state_is_freed_only_with_the_last_generation_that_names_it(life: Marketplace) -> None:
    life.install(BASE, "1.0.0")
    save(life, BASE, "by 1.0.0")
    for plugin in (OTHER, ASKS):
        life.install(plugin, grant=["storage", "network:api.example.org"])
    gc(life)
    assert saved(life, BASE) == "by 1.0.0"


def test_settings_of_lines_that_are_gone_are_forgotten(life: Marketplace) -> None:
    life.install(BASE, "1.0.0")
    life.plugin_settings(BASE).put("rows", "5")
    life.update(BASE)
    life.install(OTHER)
    assert gc(life).settings == 1
    assert life.plugin_settings(BASE).get("rows").value == 5


def test_what_killed_writers_left_is_freed(life: Marketplace) -> None:
    life.install(BASE)
    root = life.profile.root
    left = [root / ".current-0123456789ab", root / "generations" / ".000002.json-0123456789ab"]
    left.append(root / "store" / f".{'a' * 64}.axp-0123456789ab")
    left.append(root / "generations" / "000002.json")
    for path in left:
        path.write_bytes(b"half")
    assert {each.path for each in gc(life).removed} == set(left)


def test_what_somebody_else_put_there_is_left(life: Marketplace) -> None:
    life.install(BASE)
    notes = [life.profile.root / "notes.txt", life.profile.root / "store" / "mine.axp", life.profile.root / ".hidden"]
    for path in notes:
        path.write_text("mine")
    assert gc(life).removed == ()


def test_gc_waits_for_no_profile_that_is_being_changed(life: Marketplace) -> None:
    five_generations(life)
    before = files(life.profile.root)
    with writer_lock(life.profile.root), pytest.raises(ProfileBusy):
        collect([life.profile], SHORT, now(), wait_s=0.05)
    assert files(life.profile.root) == before


def test_gc_removes_nothing_where_a_generation_cannot_be_read(life: Marketplace) -> None:
    five_generations(life)
    (life.profile.root / "generations" / "000003.json").write_text("{")
    before = files(life.profile.root)
    with pytest.raises(ProfileDamaged):
        gc(life)
    assert files(life.profile.root) == before


def test_profiles_that_share_a_store_free_only_what_none_of_them_needs(life: Marketplace, tmp_path: Path) -> None:
    other_root = tmp_path / "other"
    life.install(BASE, "1.0.0")
    shared = Profile(other_root, store=life.profile.root)
    shared.generations.write(life.profile.current())
    shared.generations.switch(1)
    life.install(BASE, "1.1.0")
    life.install(OTHER)
    life.remove(OTHER)
    collect([life.profile, shared], GenerationRetention(1, timedelta()), now())
    assert shared.package(shared.current().plugins[BASE]).manifest.id == BASE


def test_a_reader_of_an_older_state_is_not_disturbed(life: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_database, "LOOK_S", 0.0)  # as if it read some seconds later
    life.install(BASE, "1.0.0")
    save(life, BASE, "by 1.0.0")
    state = life.profile.state(life.installed_plugin(BASE))
    for wish in ("1.0.1", "1.1.0", "2.0.0"):
        life.install(BASE, wish)
    gc(life)
    assert state.get("kept") == (True, "by 1.0.0")
    state.close()


_HOLDER = """
import os, sys
from pathlib import Path
from automatosx_nb.profile.lock import writer_lock
with writer_lock(Path(sys.argv[1])):
    print("held", flush=True)
    os._exit(1)
"""


def test_a_lock_whose_owner_died_is_nobodys(life: Marketplace) -> None:
    life.install(BASE)
    command = [sys.executable, "-c", _HOLDER, str(life.profile.root)]
    child = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (child.stdout, child.returncode) == ("held\n", 1), child.stderr
    with writer_lock(life.profile.root, wait_s=1):
        pass


def test_the_verb_says_what_it_freed_and_what_it_would_free(life: Marketplace) -> None:
    five_generations(life)
    assert ax(life, "gc") == "Nothing to free: every file is needed by a generation that stays."
    (life.profile.root / ".current-0123456789ab").write_bytes(b"half")
    assert ax(life, "gc --dry-run") == "Would free 4 B: 1 file that a killed process left."
    assert ax(life, "gc") == "Freed 4 B: 1 file that a killed process left."
