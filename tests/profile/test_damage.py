"""What happens to a plugin's state when its file is no longer what was written, and when its writer is killed."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from automatosx_nb.errors import AutomatosxError, StateDamaged, StateRestored, StateTooNew, StorageFailed
from automatosx_nb.profile import snapshots, state_database
from automatosx_nb.profile.keyvalue import KeyValueState
from automatosx_nb.profile.snapshots import snapshots_of

FLIPS = int(os.environ.get("AUTOMATOSX_FLIPS", "150"))
KILLS = int(os.environ.get("AUTOMATOSX_KILLS", "3"))
ENTRIES = {f"key/{number:03d}": b"%d " % number * (number * 7 % 90) for number in range(120)} | {
    "json": {"a": [1, "é"]}
}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The whole file of a state with :data:`ENTRIES`, some of which expire some day, and with free pages."""
    path = tmp_path_factory.mktemp("written") / "one.sqlite3"
    state = KeyValueState(path)
    state.put("gone", b"x" * 20_000)
    for key, value in ENTRIES.items():
        state.put(key, value, ttl_s=1e6 if key.endswith("0") else None)
    state.delete("gone")
    state.close()
    return path.read_bytes()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "one.sqlite3"


@pytest.fixture
def guarded(path: Path) -> Path:
    """A state with a snapshot of ``kept = 1``, and ``kept = 2`` after it."""
    state = KeyValueState(path)
    state.put("kept", 1)
    state.snapshot()
    state.put("kept", 2)
    state.close()
    return path


def read_all(path: Path) -> dict[str, object]:
    state = KeyValueState(path)
    try:
        found = dict(state.items())
        assert {key: state.get(key)[1] for key in ENTRIES} == {key: found.get(key) for key in ENTRIES}
        return found
    finally:
        state.close()


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def test_a_flipped_bit_anywhere_is_found_or_does_no_harm(written: bytes, tmp_path: Path) -> None:
    chance = random.Random(6)
    bits = [*range(0, 800, 16), *(chance.randrange(len(written) * 8) for _ in range(FLIPS))]
    found = 0
    for number, bit in enumerate(bits):
        path = tmp_path / str(number) / "one.sqlite3"
        path.parent.mkdir()
        path.write_bytes(flipped(written, bit))
        try:
            assert read_all(path) == ENTRIES, f"bit {bit} changed what is read, and nobody noticed"
        except (StateDamaged, StateTooNew):
            found += 1
        shutil.rmtree(path.parent)
    assert found > FLIPS / 4


@pytest.mark.parametrize("length", [1, 99, 100, 4095, 4096, 8192, -1, -4096])
def test_a_file_that_was_cut_off_is_found(written: bytes, path: Path, length: int) -> None:
    path.write_bytes(written[:length])
    with pytest.raises(StateDamaged):
        read_all(path)
    assert path.read_bytes() == written[:length]


def test_a_page_of_an_hour_ago_is_found(written: bytes, path: Path) -> None:
    """A disk that lost one write leaves a page that is sound by itself."""
    path.write_bytes(written)
    state = KeyValueState(path)
    state.put("key/001", b"newer")
    state.close()
    newer = path.read_bytes()
    shutil.rmtree(path.parent / "snapshots")
    changed = [at for at in range(0, len(newer), 4096) if newer[at : at + 4096] != written[at : at + 4096]]
    assert len(changed) > 1
    for at in changed[1:]:
        path.write_bytes(newer[:at] + written[at : at + 4096] + newer[at + 4096 :])
        with pytest.raises(StateDamaged):
            read_all(path)


Harm = Callable[[Path], object]


def _flip_in_a_value(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE entries SET value = CAST('3' AS BLOB) WHERE key = CAST('kept' AS BLOB)")
    connection.close()


HARMS: dict[str, Harm] = {
    "a changed value": _flip_in_a_value,
    "no database": lambda path: path.write_bytes(b"this is somebody's data" * 50),
    "emptied": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-4096]),
    "gone": lambda path: path.unlink(),
}


