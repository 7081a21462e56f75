"""Whoever changes a profile may be killed at any system call, or have any fail: the profile is the old or the new one.

Every call of every change takes minutes: ``AUTOMATOSX_TEST_FAULTS=all`` asks for them, and for 200 races; with
``pytest -s`` it says how many calls there were. Else some are taken, evenly spread over each change.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from automatosx_nb.app import Marketplace
from automatosx_nb.errors import AutomatosxError
from automatosx_nb.registry.service import EmbeddedRegistry
from tests.conftest import Absent
from tests.profile.changes import CHANGES, PREPARED, REFUSED, TRIED, make, opened, prepare, publish
from tests.profile.harming import CALLS, OPENING, Forks, Point, alone_in, fail, kill, points_of, unavailable

ALL = os.environ.get("AUTOMATOSX_TEST_FAULTS") == "all"
HARMED = (
    "install", "update", "rollback", "undo", "pin", "remove", "gc", "sync", "install with a trial",
    "update that migrates",
)  # fmt: skip
KILL, ERRORS = "SIGKILL", ("ENOSPC", "EIO", "EACCES")
HARMS = (KILL, *ERRORS)
SAMPLE = 2
"""So many points of each change with each harm, where not all are asked for."""
RACES = 200 if ALL else 10


@dataclass(frozen=True)
class Scene:
    """A prepared profile, the registry that it came from, and what each change makes of it."""

    folder: Path
    registry: EmbeddedRegistry
    forks: Forks
    pictures: dict[str, Any]

    @property
    def prepared(self) -> Path:
        return self.folder / "prepared"

    def copy(self, folder: Path) -> Path:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.prepared, folder)
        return folder


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, absent: Absent) -> Iterator[Scene]:
    why = unavailable()
    if why is not None:
        absent(why)
    folder = tmp_path_factory.mktemp("faults")
    with alone_in(folder):
        registry = publish(folder)
        prepare(folder / "prepared", registry)
        scene = Scene(folder, registry, Forks(folder, folder / "scratch"), {})
        scene.pictures[""] = picture(scene, scene.prepared)
        for change in CHANGES:
            made = scene.copy(folder / "made")
            make(change, made, registry)
            scene.pictures[change] = picture(scene, made)
        yield scene
        scene.forks.close()
        registry.close()


def picture(scene: Scene, profile: Path) -> Any:
    """All that a user has: plugins, pins and grants, what was saved, what was set. Every byte is verified."""
    market = opened(profile, scene.registry)
    for number in market.profile.generations.numbers():
        assert market.profile.generations.read(number).number == number
    found = {entry.id: _entry_picture(market, entry) for entry in market.installed()}
    market.close()
    for path in (profile / "store").glob("*.axp"):
        assert sha256(path.read_bytes()).hexdigest() == path.stem
    for path in profile.rglob("*.sqlite3"):
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",), path
    return found


def _entry_picture(market: Marketplace, entry: Any) -> Any:
    assert str(market.profile.package(entry).manifest.version) == entry.version
    state = market.profile.state(entry)
    saved = state.get("kept")[1]
    state.close()
    note = entry.pin and entry.pin.note
    settings = dict(market.profile.settings.of(entry.id, entry.state))
    return replace(entry, pin=None, state=""), note, saved, settings


def sampled(points: Sequence[Point], harm: str, change: str) -> Sequence[Point]:
    """All of them, or :data:`SAMPLE`, one where a worker has to start, evenly spread; each harm has its own."""
    most = 1 if change in TRIED else SAMPLE
    if ALL or len(points) <= most:
        return points
    step = len(points) // most
    first = step * HARMS.index(harm) // len(HARMS)
    return points[first::step][:most]


def check_whole(scene: Scene, change: str, profile: Path) -> bool:
    """Whether the change is there. The profile is the old one or the new one; and the change, or back, works now."""
    market = opened(profile, scene.registry)
    number = market.profile.generations.current_number()
    assert market.faults() == (), "what doctor says is wrong"
    market.close()
    landed = number == PREPARED + 1
    assert landed or number == PREPARED
    assert picture(scene, profile) == scene.pictures[change if landed else ""]
    if landed:
        market = opened(profile, scene.registry)
        market.rollback(PREPARED)
        market.close()
    else:
        make(change, profile, scene.registry)
    assert picture(scene, profile) == scene.pictures["" if landed else change]
    return landed


@pytest.mark.parametrize("change", HARMED)
def test_whoever_is_killed_at_any_system_call_leaves_the_old_profile_or_the_new_one(
    scene: Scene, tmp_path: Path, change: str
) -> None:
    profile, log = tmp_path / "profile", tmp_path / "log"
    points = points_of(scene.forks, change, scene.copy(profile), log, CALLS)
    wrong = []
    for point in sampled(points, KILL, change):
        status, text = kill(scene.forks, change, scene.copy(profile), log, point)
        if status != -signal.SIGKILL and not (change in TRIED and status == 0):
            wrong.append(f"{point} killed nobody: {status} {text}")
        wrong += wrong_with(scene, change, profile, f"killed at {point}: {_line(log)}")
    _report(change, KILL, points, wrong)


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("change", HARMED)
def test_whatever_system_call_fails_the_profile_is_the_old_one_or_the_new_one(
    scene: Scene, tmp_path: Path, change: str, error: str
) -> None:
    """And what is raised is an error of ours; what is not raised, is done."""
    profile, log = tmp_path / "profile", tmp_path / "log"
    points = points_of(scene.forks, change, scene.copy(profile), log, (*CALLS, OPENING))
    wrong = []
    for point in sampled(points, error, change):
        status, text = fail(scene.forks, change, scene.copy(profile), log, point, error)
        what = f"{error} at {point}: {_line(log)}"
        if status not in (0, REFUSED):
            wrong.append(f"{what}: {text}")
        wrong += wrong_with(scene, change, profile, what, said_done=status == 0)
    _report(change, error, points, wrong)


def wrong_with(scene: Scene, change: str, profile: Path, what: str, *, said_done: bool = False) -> list[str]:
    try:
        landed = check_whole(scene, change, profile)
    except (AssertionError, AutomatosxError, OSError, sqlite3.Error) as error:
        return [f"{what}: {type(error).__name__}: {error}"]
    return [f"{what}: it said that it was done"] if said_done and not landed and change != "gc" else []


def _line(log: Path) -> str:
    """The harmed call, as strace saw it."""
    lines = log.read_text().splitlines()
    return next((line for line in lines if "INJECTED" in line), lines[-2] if len(lines) > 1 else "nothing was harmed")


def _report(change: str, harm: str, points: Sequence[Point], wrong: list[str]) -> None:
    print(f"{change}, {harm}: {len(sampled(points, harm, change))} of {len(points)} points, {len(wrong)} wrong")
    assert not wrong, "\n\n".join(wrong)


@pytest.mark.parametrize("others", [("install", "install another"), ("update", "update")], ids=" and ".join)
def test_two_who_change_a_profile_at_once_both_have_their_change(
    scene: Scene, tmp_path: Path, others: tuple[str, str]
) -> None:
    for _race in range(RACES // 2):
        profile = scene.copy(tmp_path / "profile")
        racing = [scene.forks.ask("fork", change, str(profile)) for change in others]
        for child in racing:
            scene.forks.ask("go", child)
        ends = [scene.forks.ask("end", child) for child in racing]
        assert [status for status, _ in ends] == [0, 0], ends
        expected = scene.pictures[others[0]] | scene.pictures[others[1]]
        assert picture(scene, profile) == expected
