"""Several processes write one database: each has its turn, and what was acknowledged is there."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from automatosx_nb.errors import ProfileBusy, StateDamaged, StorageFull
from automatosx_nb.profile.database import connect, database_errors, transaction
from automatosx_nb.profile.turns import Turns

WRITERS, WRITES = 4, 600
SCHEMA = "CREATE TABLE IF NOT EXISTS rows (writer TEXT, number INTEGER)"

_WRITE_UNTIL_TOLD = """
import sys, threading
from pathlib import Path
from automatosx_nb.profile.database import connect, transaction
connection = connect(Path(sys.argv[1]), "CREATE TABLE IF NOT EXISTS rows (writer TEXT, number INTEGER)")
sys.stdout.write("ready\\n")
sys.stdout.flush()
sys.stdin.readline()
over = threading.Event()
threading.Thread(target=lambda: (sys.stdin.readline(), over.set()), daemon=True).start()
number = 0
while not over.is_set():
    with transaction(connection):
        connection.execute("INSERT INTO rows VALUES (?, ?)", (sys.argv[2], number))
    sys.stdout.write(f"{sys.argv[2]} {number}\\n")
    sys.stdout.flush()
    number += 1
"""

_HOLD = """
import sys
from pathlib import Path
from automatosx_nb.profile.turns import Turns
with Turns(Path(sys.argv[1])).taken():
    print("taken", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "one.sqlite3"


def acknowledged(path: Path, least: int) -> list[str]:
    """What four writers at once said was written, from the moment on when all of them are ready."""
    reading, writing = os.pipe()
    command = [sys.executable, "-c", _WRITE_UNTIL_TOLD, str(path)]
    made = [
        subprocess.Popen([*command, f"w{number}"], stdin=subprocess.PIPE, stdout=writing, text=True)
        for number in range(WRITERS)
    ]
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as lines:
        assert [lines.readline() for _ in made] == ["ready\n"] * WRITERS
        for writer in made:
            assert writer.stdin is not None
            writer.stdin.write("go\n")
            writer.stdin.flush()
        found = [lines.readline() for _ in range(least)]
        for writer in made:
            assert writer.stdin is not None
            writer.stdin.close()
        found += lines
    assert [writer.wait() for writer in made] == [0] * WRITERS
    return [line.strip() for line in found]


def test_of_four_writers_at_once_none_starves_and_nothing_that_was_acknowledged_is_lost(path: Path) -> None:
    found = acknowledged(path, WRITES)
    shares = Counter(line.partition(" ")[0] for line in found[:WRITES])
    assert len(shares) == WRITERS
    assert min(shares.values()) >= WRITES / WRITERS / 4, shares
    connection = connect(path, SCHEMA)
    assert Counter(f"{writer} {number}" for writer, number in connection.execute("SELECT * FROM rows")) == Counter(
        found
    )
    connection.close()


def test_whoever_waits_too_long_is_told_so(path: Path) -> None:
    first, second = Turns(path), Turns(path, wait_s=0.01)
    with first.taken(), pytest.raises(ProfileBusy) as caught, second.taken():
        raise AssertionError("two at once")
    assert caught.value.path == str(path)
    with second.taken():
        pass
    for each in (first, second):
        each.close()


def test_a_turn_says_whether_nobody_else_had_it_since(path: Path) -> None:
    first, second = Turns(path), Turns(path)
    for each, undisturbed in ((first, False), (first, True), (second, False), (first, False), (first, True)):
        assert each.take() is (undisturbed and sys.platform != "win32")
        each.leave()
    for each in (first, second):
        each.close()


@pytest.mark.skipif(sys.platform == "win32", reason="has no rlimits")
def test_where_nobody_can_be_noted_down_everybody_looks(path: Path) -> None:
    """A disk without room, here a limit on the size of files: turns go on, and none is said to be undisturbed."""
    import resource

    first, second = Turns(path), Turns(path)
    first.take()
    first.leave()
    limits, ignored = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        found = []
        for each in (second, second, first):
            found.append(each.take())
            each.leave()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert found == [False, False, False]
    for each in (first, second):
        each.close()


def test_the_turn_of_a_writer_who_was_killed_passes_on(path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as held:
        assert held.stdout is not None
        assert held.stdout.readline() == b"taken\n"
        held.kill()
    turns = Turns(path, wait_s=1)
    with turns.taken():
        pass
    turns.close()


def test_an_error_within_a_turn_undoes_the_write_and_passes_the_turn_on(path: Path) -> None:
    one, other = connect(path, SCHEMA), connect(path, SCHEMA)
    with pytest.raises(sqlite3.ProgrammingError), transaction(one):
        one.executemany("INSERT INTO rows VALUES (?, ?)", [("one", 1), ("one", object())])
    with transaction(other):
        other.execute("INSERT INTO rows VALUES ('other', 1)")
    assert one.execute("SELECT writer FROM rows").fetchall() == [("other",)]
    one.close()
    other.close()


def test_a_writer_that_keeps_no_turn_makes_others_wait_and_does_not_look_like_damage(path: Path) -> None:
    connection = connect(path, SCHEMA)
    rude = sqlite3.connect(path, isolation_level=None)
    rude.execute("BEGIN IMMEDIATE")
    connection.execute("PRAGMA busy_timeout=1")
    with pytest.raises(ProfileBusy), database_errors(path, StateDamaged), transaction(connection):
        raise AssertionError("two at once")
    rude.close()
    connection.close()


@pytest.mark.parametrize("code", [sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE])
def test_no_room_is_said_to_be_that_also_where_a_file_is_only_read(path: Path, code: int) -> None:
    """SQLITE_IOERR_SHMSIZE: the shared memory beside a file in WAL mode could not be made larger."""
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = code
    with pytest.raises(StorageFull), database_errors(path, StateDamaged):
        raise error


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_what_cannot_be_opened_leaves_no_descriptor(path: Path) -> None:
    path.mkdir()
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(sqlite3.OperationalError):
        connect(path, SCHEMA)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