@pytest.mark.parametrize("harm", HARMS)
def test_damage_is_set_aside_restored_and_told(guarded: Path, harm: str) -> None:
    HARMS[harm](guarded)
    before = guarded.read_bytes() if guarded.exists() else b""
    told: list[StateRestored] = []
    state = KeyValueState(guarded, told=told.append)
    assert state.get("kept") == (True, 1)
    (restored,) = told
    assert restored.snapshot == snapshots_of(guarded)[0].name
    if before:
        assert guarded.with_name(restored.set_aside).read_bytes() == before
        assert "kept" not in restored.reason
    state.put("kept", 4)
    state.close()
    again = KeyValueState(guarded, told=told.append)
    assert again.get("kept") == (True, 4)
    assert len(told) == 1
    again.close()


def test_who_does_not_say_where_to_tell_it_gets_a_warning(guarded: Path) -> None:
    guarded.write_bytes(b"")
    with pytest.warns(RuntimeWarning, match="was damaged"):
        KeyValueState(guarded).close()


def test_without_a_snapshot_it_is_told_and_left_as_it_is(path: Path, written: bytes) -> None:
    path.write_bytes(written.replace(b"key/050", b"key/05O"))
    before = path.read_bytes()
    with pytest.raises(StateDamaged):
        KeyValueState(path)
    assert path.read_bytes() == before


def test_a_snapshot_that_is_damaged_itself_is_passed_over(guarded: Path) -> None:
    state = KeyValueState(guarded)
    state.snapshot()
    state.close()
    newest, older, *_ = snapshots_of(guarded)
    newest.path.write_bytes(newest.path.read_bytes()[:5000])
    guarded.write_bytes(b"")
    told: list[StateRestored] = []
    KeyValueState(guarded, told=told.append).close()
    assert told[0].snapshot == older.name


def test_a_revision_that_was_seen_before_the_restore_does_not_come_again(guarded: Path) -> None:
    state = KeyValueState(guarded)
    seen = state.put("kept", 3).revision
    state.close()
    guarded.write_bytes(b"")
    state = KeyValueState(guarded, told=lambda _restored: None)
    assert state.put("kept", 3).revision > seen
    state.close()


def test_a_snapshot_of_what_is_damaged_is_not_kept(guarded: Path) -> None:
    told: list[StateRestored] = []
    state = KeyValueState(guarded, told=told.append)
    before = snapshots_of(guarded)
    _flip_in_a_value(guarded)
    with pytest.raises(StateRestored):
        state.snapshot()
    assert (snapshots_of(guarded), len(told)) == (before, 1)
    state.close()


def test_what_is_damaged_while_it_is_open_is_not_handed_out(guarded: Path) -> None:
    told: list[StateRestored] = []
    state = KeyValueState(guarded, told=told.append)
    _flip_in_a_value(guarded)
    with pytest.raises(StateRestored):
        state.get("kept")
    assert state.get("kept") == (True, 1)
    assert len(told) == 1
    state.close()


def test_another_kernel_that_has_it_open_writes_to_what_was_restored(guarded: Path) -> None:
    other = KeyValueState(guarded)
    _flip_in_a_value(guarded)
    first = KeyValueState(guarded, told=lambda _restored: None)
    other.put("later", 5)
    assert first.items() == [("kept", 1), ("later", 5)]
    assert other.items() == [("kept", 1), ("later", 5)]
    first.close()
    other.close()


@pytest.mark.parametrize("column", ["revision", "entries", "sum", "crc"])
def test_a_head_of_another_type_is_damage(guarded: Path, column: str) -> None:
    with sqlite3.connect(guarded) as connection:
        connection.execute(f"UPDATE head SET {column} = 'text'")
    connection.close()
    told: list[StateRestored] = []
    KeyValueState(guarded, told=told.append).close()
    assert len(told) == 1


def test_what_was_put_in_its_place_by_hand_is_written_to_a_moment_later(
    guarded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state_database, "LOOK_S", 0.0)
    state = KeyValueState(guarded)
    state.put("later", 1)
    shutil.copy(snapshots_of(guarded)[0].path, guarded.with_name("copied"))
    guarded.with_name("copied").replace(guarded)
    for suffix in ("-wal", "-shm"):
        guarded.with_name(guarded.name + suffix).unlink()
    state.put("last", 2)
    assert state.items() == [("kept", 1), ("last", 2)]
    state.close()


