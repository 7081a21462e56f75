"""The audit log: every entry bound to the one before, from several kernels at once, and nothing changed unseen."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automatosx_nb.errors import AuditDamaged, ProfileReadOnly, StorageFull
from automatosx_nb.host import audit as audit_module
from automatosx_nb.host.audit import Audit
from automatosx_nb.model.audit import FIRST, KINDS, AuditEntry, detail_of, digest_of

WRITERS, EACH = 4, 25


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "profile" / "audit.sqlite3"


@pytest.fixture
def audit(path: Path) -> Iterator[Audit]:
    audit = Audit(path)
    yield audit
    audit.close()


def fill(audit: Audit, count: int) -> None:
    for number in range(count):
        audit.add("limit-exceeded", "acme.demo", "1.0.0", limit="wall_s", allowed="60 s", used=f"{number} s")


def edit(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement)
    connection.close()


def test_nothing_is_made_before_the_first_entry_and_reading_makes_nothing(audit: Audit, path: Path) -> None:
    assert audit.read() == ()
    assert audit.check().entries == 0
    assert not path.parent.exists()


def test_entries_are_read_back_in_order_and_by_what_is_asked_for(path: Path) -> None:
    moments = iter(datetime(2026, 1, day, tzinfo=UTC) for day in range(1, 9))
    audit = Audit(path, clock=lambda: next(moments))
    audit.add("worker-started", "acme.demo", "1.0.0")
    audit.add("limit-exceeded", "acme.demo", "1.0.0", limit="cpu_s", allowed="1 s", used="1.1 s")
    audit.add("worker-started", "acme.other", "2.0.0", missing_layers=["network"])
    assert [entry.number for entry in audit.read()] == [1, 2, 3]
    assert [entry.number for entry in audit.read(plugin="acme.demo")] == [1, 2]
    assert [entry.number for entry in audit.read(denied=True)] == [2]
    assert [entry.number for entry in audit.read(since="2026-01-02T00:00:00.000+00:00")] == [2, 3]
    assert [entry.number for entry in audit.read(most=2)] == [2, 3]
    assert audit.read()[2].detail == {"missing_layers": ["network"]}
    audit.close()


@pytest.mark.parametrize("kind", KINDS)
def test_an_entry_carries_the_fields_of_its_kind_and_no_other(kind: str) -> None:
    given = dict.fromkeys(KINDS[kind].fields, "x")
    assert detail_of(kind, given) == given
    with pytest.raises(ValueError, match="no kind of entry"):
        detail_of(kind, {**given, "value": "an argument"})


def test_a_text_in_an_entry_is_short_and_fit_to_be_shown() -> None:
    detail = detail_of("worker-ended", {"error": "x" * 9999, "status": "a\x1b[31m\u202eb"})
    assert len(detail["error"]) == 200
    assert "\x1b" not in detail["status"]
    assert "\u202e" not in detail["status"]


@pytest.mark.parametrize(
    ("statement", "broken_at"),
    [
        ("UPDATE entries SET detail = '{}' WHERE number = 7", 7),
        ("UPDATE entries SET detail = 'no json' WHERE number = 7", 7),
        ("UPDATE entries SET plugin = 'acme.innocent' WHERE number = 3", 3),
        ("UPDATE entries SET time = '2020-01-01' WHERE number = 1", 1),
        ("UPDATE entries SET digest = x'00' WHERE number = 9", 9),
        ("DELETE FROM entries WHERE number = 5", 5),
        ("DELETE FROM entries WHERE number = 1", 1),
        ("UPDATE entries SET number = 99 WHERE number = 10", 10),
    ],
)
def test_what_was_changed_afterwards_is_found(audit: Audit, path: Path, statement: str, broken_at: int) -> None:
    fill(audit, 10)
    assert audit.check().broken_at is None
    edit(path, statement)
    assert audit.check().broken_at == broken_at
    assert len(audit.read()) >= 9, "it is still shown"


def test_an_end_that_was_cut_off_changes_the_newest_digest(audit: Audit, path: Path) -> None:
    fill(audit, 3)
    before = audit.check().newest
    edit(path, "DELETE FROM entries WHERE number = 3")
    assert audit.check().newest != before


@given(
    fields=st.lists(st.tuples(st.sampled_from(sorted(KINDS)), st.text(), st.text()), min_size=1, max_size=6),
    changed=st.integers(0, 5),
)
def test_the_digest_of_an_entry_depends_on_every_entry_before_it(
    fields: list[tuple[str, str, str]], changed: int
) -> None:
    def last(entries: list[tuple[str, str, str]]) -> bytes:
        digest = FIRST
        for number, (kind, plugin, version) in enumerate(entries, 1):
            digest = digest_of(AuditEntry(number, "t", kind, plugin, version, {}), digest)
        return digest

    at = changed % len(fields)
    kind, plugin, version = fields[at]
    assert last(fields) == last(list(fields))
    assert last(fields) != last([*fields[:at], (kind, plugin + "x", version), *fields[at + 1 :]])
    assert last(fields) != last([*fields[:at], (kind, plugin + version[:1], version[1:]), *fields[at + 1 :]]) or (
        version[:1] == ""
    )


def test_at_its_largest_size_the_older_half_goes_and_the_chain_holds(path: Path) -> None:
    audit = Audit(path, max_bytes=64 << 10)
    fill(audit, 1000)
    entries = audit.read()
    assert entries[0].number > 1
    assert "log-rotated" in {entry.kind for entry in entries}
    assert path.stat().st_size < 256 << 10
    check = audit.check()
    assert (check.broken_at, check.entries) == (None, len(entries))
    edit(path, f"DELETE FROM entries WHERE number = {entries[0].number}")
    assert audit.check().broken_at == entries[0].number
    audit.close()


def test_what_is_too_old_goes_once_there_is_a_day_of_it_and_the_chain_holds(path: Path) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    now = [start]
    audit = Audit(path, keep=timedelta(days=10), clock=lambda: now[0])
    for hours in range(0, 12 * 24, 6):
        now[0] = start + timedelta(hours=hours)
        fill(audit, 1)
        oldest = datetime.fromisoformat(audit.read()[0].time)
        assert now[0] - oldest <= timedelta(days=11)
    assert [entry.detail for entry in audit.read() if entry.kind == "log-rotated"] == [{"first": 1, "last": 5}]
    assert audit.check().broken_at is None
    now[0] += timedelta(days=400)
    fill(audit, 1)
    assert [entry.kind for entry in audit.read()] == ["log-rotated", "limit-exceeded"]
    assert audit.check().broken_at is None
    audit.close()


_WRITER = """
import sys
from pathlib import Path
from automatosx_nb.host.audit import Audit
audit = Audit(Path(sys.argv[1]), max_bytes=int(sys.argv[2]))
for number in range(int(sys.argv[3])):
    audit.add("worker-ended", sys.argv[4], str(number), error="worker-lost")
