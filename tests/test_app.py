"""The marketplace: publish → find → install → update → roll back → remove, and everything that can go wrong."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from automatosx_nb.app import Marketplace
from automatosx_nb.errors import (
    ArtifactMismatch,
    ConsentRequired,
    Incompatible,
    InvalidPermission,
    MagicTaken,
    NothingToRollBack,
    NotInstalled,
    PluginFailed,
    ProfileDamaged,
    PublishRefused,
    ReleaseExists,
    ResolutionConflict,
    StillRequired,
    StorageFull,
    UnknownGeneration,
    UnknownPlugin,
)
from automatosx_nb.model.progress import Step
from automatosx_nb.profile.lock import writer_lock
from automatosx_nb.profile.state import state_path
from automatosx_nb.registry.service import EmbeddedRegistry

if TYPE_CHECKING:
    from automatosx_nb.model.ports import Registry
    from tests.conftest import FullDisk, MakePlugin

PROFILER, LEDGER = "automatosx.data-profiler", "automatosx.cell-ledger"
PYARROW = "modules:pyarrow"


def snapshot(home: Path) -> dict[str, bytes]:
    """Every file that says what is installed; equal before and after means that nothing was changed."""
    root = home / "profile"
    names = [root / "current", *root.glob("generations/*"), *root.glob("state/**/*.sqlite3")]
    return {str(path.relative_to(root)): path.read_bytes() for path in names if path.exists()}


def test_the_bundled_plugins_are_found_by_what_a_person_types(market: Marketplace) -> None:
    assert market.search("prof").items[0].id == PROFILER
    assert {item.id for item in market.search().items} == {
        PROFILER,
        LEDGER,
        "meadow.privacy-scan",
        "lantern.quick-charts",
    }


def test_the_life_of_a_plugin(market: Marketplace) -> None:
    market.install(PROFILER, "1.0.0", grant=[PYARROW])
    assert [(p.id, p.version, p.wish, p.grants) for p in market.installed()] == [
        (PROFILER, "1.0.0", "^1.0.0", (PYARROW,))
    ]
    plan = market.plan_update()
    assert [(c.kind, c.old, c.new, dict(c.asks)) for c in plan.changes] == [("update", "1.0.0", "1.1.0", {})]
    assert "1.1.0" in plan.changes[0].changelog
    market.update()
    assert [p.version for p in market.installed()] == ["1.1.0"]
    market.rollback()
    assert [p.version for p in market.installed()] == ["1.0.0"]
    market.rollback()
    assert market.installed() == ()
    market.rollback(2)
    assert [p.version for p in market.installed()] == ["1.1.0"]
    market.remove(PROFILER)
    assert market.installed() == ()
    assert [entry.number for entry in market.history()] == [6, 5, 4, 3, 2, 1]
    assert [entry.current for entry in market.history()] == [True] + [False] * 5


def test_progress_goes_from_start_to_done_and_never_back(market: Marketplace) -> None:
    steps: list[Step] = []
    market.install(PROFILER, grant=[PYARROW], progress=steps.append)
    fractions = [step.fraction for step in steps]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)
    assert list(dict.fromkeys(step.name for step in steps)) == ["resolve", "fetch", "verify", "check", "switch", "done"]


def test_without_consent_nothing_is_installed_and_the_error_says_what_to_grant(market: Marketplace, home: Path) -> None:
    before = snapshot(home)
    with pytest.raises(ConsentRequired) as caught:
        market.install(PROFILER)
    assert list(caught.value.permissions) == [PYARROW]
    assert f"--grant {PYARROW}" in caught.value.next_step()
    assert snapshot(home) == before


def test_a_grant_that_was_not_asked_for_is_not_kept(market: Marketplace) -> None:
    market.install(PROFILER, grant=[PYARROW, "storage"])
    assert market.installed()[0].grants == (PYARROW,)


def test_a_grant_that_is_no_permission_is_refused(market: Marketplace) -> None:
    with pytest.raises(InvalidPermission):
        market.install(PROFILER, grant=["everything"])
    assert market.installed() == ()


def test_an_unknown_plugin_names_the_nearest(market: Marketplace) -> None:
    with pytest.raises(UnknownPlugin) as caught:
        market.install("automatosx.data-profilr", grant=[PYARROW])
    assert caught.value.nearest[0] == PROFILER
    with pytest.raises(UnknownPlugin) as short:
        market.info("data-profiler")
    assert short.value.nearest[0] == PROFILER


def test_removing_or_updating_what_is_not_installed_is_told(market: Marketplace) -> None:
    with pytest.raises(NotInstalled):
        market.remove(PROFILER)
    with pytest.raises(NotInstalled):
        market.update(PROFILER)
    with pytest.raises(NothingToRollBack):
        market.rollback()
    with pytest.raises(UnknownGeneration):
        market.rollback(3)


def test_updating_when_everything_is_new_changes_nothing(market: Marketplace) -> None:
    market.install(PROFILER, grant=[PYARROW])
    generation = market.update().generation
    assert generation == 1
    assert len(market.history()) == 1


def test_a_range_keeps_updates_inside_it(market: Marketplace) -> None:
    market.install(PROFILER, "~1.0.0", grant=[PYARROW])
    assert market.plan_update().changes == ()


# --- dependencies


def test_what_a_plugin_requires_comes_along_and_leaves_with_it(market: Marketplace, make_plugin: MakePlugin) -> None:
    market.publish(make_plugin("acme.base", magic="base"))
    market.publish(make_plugin("acme.top", magic="top", requires={"acme.base": "^1.0"}))
    market.install("acme.top")
    assert {p.id: p.wish for p in market.installed()} == {"acme.base": None, "acme.top": "^1.0.0"}
    with pytest.raises(ResolutionConflict):
        market.install("acme.base", ">=2")
    plan = market.plan_remove("acme.top")
    assert {change.id: change.kind for change in plan.changes} == {"acme.top": "remove", "acme.base": "remove"}
    market.remove("acme.top")
    assert market.installed() == ()


def test_what_another_plugin_requires_is_not_removed(market: Marketplace, make_plugin: MakePlugin) -> None:
    market.publish(make_plugin("acme.base", magic="base"))
    market.publish(make_plugin("acme.top", magic="top", requires={"acme.base": "^1.0"}))
    market.install("acme.top")
    for _asked_for in (False, True):
        with pytest.raises(StillRequired) as caught:
            market.remove("acme.base")
        assert caught.value.by == ("acme.top",)
        assert {p.id for p in market.installed()} == {"acme.base", "acme.top"}
        market.install("acme.base")
    market.remove("acme.top")
    assert {p.id: p.wish for p in market.installed()} == {"acme.base": "^1.0.0"}


def test_another_wish_for_the_same_version_is_a_change_that_can_be_rolled_back(market: Marketplace) -> None:
    market.install(PROFILER, "1.0.0", grant=[PYARROW])
    plan = market.install(PROFILER, "~1.0").plan
    assert (plan.changes, dict(plan.rewished)) == ((), {PROFILER: ("^1.0.0", "~1.0")})
    assert market.plan_update().changes == ()
    plan = market.rollback().plan
    assert (plan.changes, dict(plan.rewished)) == ((), {PROFILER: ("~1.0", "^1.0.0")})
    assert [change.new for change in market.plan_update().changes] == ["1.1.0"]
    assert market.install(PROFILER, "1.0.0").generation == 3


def test_a_missing_library_is_told_with_the_line_that_installs_it(market: Marketplace, make_plugin: MakePlugin) -> None:
    folder = make_plugin()
    manifest = folder / "plugin.toml"
    manifest.write_text(manifest.read_text().replace("[requires]\n", '[requires]\npackages = ["no-such-library>=2"]\n'))
    market.publish(folder)
    with pytest.raises(Incompatible) as caught:
        market.install("acme.demo")
    assert "%pip install 'no-such-library>=2'" in caught.value.next_step()
    assert market.installed() == ()


def test_an_update_that_asks_for_more_waits_for_consent(market: Marketplace, make_plugin: MakePlugin) -> None:
    market.publish(make_plugin(version="1.0.0"))
    market.install("acme.demo")
    source = "from automatosx_nb.sdk import storage\n\ndef run():\n    return storage.keys()\n"
    market.publish(make_plugin(version="1.1.0", source=source, permissions={"storage": "To remember."}))
    with pytest.raises(ConsentRequired):
        market.update("acme.demo")
    (held_back,) = market.update().plan.held_back
    reason = "asks for storage, which nobody has granted: --grant storage lets it in"
    assert (held_back.newer, held_back.reason) == ("1.1.0", reason)
    assert [p.version for p in market.installed()] == ["1.0.0"]
    market.update(grant=["storage"])
    assert [(p.version, p.grants) for p in market.installed()] == [("1.1.0", ("storage",))]
    market.rollback()
    assert [(p.version, p.grants) for p in market.installed()] == [("1.0.0", ())]


def test_a_plugin_that_the_registry_lost_stays_and_is_in_nobodys_way(
    home: Path, market: Marketplace, make_plugin: MakePlugin
) -> None:
    market.publish(make_plugin("acme.base", magic="base"))
    market.publish(make_plugin("acme.top", magic="top", requires={"acme.base": "^1.0"}))
    market.install("acme.top")
    market.install(PROFILER, "1.0.0", grant=[PYARROW])
    market.close()
    shutil.rmtree(home / "registry")
    assert [(change.id, change.new) for change in market.update().plan.changes] == [(PROFILER, "1.1.0")]
    market.remove(PROFILER)
    assert {p.id for p in market.installed()} == {"acme.base", "acme.top"}
    with pytest.raises(StillRequired):
        market.remove("acme.base")
    market.remove("acme.top")
    assert market.installed() == ()


# --- state


def test_a_rollback_brings_the_state_of_the_older_version_back(market: Marketplace, make_plugin: MakePlugin) -> None:
    source = "from automatosx_nb.sdk import storage\n\ndef run():\n    return storage.keys()\n"
    asks = {"storage": "To remember."}
    market.publish(make_plugin(version="1.0.0", source=source, permissions=asks))
    market.install("acme.demo", grant=["storage"])

    def write(value: str) -> None:
        state = market.profile.state(market.installed()[0])
        state.put("value", value)
        state.close()

    def read() -> Any:
        state = market.profile.state(market.installed()[0])
        found = state.get("value")[1]
        state.close()
        return found

    write("old")
    market.publish(make_plugin(version="1.1.0", source=source, permissions=asks))
    market.update()
    assert read() == "old"
    write("new")
    market.rollback()
    assert read() == "old"
    market.rollback(2)
    assert read() == "new"


def test_a_change_that_fails_leaves_no_copy_of_anybodys_state(
    home: Path, market: Marketplace, make_plugin: MakePlugin
) -> None:
    registry = EmbeddedRegistry(home / "unchecked", sandbox=None)
    unchecked = Marketplace(registry=registry)
    broken = "def run():\n    return 1\n\nSTARTED = 1 // 0\n"
    for name in ("acme.one", "acme.two"):
        unchecked.publish(make_plugin(name, magic=name[5:]))
        unchecked.install(name)
    for entry in unchecked.installed():
        unchecked.profile.state(entry).close()
    before = snapshot(home)
    assert len([path for path in before if path.startswith("state")]) == 2
    unchecked.publish(make_plugin("acme.one", "1.1.0", magic="one"))
    unchecked.publish(make_plugin("acme.two", "1.1.0", magic="two", source=broken))
    with pytest.raises(PluginFailed):
        unchecked.update()
    assert snapshot(home) == before
    unchecked.close()
    registry.close()


# --- going back


def test_going_back_is_to_before_the_last_change_also_where_an_earlier_generation_looks_the_same(
    market: Marketplace, make_plugin: MakePlugin
) -> None:
    market.publish(make_plugin("acme.one", magic="one"))
    market.publish(make_plugin("acme.two", magic="two"))
    market.install("acme.one")
    market.install("acme.two")
    market.remove("acme.two")
    market.rollback()
    assert [p.id for p in market.installed()] == ["acme.one", "acme.two"]
    market.rollback()
    assert [p.id for p in market.installed()] == ["acme.one"]
    market.rollback()
    assert market.installed() == ()
    with pytest.raises(NothingToRollBack):
        market.rollback()


def test_a_generation_that_was_never_current_cannot_be_gone_back_to(market: Marketplace) -> None:
    market.install(PROFILER, grant=[PYARROW])
    market.profile.generations.write(replace(market.profile.current(), number=2))
    with pytest.raises(UnknownGeneration) as caught:
        market.rollback(2)
    assert caught.value.available == (1,)


def test_going_back_to_what_is_current_changes_nothing(market: Marketplace) -> None:
    market.install(PROFILER, grant=[PYARROW])
    assert market.rollback(1).generation == 1
    assert len(market.history()) == 1


# --- publishing


def test_publishing_the_same_bytes_again_changes_nothing_and_other_bytes_are_refused(
    market: Marketplace, make_plugin: MakePlugin
) -> None:
    folder = make_plugin()
    assert market.publish(folder).created is True
    assert market.publish(folder).created is False
    (folder / "README.md").write_text("# Another text\n")
    with pytest.raises(ReleaseExists):
        market.publish(folder)


def test_a_broken_manifest_says_every_problem_and_publishes_nothing(
    market: Marketplace, make_plugin: MakePlugin
) -> None:
    folder = make_plugin()
    manifest = folder / "plugin.toml"
    manifest.write_text(manifest.read_text().replace('version = "1.0.0"', 'version = "1.0"').replace("MIT", ""))
    (folder / "setup.py").write_text("")
    (folder / "README.md").write_text(" ")
    with pytest.raises(PublishRefused) as caught:
        market.publish(folder)
    assert [finding.partition(": found")[0] for finding in caught.value.findings[1:3]] == [
        "plugin.toml: plugin.version",
        "plugin.toml: plugin.license",
    ]
    assert [each.check for each in caught.value.checks] == ["archive", "manifest", "manifest", "readme"]
    assert [each.check for each in market.check(folder)] == ["archive", "manifest", "manifest", "readme"]
    assert str(caught.value).startswith("the plugin was not published: 4 check(s) failed.\n  - setup.py: only these")
    manifest.write_text(manifest.read_text().replace('version = "1.0"', 'version = "1.0.0"').replace('""', '"MIT"'))
    with pytest.raises(PublishRefused) as caught:
        market.publish(folder)
    assert (caught.value.plugin, caught.value.version, len(caught.value.findings)) == ("acme.demo", "1.0.0", 2)
    assert "start" in {each.check for each in caught.value.checks}, "all else was checked, too"
    with pytest.raises(UnknownPlugin):
        market.info("acme.demo")


def test_a_plugin_that_the_policy_refuses_is_not_published(market: Marketplace, make_plugin: MakePlugin) -> None:
    with pytest.raises(PublishRefused) as caught:
        market.publish(make_plugin(source="import os\n\ndef run():\n    return os.environ\n"))
    assert "demo.py" in str(caught.value)
    assert "os" in str(caught.value)


# --- what can go wrong while installing


def test_an_artifact_whose_hash_differs_is_not_installed(wrong_bytes: Registry, home: Path) -> None:
    tampered = Marketplace(registry=wrong_bytes)
    before = snapshot(home)
    with pytest.raises(ArtifactMismatch) as caught:
        tampered.install(PROFILER, grant=[PYARROW])
    assert caught.value.expected != caught.value.actual
    assert snapshot(home) == before
    tampered.close()


def test_a_plugin_that_does_not_start_here_never_becomes_current(
    market: Marketplace, make_plugin: MakePlugin, home: Path
) -> None:
    source = "from automatosx_nb.sdk import log\n\nSTARTED = 1 // 0\n\ndef run():\n    return 1\n"
    registry = EmbeddedRegistry(home / "unchecked", sandbox=None)
    unchecked = Marketplace(registry=registry)
    unchecked.publish(make_plugin(source=source))
    before = snapshot(home)
    with pytest.raises(PluginFailed) as caught:
        unchecked.install("acme.demo")
    assert [(frame.file, frame.line) for frame in caught.value.frames] == [("demo.py", 3)]
    assert snapshot(home) == before
    unchecked.close()
    registry.close()


_INSTALL = """
import resource, sys
from automatosx_nb.app import Marketplace
from automatosx_nb.errors import AutomatosxError
market = Marketplace()
market.registry
if len(sys.argv) > 1:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
try:
    market.install("automatosx.data-profiler", grant=["modules:pyarrow"])
    print("installed")
