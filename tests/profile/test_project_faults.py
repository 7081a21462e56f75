"""A project's lock is the old one or the new one whoever is killed, and whatever fails; what ``doctor`` says works.

As in ``test_lifecycle_faults``, ``AUTOMATOSX_TEST_FAULTS=all`` takes every system call, else some after the switch.
"""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from automatosx_nb.app import Marketplace
from automatosx_nb.app.projects import InProject
from automatosx_nb.errors import AutomatosxError
from automatosx_nb.registry.service import EmbeddedRegistry
from tests.conftest import Absent
from tests.profile.changes import CHANGES_IN_PROJECT, REFUSED, SYNC, WORK, make, opened, prepare_project, publish
from tests.profile.harming import CALLS, OPENING, Forks, Point, alone_in, fail, kill, points_of, unavailable
from tests.profile.test_lifecycle_faults import ALL, ERRORS, RACES
from tests.scenarios.lifecycle import ax, files, installed

HARMED = tuple(change for change in CHANGES_IN_PROJECT if change != "project: install another")
KILLS, FAILURES = 2, 1
"""So many points after the switch with each harm, where not all are asked for."""


@dataclass(frozen=True)
class House:
    """One project, which is always at the same place, with what each change makes of it."""

    folder: Path
    registry: EmbeddedRegistry
    forks: Forks
    made: dict[str, tuple[dict[str, str], bytes]]

    @property
    def here(self) -> Path:
        return self.folder / "here"

    def fresh(self, change: str) -> Path:
        shutil.rmtree(self.here, ignore_errors=True)
        return Path(shutil.copytree(self.folder / ("pulled" if change == SYNC else "plain"), self.here))

    def open(self) -> Marketplace:
        return opened(self.here, self.registry)

    def picture(self) -> tuple[dict[str, str], bytes]:
        """What is installed, and the lock."""
        market = self.open()
        found = installed(market), market.lock_path().read_bytes()
        market.close()
        return found

    def number(self) -> int:
        market = self.open()
        number = market.profile.generations.current_number()
        market.close()
        return number


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, absent: Absent) -> Iterator[House]:
    why = unavailable()
    if why is not None:
        absent(why)
    folder = tmp_path_factory.mktemp("project")
    with alone_in(folder):
        registry = publish(folder)
        house = House(folder, registry, Forks(folder, folder / "scratch"), {})
        for name in ("plain", "pulled"):
            shutil.rmtree(house.here, ignore_errors=True)
            prepare_project(house.here, registry, pulled=name == "pulled")
            house.made[name] = house.picture()
            shutil.copytree(house.here, folder / name)
        for change in CHANGES_IN_PROJECT:
            make(change, house.fresh(change), registry)
            house.made[change] = house.picture()
        yield house
        house.forks.close()
        registry.close()