"""


@pytest.mark.parametrize("max_bytes", [1 << 20, 24 << 10], ids=["whole", "rotated meanwhile"])
def test_several_kernels_write_one_chain(path: Path, audit: Audit, max_bytes: int) -> None:
    command = [sys.executable, "-c", _WRITER, str(path), str(max_bytes), str(EACH)]
    writers = [subprocess.Popen([*command, f"acme.w{number}"]) for number in range(WRITERS)]
    assert [writer.wait(120) for writer in writers] == [0] * WRITERS
    assert audit.check().broken_at is None
    entries = [entry for entry in audit.read() if entry.kind == "worker-ended"]
    for number in range(WRITERS):
        own = [int(entry.version) for entry in entries if entry.plugin == f"acme.w{number}"]
        assert own == sorted(own)
        if max_bytes == 1 << 20:
            assert own == list(range(EACH))


def test_a_forked_copy_of_the_kernel_writes_with_a_connection_of_its_own(audit: Audit) -> None:
    fill(audit, 2)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            fill(audit, 2)
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    fill(audit, 1)
    assert (audit.check().entries, audit.check().broken_at) == (5, None)


def test_a_file_that_is_no_log_is_an_error_that_says_what_to_do(path: Path, audit: Audit) -> None:
    path.parent.mkdir()
    path.write_bytes(b"not a database at all" * 500)
    with pytest.raises(AuditDamaged, match="Move the file away and keep it"):
        audit.add("worker-started")


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_read_only_profile_is_told(path: Path, audit: Audit) -> None:
    path.parent.mkdir(mode=0o500)
    with pytest.raises(ProfileReadOnly):
        audit.add("worker-started")


def test_a_write_that_fails_leaves_the_chain_whole(audit: Audit, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(audit, 2)

    def full(entry: AuditEntry, before: bytes) -> bytes:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(audit_module, "digest_of", full)
        with pytest.raises(StorageFull):
            audit.add("worker-started")
    fill(audit, 1)
    assert (audit.check().entries, audit.check().broken_at) == (3, None)


def test_entries_are_canonical_json_so_that_others_can_check_the_chain() -> None:
    entry = AuditEntry(1, "2026-01-01T00:00:00.000+00:00", "worker-ended", "a.b", "1", {"status": "é", "error": "x"})
    import hashlib

    text = json.dumps([1, entry.time, "worker-ended", "a.b", "1", {"error": "x", "status": "é"}], separators=(",", ":"))
    assert digest_of(entry, FIRST) == hashlib.sha256(FIRST + text.encode()).digest()


def test_adding_an_entry_of_an_unknown_kind_is_a_mistake_of_ours(audit: Audit) -> None:
    with pytest.raises(ValueError, match="no kind"):
        audit.add("something")
