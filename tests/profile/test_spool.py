"""What kernels and servers hand to each other: read on in order, by direction, and never kept for long."""

from __future__ import annotations

from pathlib import Path

import pytest

from automatosx_nb.errors import SpoolDamaged
from automatosx_nb.profile import spool as spools
from automatosx_nb.profile.spool import KEPT_S, Spool


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_each_side_reads_on_in_the_order_of_the_others_writing(tmp_path: Path) -> None:
    kernel, server = Spool(tmp_path / "bridge.sqlite3"), Spool(tmp_path / "bridge.sqlite3")
    assert (kernel.newest(), kernel.after("down", 0, 9)) == (0, [])
    assert not list(tmp_path.iterdir()), "nobody wrote yet"
    kernel.put("up", [b"a", b"b"])
    server.put("down", [b"c"])
    kernel.put("up", [b"d"])
    assert server.after("up", 0, 9) == [(1, b"a"), (2, b"b"), (4, b"d")]
    assert server.after("up", 1, 1) == [(2, b"b")]
    assert kernel.after("down", 0, 9) == [(3, b"c")]
    assert kernel.newest() == 4
    kernel.close()
    server.close()


def test_what_nobody_read_for_minutes_is_dropped_and_numbers_go_on(tmp_path: Path) -> None:
    clock = Clock()
    spool = Spool(tmp_path / "bridge.sqlite3", clock=clock)
    spool.put("up", [b"old"])
    clock.now += KEPT_S + 1
    spool.put("down", [b"new"])
    assert spool.after("up", 0, 9) == []
    assert spool.after("down", 0, 9) == [(2, b"new")]
    spool.close()


def test_the_oldest_of_too_many_or_too_large_are_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spools, "MOST", 3)
    spool = Spool(tmp_path / "bridge.sqlite3")
    spool.put("up", [bytes([number]) for number in range(10)])
    assert [number for number, _ in spool.after("up", 0, 99)] == [8, 9, 10]
    monkeypatch.setattr(spools, "MAX_BYTES", 100_000)
    spool.put("up", [bytes(60_000), bytes(60_000)])
    assert len(spool.after("up", 0, 99)) < 4
    assert spool.after("up", 0, 99)[-1][0] == spool.newest() == 12
    spool.close()


def test_a_file_that_is_no_spool_is_told_as_damaged(tmp_path: Path) -> None:
    (tmp_path / "bridge.sqlite3").write_bytes(b"this is no database" * 99)
    with pytest.raises(SpoolDamaged, match="what was told in the last minutes"):
        Spool(tmp_path / "bridge.sqlite3").put("up", [b"a"])