except AutomatosxError as error:
    print(type(error).__name__)
market.close()
"""


def test_a_full_disk_is_told_and_changes_nothing(market: Marketplace, home: Path) -> None:
    market.search()
    before = snapshot(home)
    done = subprocess.run([sys.executable, "-c", _INSTALL, "9000"], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["StorageFull"], done.stderr
    assert snapshot(home) == before
    market.install(PROFILER, grant=[PYARROW])
    assert [p.id for p in market.installed()] == [PROFILER]


def test_a_full_disk_at_the_switch_leaves_the_old_generation(
    market: Marketplace, home: Path, full_disk: FullDisk
) -> None:
    market.install(PROFILER, "1.0.0", grant=[PYARROW])
    before = snapshot(home)
    with full_disk("current"), pytest.raises(StorageFull):
        market.update()
    assert [p.version for p in market.installed()] == ["1.0.0"]
    assert {name: data for name, data in snapshot(home).items() if name in before} == before
    assert [entry.number for entry in market.history()] == [1]
    market.update()
    assert [p.version for p in market.installed()] == ["1.1.0"]


def _read_only(folder: Path, command: list[str]) -> list[str]:
    """``command``, run where ``folder`` cannot be written: by its mode, or for root by a read-only mount of its own."""
    if os.geteuid() != 0:
        for path in [*folder.rglob("*"), folder]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        return command
    remount = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
    return ["unshare", "--mount", "sh", "-c", remount, str(folder), *command]


_UPDATE = """
from automatosx_nb.app import Marketplace
from automatosx_nb.errors import AutomatosxError
market = Marketplace()
try:
    market.update()
