"""A plugin's durable state."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from automatosx_nb.errors import QuotaExceeded, StateDamaged, StorageFailed
from automatosx_nb.profile.keyvalue import KeyValueState
from automatosx_nb.profile.state import copy_state, state_path

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
_STEPS = st.lists(st.tuples(_KEYS, st.none() | st.binary(max_size=20) | _JSON.map(lambda value: [value])), max_size=12)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[KeyValueState]:
    state = KeyValueState(tmp_path / "one.sqlite3")
    yield state
    state.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(_STEPS)
def test_it_behaves_as_a_dictionary(state: KeyValueState, steps: list[tuple[str, object]]) -> None:
    for key in [key for key, _value in state.items()]:
        state.delete(key)
    model: dict[str, object] = {}
    for key, value in steps:
        if value is None:
            assert state.delete(key) == (model.pop(key, None) is not None)
        else:
            state.put(key, value)
            model[key] = value
    assert dict(state.items()) == model
    for prefix in {each[:1] for each in model}:
        expected = {key: value for key, value in model.items() if key.startswith(prefix)}
        assert dict(state.items(prefix)) == expected


def test_a_write_is_there_for_the_next_one_who_opens_it(tmp_path: Path) -> None:
    first = KeyValueState(tmp_path / "one.sqlite3")
    first.put("key", {"n": 1})
    second = KeyValueState(tmp_path / "one.sqlite3")
    assert second.get("key") == (True, {"n": 1})
    first.close()
    second.close()


def test_a_key_of_no_length_or_too_long_is_refused(state: KeyValueState) -> None:
    for key in ("", "é" * 300):
        with pytest.raises(QuotaExceeded):
            state.put(key, 1)
    assert state.items() == []


def test_over_the_quota_nothing_is_written_and_what_was_there_stays(state: KeyValueState) -> None:
    state.put("kept", 1)
    with pytest.raises(QuotaExceeded) as caught:
        state.put("large", b"x" * 100_000, most_bytes=64 * 1024)
    assert state.put("small", "é", most_bytes=64 * 1024).size == len("small") + len('"\\u00e9"')
    assert state.delete("small")
    assert 0 < state.used_bytes() < 64 * 1024
    assert "Nothing was written" in caught.value.problem()
    assert dict(state.items()) == {"kept": 1}


def test_a_copy_starts_where_the_original_is_and_goes_its_own_way(tmp_path: Path) -> None:
    old = KeyValueState(state_path(tmp_path, "acme.demo", "one"))
    old.put("count", 1)
    copy_state(tmp_path, "acme.demo", "one", "two")
    new = KeyValueState(state_path(tmp_path, "acme.demo", "two"))
    new.put("count", 2)
    assert old.get("count") == (True, 1)
    assert new.get("count") == (True, 2)
    old.close()
    new.close()


def test_copying_what_was_never_written_makes_nothing(tmp_path: Path) -> None:
    copy_state(tmp_path, "acme.demo", "one", "two")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_told_and_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "one.sqlite3"
    path.write_bytes(b"this is not a database, but it is somebody's data" * 50)
    before = path.read_bytes()
    with pytest.raises(StateDamaged) as caught:
        KeyValueState(path)
    assert caught.value.path == str(path)
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageFailed) as caught:
        KeyValueState(tmp_path / "file" / "one.sqlite3")
    assert caught.value.path == str(tmp_path / "file")


def test_a_copy_that_fails_leaves_nothing_and_one_that_died_is_not_in_the_way(tmp_path: Path) -> None:
    old, new = (state_path(tmp_path, "acme.demo", name) for name in ("one", "two"))
    original = KeyValueState(old)
    original.put("key", "value")
    original.close()
    for suffix in ("", "-journal", "-wal"):
        new.with_name(new.name + suffix).write_bytes(b"half of something" * 100)
    copy_state(tmp_path, "acme.demo", "one", "two")
    copy = KeyValueState(new)
    assert copy.get("key") == (True, "value")
    copy.close()
    old.write_bytes(b"no database" * 1000)
    with pytest.raises(StateDamaged):
        copy_state(tmp_path, "acme.demo", "one", "two")
    assert [path.name for path in new.parent.glob("two.*") if path.suffix not in (".lock", ".turn")] == []


_WRITE_MANY = """
import sys
from pathlib import Path
from automatosx_nb.profile.keyvalue import KeyValueState
state = KeyValueState(Path(sys.argv[1]))
for number in range(100):
    state.put(f"{sys.argv[2]}/{number:03d}", number)
state.close()
"""


def test_two_processes_writing_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "one.sqlite3"
    writers = [subprocess.Popen([sys.executable, "-c", _WRITE_MANY, str(path), name]) for name in ("a", "b")]
    assert [writer.wait() for writer in writers] == [0, 0]
    state = KeyValueState(path)
    assert len(state.items()) == 200
    state.close()


_OPEN_TOGETHER = """
import sys
from pathlib import Path
from automatosx_nb.profile.keyvalue import KeyValueState
print("ready", flush=True)
for line in sys.stdin:
    state = KeyValueState(Path(line.strip()))
    state.put(sys.argv[1], 1)
    state.close()
    print("written", flush=True)
"""


def test_a_new_state_that_several_processes_open_together_is_there_for_each(tmp_path: Path) -> None:
    names = ("a", "b", "c", "d")
    openers = [
        subprocess.Popen(
            [sys.executable, "-c", _OPEN_TOGETHER, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for name in names
    ]
    answers = [opener.stdout for opener in openers if opener.stdout is not None]
    assert [answer.readline() for answer in answers] == ["ready\n"] * 4
    for number in range(25):
        path = tmp_path / f"{number}.sqlite3"
        for opener in openers:
            assert opener.stdin is not None
            opener.stdin.write(f"{path}\n")
            opener.stdin.flush()
        assert [answer.readline() for answer in answers] == ["written\n"] * 4
        state = KeyValueState(path)
        assert state.keys() == list(names)
        state.close()
    for opener in openers:
        opener.communicate()
    assert [opener.returncode for opener in openers] == [0] * 4
