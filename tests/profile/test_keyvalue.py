"""Conditions, transactions, time to live, pages: what a plugin's state promises beyond a dictionary."""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from automatosx_nb.errors import ProfileReadOnly, QuotaExceeded, StateConflict, StorageFull
from automatosx_nb.model.state import ABSENT, Change, Delete, Entry, Put
from automatosx_nb.profile.keyvalue import KeyValueState
from automatosx_nb.profile.state_format import NEVER, encode, head_of
from automatosx_nb.profile.state_writing import Known, StateWrite

KEYS = st.sampled_from(["a", "a/1", "a/2", "b", "é", "\uffff", "a\0"])
VALUES = st.one_of(st.integers(-3, 3), st.text(max_size=5), st.binary(max_size=9), st.just([1, {"x": None}]), st.none())
TTLS = st.none() | st.sampled_from([1.0, 5.0, 60.0])


class Clock:
    """Seconds, as the state's clock has them."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def state(tmp_path: Path, clock: Clock) -> Iterator[KeyValueState]:
    state = KeyValueState(tmp_path / "one.sqlite3", clock=clock)
    yield state
    state.close()


class AgainstADictionary(RuleBasedStateMachine):
    """Two kernels on one state do what one dictionary does, whatever either does and however often it is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.path = Path(self.folder.name) / "one.sqlite3"
        self.clock = Clock()
        self.model: dict[str, tuple[Any, float | None, int]] = {}
        self.last = 0

    @initialize()
    def open(self) -> None:
        self.kernels = [KeyValueState(self.path, clock=self.clock) for _ in range(2)]

    def alive(self) -> dict[str, tuple[Any, float | None, int]]:
        return {k: v for k, v in self.model.items() if v[1] is None or v[1] > self.clock.now}

    def write(self, changes: list[Change], revision: int) -> None:
        for change in changes:
            self.model.pop(change.key, None)
            if isinstance(change, Put):
                expires = None if change.ttl_s is None else self.clock.now + change.ttl_s
                self.model[change.key] = (change.value, expires, revision)
        assert revision > self.last or not any(isinstance(change, Put) for change in changes)
        self.last = max(self.last, revision)

    @rule(kernel=st.integers(0, 1), key=KEYS, value=VALUES, ttl=TTLS)
    def put(self, kernel: int, key: str, value: Any, ttl: float | None) -> None:
        self.write([Put(key, value, ttl)], self.kernels[kernel].put(key, value, ttl_s=ttl).revision)

    @rule(kernel=st.integers(0, 1), key=KEYS)
    def delete(self, kernel: int, key: str) -> None:
        assert self.kernels[kernel].delete(key) == (key in self.alive())
        self.model.pop(key, None)

    @rule(kernel=st.integers(0, 1), key=KEYS, value=VALUES, stale=st.booleans())
    def compare_and_set(self, kernel: int, key: str, value: Any, stale: bool) -> None:
        now = self.alive()[key][2] if key in self.alive() else ABSENT
        if stale:
            with pytest.raises(StateConflict) as caught:
                self.kernels[kernel].apply([Put(key, value)], {key: now + 1})
            assert (caught.value.key, caught.value.found) == (key, now)
        else:
            self.write([Put(key, value)], self.kernels[kernel].apply([Put(key, value)], {key: now}).revision)

    @rule(
        kernel=st.integers(0, 1),
        changes=st.lists(st.one_of(st.builds(Put, KEYS, VALUES, TTLS), st.builds(Delete, KEYS)), max_size=5),
        seen=st.lists(KEYS, max_size=3),
        stale=st.booleans(),
    )
    def transaction(self, kernel: int, changes: list[Change], seen: list[str], stale: bool) -> None:
        expected = {key: self.alive()[key][2] if key in self.alive() else ABSENT for key in seen}
        if stale and expected:
            expected[seen[-1]] += 1
            with pytest.raises(StateConflict):
                self.kernels[kernel].apply(changes, expected)
        else:
            self.write(changes, self.kernels[kernel].apply(changes, expected).revision)

    @rule(seconds=st.sampled_from([0.5, 1.0, 30.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.now += seconds

    @rule(kernel=st.integers(0, 1))
    def open_again(self, kernel: int) -> None:
        self.kernels[kernel].close()
        self.kernels[kernel] = KeyValueState(self.path, clock=self.clock)

    @rule(kernel=st.integers(0, 1), most=st.integers(1, 3), prefix=st.sampled_from(["", "a", "a/", "é", "z"]))
    def scan(self, kernel: int, most: int, prefix: str) -> None:
        found: list[Entry] = []
        cursor: str | None = ""
        while cursor is not None:
            page = self.kernels[kernel].scan(prefix, cursor, most=most)
            assert len(page.entries) <= most
            found += page.entries
            cursor = page.cursor
        alive = {key: kept for key, kept in self.alive().items() if key.startswith(prefix)}
        assert [entry.key for entry in found] == sorted(alive, key=str.encode)
        assert {entry.key: (entry.value, entry.expires, entry.revision) for entry in found} == alive

    @invariant()
    def both_kernels_read_the_same(self) -> None:
        if hasattr(self, "kernels"):
            alive = self.alive()
            for kernel in self.kernels:
                for key in ("a", "a/1", "é"):
                    assert kernel.get(key) == ((True, alive[key][0]) if key in alive else (False, None))

    def teardown(self) -> None:
        for kernel in getattr(self, "kernels", ()):
            kernel.close()
        self.folder.cleanup()


TestAgainstADictionary = AgainstADictionary.TestCase
TestAgainstADictionary.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)


def test_an_expired_key_is_absent_and_may_be_made_anew(state: KeyValueState, clock: Clock) -> None:
    first = state.put("key", 1, ttl_s=10)
    assert state.entry("key") == Entry("key", 1, first.revision, clock.now + 10)
    clock.now += 10
    assert state.get("key") == (False, None)
    assert state.entry("key") is None
    assert not state.delete("key")
    assert state.apply([Put("key", 2)], {"key": ABSENT}).revision > first.revision
    assert state.entry("key") == Entry("key", 2, first.revision + 2)


def test_what_has_expired_makes_room(state: KeyValueState, clock: Clock) -> None:
    state.put("large", b"x" * 50_000, ttl_s=1)
    with pytest.raises(QuotaExceeded):
        state.put("other", b"y" * 50_000, most_bytes=100_000)
    clock.now += 1
    state.put("other", b"y" * 50_000, most_bytes=100_000)
    assert state.usage().expired == 0


def test_a_put_without_a_time_to_live_lives_for_good(state: KeyValueState, clock: Clock) -> None:
    state.put("key", 1, ttl_s=1)
    state.put("key", 2)
    clock.now += 1e9
    assert state.get("key") == (True, 2)


def test_a_refused_transaction_has_written_nothing_of_it(state: KeyValueState) -> None:
    state.put("a", 1)
    before = state.usage()
    with pytest.raises(StateConflict) as caught:
        state.apply([Put("b", 2), Delete("a")], {"a": 99})
    assert (caught.value.key, caught.value.expected, caught.value.found) == ("a", 99, 1)
    with pytest.raises(QuotaExceeded):
        state.apply([Put("b", 2), Put("", 3)])
    assert state.items() == [("a", 1)]
    assert state.usage() == before


def test_the_changes_of_a_transaction_are_made_in_their_order(state: KeyValueState) -> None:
    state.apply([Put("a", 1), Delete("a"), Put("b", 1), Put("b", 2)])
    assert state.items() == [("b", 2)]


def test_a_page_is_bounded_by_bytes_and_holds_one_entry_at_least(state: KeyValueState) -> None:
    for number in range(4):
        state.put(f"k{number}", b"x" * 1000)
    page = state.scan(most_bytes=2100)
    assert ([entry.key for entry in page.entries], page.cursor) == (["k0", "k1"], "k1")
    assert [entry.key for entry in state.scan(most_bytes=1).entries] == ["k0"]
    assert len(state.scan(values=False, most_bytes=2100).entries) == 4


def test_a_cursor_of_another_prefix_does_not_leave_the_prefix(state: KeyValueState) -> None:
    for key in ("a", "b/1", "b/2", "c"):
        state.put(key, 1)
    assert [entry.key for entry in state.scan("b/", "a").entries] == ["b/1", "b/2"]
    assert state.scan("b/", "c").entries == ()


def test_replacing_everything_is_one_step(state: KeyValueState) -> None:
    state.put("old", 1)
    revision = state.put("both", 1).revision
    assert state.replace_all([Entry("both", b"\0", 0), Entry("new", 2, 0, 4e9)]) == 2
    assert state.items() == [("both", b"\0"), ("new", 2)]
    new = state.entry("new")
    assert new is not None
    assert new.revision > revision
    assert new.expires == 4e9


def test_a_quota_is_exact_whoever_of_two_kernels_filled_it(tmp_path: Path) -> None:
    """Refused is what may not fit into the pages of that moment, and nothing else: SQLite is not asked each time."""
    chance, most, path = random.Random(4), 1 << 20, tmp_path / "one.sqlite3"
    kernels = [KeyValueState(path, clock=Clock()) for _ in range(2)]
    outside = sqlite3.connect(path)
    answers = []
    for number in range(400):
        kernel = chance.choice(kernels[: 1 + number // 40 % 2])
        key, value = f"k{chance.randrange(300)}", b"x" * chance.randrange(12_000)
        (pages,) = outside.execute("PRAGMA page_count").fetchone()
        (free,) = outside.execute("PRAGMA freelist_count").fetchone()
        fits = (pages - free) * 4096 + len(key) + len(value) <= most
        try:
            kernel.put(key, value, most_bytes=most)
            answers.append(True)
        except QuotaExceeded:
            answers.append(False)
        assert answers[-1] == fits
    assert {*answers} == {True, False}
    outside.close()
    for each in kernels:
        each.close()


def test_a_write_of_an_older_program_between_two_of_ours_is_counted(tmp_path: Path) -> None:
    """It leaves no word that it had the turn, as programs of before did not."""
    path = tmp_path / "one.sqlite3"
    state = KeyValueState(path)
    first = state.put("key", 1).revision
    with sqlite3.connect(path, isolation_level=None) as older:
        older.execute("BEGIN IMMEDIATE")
        write = StateWrite(older, Known(head_of(path, older), {}), 0)  # type: ignore[arg-type]
        write.put(b"other", b"1", 1, NEVER)
        write.put(b"key", b"[]", 1, NEVER)
        write.finish()
        older.execute("COMMIT")
    older.close()
    assert state.put("key", 2).revision == first + 2
    state.close()
    again = KeyValueState(path)
    assert again.items() == [("key", 2), ("other", 1)]
    again.close()


@given(VALUES | st.floats() | st.dictionaries(st.integers(), st.none()))
def test_a_value_is_written_as_json_writes_it(value: Any) -> None:
    expected = (value, 0) if isinstance(value, bytes) else (json.dumps(value).encode(), 1)
    assert encode(value) == expected


@pytest.mark.parametrize("value", [{"set": {1}}, [object()]], ids=["a set", "an object"])
def test_what_json_cannot_write_is_told_as_json_does(value: Any) -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        encode(value)


def test_a_value_within_itself_is_told_as_json_does() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(ValueError, match="Circular"):
        encode(value)


def test_a_full_disk_is_told_and_what_was_there_stays(tmp_path: Path) -> None:
    state = KeyValueState(tmp_path / "one.sqlite3")
    state.put("kept", 1)
    (pages,) = state._database._connection.execute("PRAGMA page_count").fetchone()
    state._database._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StorageFull):
        state.put("large", b"x" * 100_000)
    assert state.items() == [("kept", 1)]
    state._database._connection.execute("PRAGMA max_page_count = 100000")
    state.put("large", b"x" * 100_000)
    state.close()


def test_a_read_only_disk_is_told_and_can_be_read(tmp_path: Path) -> None:
    state = KeyValueState(tmp_path / "one.sqlite3")
    state.put("kept", 1)
    state._database._connection.execute("PRAGMA query_only = 1")
    with pytest.raises(ProfileReadOnly):
        state.put("other", 1)
    assert state.items() == [("kept", 1)]
    state._database._connection.execute("PRAGMA query_only = 0")
    state.close()


_FILL = """
import resource, sys
from pathlib import Path
from automatosx_nb.errors import StorageFailed, StorageFull
from automatosx_nb.profile.keyvalue import KeyValueState
state = KeyValueState(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
number = 0
try:
    while True:
        state.put(f"{number:04d}", b"x" * 5000)
        number += 1
except (StorageFailed, StorageFull) as error:
    print(number, error.code)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="has no rlimits")
def test_where_the_system_takes_no_more_bytes_nothing_that_was_acknowledged_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "one.sqlite3"
    done = subprocess.run([sys.executable, "-c", _FILL, str(path)], capture_output=True, text=True, check=True)
    written, code = done.stdout.split()
    assert code in ("storage-full", "storage-failed")
    assert int(written) > 10
    state = KeyValueState(path)
    assert state.keys() == [f"{number:04d}" for number in range(int(written))]
    state.close()


_COUNT = """
import sys
from pathlib import Path
from automatosx_nb.errors import StateConflict
from automatosx_nb.model.state import Put
from automatosx_nb.profile.keyvalue import KeyValueState
state = KeyValueState(Path(sys.argv[1]))
conflicts = 0
for _ in range(60):
    while True:
        entry = state.entry("count")
        try:
            state.apply([Put("count", (entry.value if entry else 0) + 1)], {"count": entry.revision if entry else 0})
            break
        except StateConflict:
            conflicts += 1
state.close()
"""


def test_two_kernels_that_count_on_a_condition_lose_no_count(tmp_path: Path) -> None:
    path = tmp_path / "one.sqlite3"
    kernels = [subprocess.Popen([sys.executable, "-c", _COUNT, str(path)]) for _ in range(2)]
    assert [kernel.wait() for kernel in kernels] == [0, 0]
    state = KeyValueState(path)
    assert state.get("count") == (True, 120)
    state.close()
