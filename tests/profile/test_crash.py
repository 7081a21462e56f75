"""An installer killed anywhere leaves the old generation or the new one, whole, and nothing in the next one's way."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from automatosx_nb.app import Marketplace
from automatosx_nb.model.lockfile import render
from automatosx_nb.model.progress import Step

PROFILER = "automatosx.data-profiler"
STEPS = ("resolve", "fetch", "verify", "check", "switch", "done")
REPLACED = (".axp", "000002.json", "current")
"""What an update puts in place of something else, in its order: each is one atomic step."""

_PREPARE = """
from automatosx_nb.app import Marketplace
market = Marketplace()
market.install("automatosx.data-profiler", "1.0.0", grant=["modules:pyarrow"])
state = market.profile.state(market.installed()[0])
state.put("kept", "by 1.0.0")
state.close()
market.close()
"""

_CHANGE_AND_DIE = """
import os, signal, sys
from automatosx_nb.app import Marketplace
from automatosx_nb.model.progress import silent

action, moment, name = sys.argv[1:]
die = lambda: os.kill(os.getpid(), signal.SIGKILL)
replace = os.replace

def dying_replace(source, target):
    here = str(target).endswith(name)
    if here and moment == "before":
        die()
    replace(source, target)
    if here and moment == "after":
        die()

def dying_step(step):
    if moment == "at" and step.name == name:
        die()

market = Marketplace()
market.registry
os.replace = dying_replace
market.update(progress=dying_step) if action == "update" else market.sync(action, progress=dying_step)
raise SystemExit("nobody killed this process")
"""

MOMENTS = [("at", name) for name in STEPS] + [(when, name) for name in REPLACED for when in ("before", "after")]
AFTER_THE_SWITCH = {("after", "current"), ("at", "done")}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home where the profiler 1.0.0 is installed and has saved something."""
    folder = tmp_path_factory.mktemp("crash") / "home"
    environment = {**os.environ, "AUTOMATOSX_HOME": str(folder), "JUPYTER_NO_CONFIG": "1"}
    subprocess.run([sys.executable, "-c", _PREPARE], check=True, env=environment)
    return folder


def installed(market: Marketplace) -> tuple[int, str, object]:
    """Generation, version and saved state, after reading all that the generation names."""
    (entry,) = market.installed()
    assert str(market.profile.package(entry).manifest.version) == entry.version
    state = market.profile.state(entry)
    saved = state.get("kept")[1]
    state.close()
    return market.profile.current().number, entry.version, saved


def die(action: str, moment: tuple[str, str]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-c", _CHANGE_AND_DIE, action, *moment], capture_output=True, check=False)


@pytest.mark.parametrize("moment", MOMENTS, ids=" ".join)
def test_whoever_is_killed_leaves_one_generation_or_the_other(
    prepared: Path, home: Path, moment: tuple[str, str]
) -> None:
    shutil.copytree(prepared, home)
    killed = die("update", moment)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    old, new = (1, "1.0.0", "by 1.0.0"), (2, "1.1.0", "by 1.0.0")
    market = Marketplace()
    assert installed(market) == (new if moment in AFTER_THE_SWITCH else old)
    assert [entry.current for entry in market.history()] == ([True, False] if moment in AFTER_THE_SWITCH else [True])
    market.update()
    assert installed(market) == new
    market.rollback()
    assert installed(market) == (3, "1.0.0", "by 1.0.0")
    market.close()


@pytest.mark.parametrize("moment", [("at", "check"), ("before", "current"), ("after", "current")], ids=" ".join)
def test_so_does_whoever_is_killed_while_syncing(prepared: Path, home: Path, moment: tuple[str, str]) -> None:
    shutil.copytree(prepared, home)
    market = Marketplace()
    newest = market.info(PROFILER).releases[0]
    lock = market.lockfile()
    locked = replace(lock.plugins[PROFILER], version=newest.version, sha256=newest.sha256, size=newest.size)
    path = home / "automatosx.lock"
    path.write_text(render(replace(lock, plugins={PROFILER: locked})))
    killed = die(str(path), moment)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    switched = moment in AFTER_THE_SWITCH
    assert installed(market) == ((2, "1.1.0", "by 1.0.0") if switched else (1, "1.0.0", "by 1.0.0"))
    market.sync(path)
    assert installed(market) == (2, "1.1.0", "by 1.0.0")
    market.close()


def test_these_are_all_the_steps(prepared: Path, home: Path) -> None:
    shutil.copytree(prepared, home)
    steps: list[Step] = []
    market = Marketplace()
    market.update(progress=steps.append)
    market.close()
    assert {step.name for step in steps} == set(STEPS)
