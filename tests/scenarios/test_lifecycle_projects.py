"""Projects: which profile counts, what a lock that somebody else wrote can do, and what it cannot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from automatosx_nb import magics
from automatosx_nb.app import Marketplace
from automatosx_nb.errors import ConsentRequired, ProjectOutOfStep
from tests.conftest import opened_shell
from tests.scenarios.lifecycle import ASKS, BASE, OTHER, Lend, ax, entry, files, installed

if TYPE_CHECKING:
    from automatosx_nb.model.progress import Progress, Step
    from automatosx_nb.registry.service import EmbeddedRegistry

OpenIn = Callable[[Path], Marketplace]


@pytest.fixture
def open_in(home: Path, shop: EmbeddedRegistry, lend: Lend, monkeypatch: pytest.MonkeyPatch) -> OpenIn:
    """``open_in(folder)``: a marketplace of a process that starts there."""

    def open_market(folder: Path) -> Marketplace:
        folder.mkdir(parents=True, exist_ok=True)
        monkeypatch.chdir(folder)
        return lend(Marketplace(registry=shop))

    return open_market


@pytest.fixture
def project(tmp_path: Path, open_in: OpenIn) -> Path:
    folder = tmp_path / "work" / "project"
    ax(open_in(folder), "project init")
    return folder


def lock_of(folder: Path) -> Path:
    return folder / ".automatosx" / "automatosx.lock"


def test_a_project_has_plugins_of_its_own_and_the_users_profile_is_left_alone(project: Path, open_in: OpenIn) -> None:
    outside = open_in(project.parent)
    outside.install(OTHER)
    inside = open_in(project)
    assert installed(inside) == {}
    inside.install(BASE)
    assert installed(inside) == {BASE: "2.0.0"}
    assert installed(outside) == {OTHER: "1.0.0"}


def test_the_nearest_project_above_the_working_folder_counts(project: Path, open_in: OpenIn) -> None:
    open_in(project).install(BASE)
    assert installed(open_in(project / "notebooks" / "may")) == {BASE: "2.0.0"}
    inner = project / "inner"
    ax(open_in(inner), "project init")
    assert installed(open_in(inner)) == {}


def test_a_project_file_of_configuration_alone_makes_no_project(tmp_path: Path, open_in: OpenIn) -> None:
    (tmp_path / "x" / ".automatosx").mkdir(parents=True)
    (tmp_path / "x" / ".automatosx" / "config.toml").write_text("")
    assert open_in(tmp_path / "x").project is None


def test_the_users_profile_can_be_chosen_in_a_project(
    project: Path, open_in: OpenIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_in(project.parent).install(OTHER)
    monkeypatch.setenv("AUTOMATOSX_PROFILE", "user")
    assert installed(open_in(project)) == {OTHER: "1.0.0"}


def test_nothing_but_the_lock_lies_in_the_project(project: Path, open_in: OpenIn) -> None:
    market = open_in(project)
    market.install(ASKS, "1.0.0", grant=["storage"])
    assert files(project) == {str(Path(".automatosx", "automatosx.lock"))}


def test_the_lock_follows_every_change(project: Path, open_in: OpenIn) -> None:
    market = open_in(project)
    market.install(BASE, "1.0.0")
    assert 'version = "1.0.0"' in lock_of(project).read_text()
    market.update()
    assert 'version = "1.1.0"' in lock_of(project).read_text()
    market.undo()
    assert 'version = "1.0.0"' in lock_of(project).read_text()
    market.check_sync(lock_of(project))


def test_a_clone_installs_and_grants_nothing_until_it_is_synced_with_consent(
    project: Path, open_in: OpenIn, tmp_path: Path
) -> None:
    open_in(project).install(ASKS, "1.0.0", grant=["storage"])
    clone = tmp_path / "clone"
    lock_of(clone).parent.mkdir(parents=True)
    lock_of(clone).write_bytes(lock_of(project).read_bytes())
    market = open_in(clone)
    assert installed(market) == {}
    with pytest.raises(ConsentRequired):
        market.sync(market.lock_path())
    assert installed(market) == {}
    ax(market, "sync --grant storage")
    assert entry(market, ASKS).grants == ("storage",)


def test_another_lock_at_the_same_place_changes_nothing_that_is_installed(
    project: Path, open_in: OpenIn, tmp_path: Path
) -> None:
    market = open_in(project)
    market.install(BASE, "1.0.0")
    other = open_in(tmp_path / "other")
    other.install(ASKS, "1.0.0", grant=["storage"])
    other.lock(lock_of(project))
    again = open_in(project)
    assert installed(again) == {BASE: "1.0.0"}
    assert "its lock says something else" in ax(again, "project")


def test_no_change_writes_over_a_lock_that_somebody_else_changed(
    project: Path, open_in: OpenIn, tmp_path: Path
) -> None:
    market = open_in(project)
    market.install(BASE, "1.0.0")
    other = open_in(tmp_path / "other")
    other.install(BASE, "1.1.0")
    other.lock(lock_of(project))
    pulled = lock_of(project).read_bytes()
    for line in (f"install {OTHER}", "undo", f"pin {BASE}", f"remove {BASE}", "rollback"):
        with pytest.raises(ProjectOutOfStep):
            ax(market, line)
    assert lock_of(project).read_bytes() == pulled
    ax(market, "sync")
    assert installed(market) == {BASE: "1.1.0"}
    market.install(OTHER)


def test_lock_writes_over_it_on_purpose(project: Path, open_in: OpenIn) -> None:
    market = open_in(project)
    market.install(BASE, "1.0.0")
    lock_of(project).write_text("lock-version = 1\n# merged badly\n")
    ax(market, "lock")
    market.install(OTHER)
    market.check_sync(lock_of(project))


def test_a_project_that_cannot_be_written_keeps_no_change_from_happening(project: Path, open_in: OpenIn) -> None:
    market = open_in(project)
    market.install(BASE, "1.0.0")
    lock_of(project).unlink()
    lock_of(project).mkdir()
    said = ax(market, f"install {OTHER}")
    assert installed(market) == {BASE: "1.0.0", OTHER: "1.0.0"}
    assert "the project's lock was not written" in said


def at_the_switch(do: Callable[[], object]) -> Progress:
    """Has ``do`` called while a change is made, when nothing keeps it from landing any more."""

    def progress(step: Step) -> None:
        if step.name == "switch":
            do()

    return progress


def test_a_lock_that_is_edited_while_a_change_is_made_is_left_as_it_is(project: Path, open_in: OpenIn) -> None:
    market = open_in(project)
    market.install(BASE, "1.0.0")
    edited = lock_of(project).read_text() + "# by hand\n"
    market.install(OTHER, progress=at_the_switch(lambda: lock_of(project).write_text(edited)))
    assert lock_of(project).read_text() == edited
    (told,) = market.profile.notices.take()
    assert "somebody else changed it" in told
    assert "%ax lock" in told
    with pytest.raises(ProjectOutOfStep):
        market.undo()
    ax(market, "lock")
    assert "# by hand" not in lock_of(project).read_text()
    market.undo()


def test_a_lock_that_is_pulled_while_an_older_one_is_synced_is_left_as_it_is(
    project: Path, open_in: OpenIn, tmp_path: Path
) -> None:
    market, other = open_in(project), open_in(tmp_path / "other")
    market.install(BASE, "1.0.0")
    other.install(BASE, "1.1.0")
    other.lock(lock_of(project))
    other.install(OTHER)
    market = open_in(project)
    market.sync(market.lock_path(), progress=at_the_switch(lambda: other.lock(lock_of(project))))
    assert installed(market) == {BASE: "1.1.0"}
    assert OTHER in lock_of(project).read_text()
    ax(market, "sync")
    assert installed(market) == {BASE: "1.1.0", OTHER: "1.0.0"}


def test_where_neither_lock_nor_notice_can_be_written_python_warns_and_project_and_doctor_say_it(
    project: Path, open_in: OpenIn, capsys: pytest.CaptureFixture[str]
) -> None:
    market = open_in(project)
    market.install(BASE, "1.0.0")
    (market.profile.root / "notices.json").mkdir()
    folder = lock_of(project)
    before = folder.read_bytes()
    folder.unlink()
    folder.mkdir()
    with pytest.warns(RuntimeWarning, match="lock was not written"):
        market.install(OTHER)
    folder.rmdir()
    folder.write_bytes(before)
    assert "its lock was not written after the last change: %ax lock" in ax(market, "project")
    assert [fault.next_step for fault in market.faults()] == ["%ax lock writes it."]
    with opened_shell() as shell:
        magics.load(shell)
        assert "was not written after the last change: %ax lock writes it." in capsys.readouterr().out
    ax(market, "lock")
    assert market.faults() == ()
    assert "what is installed is what its lock says" in ax(market, "project")


def test_a_mark_of_an_older_version_says_nothing_of_generations(project: Path, open_in: OpenIn) -> None:
    market = open_in(project)
    market.install(BASE, "1.0.0")
    seen = market.profile.root / "lock-seen"
    seen.write_text(seen.read_text().partition(" ")[0])
    assert market.faults() == ()
    market.install(OTHER)
    market.check_sync(lock_of(project))


def test_what_a_killed_writer_left_in_the_project_goes_with_the_next_change(project: Path, open_in: OpenIn) -> None:
    market = open_in(project)
    lock_of(project).with_name(f".automatosx.lock-{'0' * 12}").write_text("half")
    market.install(BASE)
    assert files(project) == {str(Path(".automatosx", "automatosx.lock"))}


def test_projects_share_the_users_store_and_gc_counts_them_all(project: Path, open_in: OpenIn) -> None:
    inside = open_in(project)
    inside.install(BASE, "1.0.0")
    outside = open_in(project.parent)
    outside.install(BASE, "1.0.0")
    outside.remove(BASE)
    assert outside.collect_garbage().removed == ()
    store = outside.profile.store.folder
    assert inside.profile.store.folder == store
    (store / f"{'0' * 64}.axp").write_bytes(b"nobody's")
    assert [each.kind for each in inside.collect_garbage().removed] == ["artifact"]
    inside.profile.package(entry(inside, BASE))


def test_a_second_clone_of_a_project_fetches_nothing(project: Path, open_in: OpenIn, tmp_path: Path) -> None:
    open_in(project).install(BASE, "1.0.0")
    clone = tmp_path / "clone"
    lock_of(clone).parent.mkdir(parents=True)
    lock_of(clone).write_bytes(lock_of(project).read_bytes())
    market = open_in(clone)
    plan = market.plan_sync(market.lock_path())
    assert [change.size for change in plan.changes] == [0]


def test_init_leaves_a_lock_that_is_there(project: Path, open_in: OpenIn) -> None:
    open_in(project).install(BASE)
    before = lock_of(project).read_bytes()
    ax(open_in(project), "project init")
    assert lock_of(project).read_bytes() == before


def test_loading_the_extension_tells_of_a_lock_that_is_not_what_is_installed(
    project: Path, open_in: OpenIn, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    open_in(project).install(BASE, "1.0.0")
    clone = tmp_path / "clone"
    lock_of(clone).parent.mkdir(parents=True)
    lock_of(clone).write_bytes(lock_of(project).read_bytes())
    open_in(clone)
    with opened_shell() as shell:
        magics.load(shell)
        assert "are not those that its lock names" in capsys.readouterr().out