except AutomatosxError as error:
    print(type(error).__name__)
print(market.installed()[0].version)
market.close()
"""


@pytest.mark.parametrize("part", ["profile", "."], ids=["profile", "everything"])
def test_a_read_only_profile_is_told_and_still_readable(market: Marketplace, home: Path, part: str) -> None:
    market.install(PROFILER, "1.0.0", grant=[PYARROW])
    market.close()
    before = snapshot(home)
    command = _read_only(home / part, [sys.executable, "-c", _UPDATE])
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["ProfileReadOnly", "1.0.0"], done.stdout + done.stderr
    assert snapshot(home) == before


@pytest.mark.parametrize("ended", ["closed", "killed"])
def test_the_audit_log_of_a_read_only_home_is_shown_and_nothing_is_written(
    market: Marketplace, home: Path, ended: str
) -> None:
    kept = "import os, signal\nfrom automatosx_nb.app import Marketplace\nmarket = Marketplace()\n"
    kept += "for number in range(3):\n    market.audit.add('worker-started', 'acme.demo', '1.0.0')\n"
    kept += "market.close()" if ended == "closed" else "os.kill(os.getpid(), signal.SIGKILL)"
    subprocess.run([sys.executable, "-c", kept], check=False)
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*")}
    command = _read_only(home, [sys.executable, "-m", "automatosx_nb.cli", "audit", "--json"])
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert [each["plugin"] for each in found["entries"]] == ["acme.demo"] * 3
    assert (found["check"]["entries"], found["check"]["broken_at"]) == (3, None)
    assert {path: path.stat().st_mtime_ns for path in home.rglob("*")} == before


def test_two_processes_installing_at_the_same_moment_both_succeed(market: Marketplace, home: Path) -> None:
    market.search()
    other = _INSTALL.replace("data-profiler", "cell-ledger").replace(
        '"modules:pyarrow"', '"storage", "events:subscribe:kernel.cell.finished"'
    )
    racers = [
        subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True)
        for source in (_INSTALL, other)
    ]
    assert [racer.communicate()[0].split() for racer in racers] == [["installed"], ["installed"]]
    assert {p.id for p in market.installed()} == {PROFILER, LEDGER}
    assert [entry.number for entry in market.history()] == [2, 1]


def test_who_waits_too_long_for_another_writer_is_told_who_it_is(home: Path) -> None:
    from automatosx_nb.errors import ProfileBusy

    root = home / "profile"
    with writer_lock(root):
        done = subprocess.run([sys.executable, "-c", _WAIT, str(root)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"process {os.getpid()}", done.stderr
    assert ProfileBusy.code == "profile-busy"


_WAIT = """
import sys
from pathlib import Path
from automatosx_nb.errors import ProfileBusy
from automatosx_nb.profile.lock import writer_lock
try:
    with writer_lock(Path(sys.argv[1]), wait_s=0.1):
        print("got it")