def test_a_file_of_a_newer_format_is_left_alone(guarded: Path) -> None:
    with sqlite3.connect(guarded) as connection:
        connection.execute("UPDATE head SET format = 9")
        connection.execute("PRAGMA user_version = 9")
    connection.close()
    before = guarded.read_bytes()
    with pytest.raises(StateTooNew):
        KeyValueState(guarded)
    assert guarded.read_bytes() == before


def test_a_file_from_before_there_were_checksums_is_read(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute(
        "CREATE TABLE entries (key BLOB PRIMARY KEY, value BLOB NOT NULL, json INTEGER NOT NULL) WITHOUT ROWID"
    )
    connection.execute("INSERT INTO entries VALUES (CAST('a' AS BLOB), CAST('[1]' AS BLOB), 1)")
    connection.execute("INSERT INTO entries VALUES (CAST('b' AS BLOB), CAST('[1]' AS BLOB), 0)")
    connection.commit()
    connection.close()
    for _ in range(2):
        state = KeyValueState(path)
        assert state.items() == [("a", [1]), ("b", b"[1]")]
        state.close()


def test_the_newest_snapshots_are_kept_and_one_is_taken_when_it_is_due(path: Path) -> None:
    state = KeyValueState(path)
    state.close()
    assert snapshots_of(path) == ()
    state = KeyValueState(path)
    state.put("a", 1)
    state.close()
    (first,) = snapshots_of(path)
    assert (first.why, first.revision) == ("time", 1)
    state = KeyValueState(path)
    state.put("a", 2)
    for _ in range(snapshots.KEPT + 1):
        state.snapshot()
    state.close()
    assert [(each.why, each.revision) for each in snapshots_of(path)] == [("asked", 2)] * snapshots.KEPT


def unreadable(folder: Path) -> None:
    """Make a folder one that nobody can list, whoever it is: a link to itself (ELOOP)."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.symlink_to(folder.name)


def test_a_write_whose_snapshots_cannot_be_listed_is_done_and_closing_closes(path: Path) -> None:
    state = KeyValueState(path)
    unreadable(path.parent / "snapshots")
    state._snapshot_at = 0.0
    state.put("kept", 1)
    state.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        state._database._connection.execute("SELECT 1")
    (path.parent / "snapshots").unlink()
    again = KeyValueState(path)
    assert again.get("kept") == (True, 1)
    again.close()


def test_who_needs_the_snapshots_is_told_that_they_cannot_be_listed(guarded: Path) -> None:
    unreadable(guarded.parent / "snapshots")
    with pytest.raises(StorageFailed, match="snapshots"):
        KeyValueState(guarded)
    with pytest.raises(StorageFailed, match="snapshots"):
        snapshots_of(guarded)


_WRITE = """
import random, sys
from pathlib import Path
from automatosx_nb.model.state import Delete, Put
from automatosx_nb.profile.keyvalue import KeyValueState
from automatosx_nb.profile import snapshots
snapshots.EVERY_S = 0.2
state = KeyValueState(Path(sys.argv[1]))
chance = random.Random(int(sys.argv[2]))
number = (state.get("n")[1] or 0)
while True:
    number += 1
    key = f"k{chance.randrange(50)}"
    state.apply([Put("n", number), Put(key, [number] * chance.randrange(200)), Delete(f"k{chance.randrange(50)}")])
    sys.stdout.write(f"{number}\\n")
    sys.stdout.flush()
"""


def test_nothing_that_was_acknowledged_is_lost_when_the_writer_is_killed(path: Path) -> None:
    """Each round kills a writer after a number of writes that it does not know; AUTOMATOSX_KILLS makes it long."""
    chance = random.Random(9)
    told: list[AutomatosxError] = []
    acknowledged = 0
    for number in range(KILLS):
        command = [sys.executable, "-c", _WRITE, str(path), str(number)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            for _ in range(chance.randrange(1, 300)):
                line = writer.stdout.readline()
            writer.kill()
            acknowledged = int([line, *writer.stdout.read().split("\n")[:-1]][-1])
        state = KeyValueState(path, told=told.append)
        assert state.get("n")[1] in (acknowledged, acknowledged + 1)
        state.close()
    assert told == []
    assert acknowledged > KILLS