def sampled(points: Sequence[Point], log: str, most: int) -> Sequence[Point]:
    """All, or ``most`` of those after the switch, which the lock is written after, evenly spread."""
    if ALL:
        return points
    lines = [line for line in log.splitlines() if "(" in line]
    switch = max(number for number, line in enumerate(lines) if "rename" in line and '/current"' in line)
    after = points[switch + 2 : len(points)]
    return after[len(after) // (2 * most) :: max(1, len(after) // most)][:most]


def check_whole(house: House, change: str, before: int) -> bool:
    """Whether the change is there; the lock is one that somebody wrote, and all that is wrong is told and is mended."""
    plain = house.made["pulled" if change == SYNC else "plain"]
    plugins, lock = house.picture()
    landed = house.number() == before + 1
    assert plugins == (house.made[change] if landed else plain)[0]
    assert lock == plain[1] or (landed and lock == house.made[change][1])
    market = house.open()
    faults = market.faults()
    if lock == house.made[change][1] and landed:
        assert faults == ()
    elif landed or change == SYNC:
        (fault,) = faults
        assert ("%ax lock" if landed else "%ax sync") in fault.next_step
        ax(market, "lock" if landed else "sync --grant storage")
        assert market.faults() == ()
    else:
        assert faults == ()
        make(change, house.here, house.registry)
    assert house.picture() == house.made[change]
    market.undo()
    market.close()
    assert house.picture()[0] == plain[0]
    assert files(house.here / WORK) == {str(Path(".automatosx", "automatosx.lock"))}
    return landed


def wrong_with(house: House, change: str, before: int, what: str, *, said_done: bool) -> list[str]:
    try:
        landed = check_whole(house, change, before)
    except (AssertionError, AutomatosxError, OSError) as error:
        return [f"{what}: {type(error).__name__}: {error}"]
    return [f"{what}: it said that it was done"] if said_done and not landed else []


@pytest.mark.parametrize("change", HARMED)
def test_whoever_is_killed_leaves_a_lock_that_is_whole_and_what_doctor_says_mends_it(
    house: House, tmp_path: Path, change: str
) -> None:
    log = tmp_path / "log"
    points = points_of(house.forks, change, house.fresh(change), log, CALLS)
    wrong = []
    for point in sampled(points, log.read_text(), KILLS):
        before = _number_of(house, change)
        status, text = kill(house.forks, change, house.here, log, point)
        if status != -signal.SIGKILL:
            wrong.append(f"{point} killed nobody: {status} {text}")
        wrong += wrong_with(house, change, before, f"killed at {point}", said_done=False)
    print(f"{change}, SIGKILL: {len(points)} points, {len(wrong)} wrong")
    assert not wrong, "\n\n".join(wrong)


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("change", HARMED)
def test_whatever_fails_the_lock_is_whole_and_what_doctor_says_mends_it(
    house: House, tmp_path: Path, change: str, error: str
) -> None:
    """As on a full disk, or in a project that is read-only."""
    log = tmp_path / "log"
    points = points_of(house.forks, change, house.fresh(change), log, (*CALLS, OPENING))
    wrong = []
    for point in sampled(points, log.read_text(), FAILURES):
        before = _number_of(house, change)
        status, text = fail(house.forks, change, house.here, log, point, error)
        if status not in (0, REFUSED):
            wrong.append(f"{error} at {point}: {text}")
        wrong += wrong_with(house, change, before, f"{error} at {point}", said_done=status == 0)
    print(f"{change}, {error}: {len(points)} points, {len(wrong)} wrong")
    assert not wrong, "\n\n".join(wrong)


def _number_of(house: House, change: str) -> int:
    house.fresh(change)
    return house.number()


def test_two_who_change_a_project_at_once_leave_a_lock_of_both_changes(house: House) -> None:
    changes = ("project: install", "project: install another")
    for _race in range(RACES // 5):
        house.fresh(changes[0])
        racing = [house.forks.ask("fork", change, str(house.here)) for change in changes]
        for child in racing:
            house.forks.ask("go", child)
        ends = [house.forks.ask("end", child) for child in racing]
        assert [status for status, _ in ends] == [0, 0], ends
        plugins, _ = house.picture()
        assert plugins == house.made[changes[1]][0] | house.made[changes[0]][0]
        market = house.open()
        market.check_sync(market.lock_path())
        assert market.faults() == ()
        market.close()


def test_a_process_that_is_late_does_not_write_over_the_lock_of_a_newer_change(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has made its change, and another one is made before it writes the lock."""
    house.fresh("project: install")
    late, other = house.open(), house.open()
    keep = InProject._keep_in_step

    def interrupted(market: InProject) -> None:
        if market is late:
            CHANGES_IN_PROJECT["project: install another"](other)
        keep(market)

    monkeypatch.setattr(InProject, "_keep_in_step", interrupted)
    CHANGES_IN_PROJECT["project: install"](late)
    late.check_sync(late.lock_path())
    assert late.faults() == ()
    late.close()
    other.close()