except ProfileBusy as error:
    print(" ".join(error.owner.split()[:2]))
"""


def test_a_damaged_artifact_in_the_store_is_found_before_it_runs(market: Marketplace, home: Path) -> None:
    market.install(PROFILER, grant=[PYARROW])
    (artifact,) = (home / "profile" / "store").iterdir()
    data = artifact.read_bytes()
    artifact.write_bytes(data[:100] + bytes([data[100] ^ 1]) + data[101:])
    with pytest.raises(ProfileDamaged):
        market.profile.package(market.installed()[0])


def test_a_rollback_to_a_damaged_generation_is_refused_and_the_current_one_stays(
    market: Marketplace, home: Path
) -> None:
    market.install(PROFILER, "1.0.0", grant=[PYARROW])
    old = market.installed()[0].sha256
    market.update()
    (home / "profile" / "store" / f"{old}.axp").unlink()
    with pytest.raises(ProfileDamaged):
        market.rollback()
    assert [p.version for p in market.installed()] == ["1.1.0"]


def test_a_listener_is_told_of_each_change_until_it_is_taken_away(market: Marketplace) -> None:
    told: list[int] = []
    undo = market.on_change(lambda: told.append(market.profile.current().number))
    market.install(PROFILER, "1.0.0", grant=[PYARROW])
    market.rollback()
    undo()
    market.rollback(1)
    assert told == [1, 2]


def test_an_entry_keeps_its_state_name_while_its_version_stays(market: Marketplace, home: Path) -> None:
    market.install(PROFILER, grant=[PYARROW])
    before = market.installed()[0]
    market.install(LEDGER, grant=["storage", "events:subscribe:kernel.cell.finished"])
    after = next(p for p in market.installed() if p.id == PROFILER)
    assert replace(after) == before
    assert state_path(home / "profile", PROFILER, after.state).parent.name == PROFILER


def test_a_plugin_does_not_take_another_ones_magic(market: Marketplace, make_plugin: MakePlugin, home: Path) -> None:
    market.publish(make_plugin("acme.first", magic="shared"))
    market.publish(make_plugin("acme.second", magic="shared"))
    market.install("acme.first")
    before = snapshot(home)
    with pytest.raises(MagicTaken) as caught:
        market.install("acme.second")
    assert (caught.value.magic, caught.value.plugin, caught.value.owner) == ("shared", "acme.second", "acme.first")
    assert snapshot(home) == before
    market.remove("acme.first")
    market.install("acme.second")
    assert [plugin.id for plugin in market.installed()] == ["acme.second"]
