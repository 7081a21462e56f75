"""A file that is named is read or written for one call, whole or not at all."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from automatosx_nb.errors import FileNotHandedOver, NothingToKeep, PluginFailed
from automatosx_nb.sandbox.limits import Limits
from tests.scenarios.handing_over.desk import Desk, MakeDesk


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_read_in_every_way_by_its_name_alone(desk: Desk, tmp_path: Path) -> None:
    raw = 'name,note\r\nä,"two\r\nlines"\r\n'.encode()
    (tmp_path / "data.csv").write_bytes(raw)
    assert desk.run("read data.csv --how bytes") == raw
    assert desk.run("read data.csv") == 'name,note\nä,"two\nlines"\n'
    assert desk.run(f"read '{tmp_path}/data.csv' --how lines") == ["name,note\n", 'ä,"two\n', 'lines"\n']
    assert desk.run("read data.csv --how csv") == [{"name": "ä", "note": "two\r\nlines"}]
    assert desk.run("read ./data.csv --how about") == [
        "data.csv",
        len(raw),
        f"<InputFile 'data.csv' of {len(raw)} bytes>",
    ]
    (tmp_path / "x.json").write_text('{"a": [1]}')
    assert desk.run("read x.json --how json") == {"a": [1]}


def test_a_large_file_is_read_in_pieces(desk: Desk, tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(300 << 20)
    assert desk.run("read large --how length") == 300 << 20
    usage = desk.runner.worker.usage() if desk.runner.worker is not None else None
    assert usage is not None
    assert usage.rss_mb < 200


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("nothing.csv", "there is no such file"),
        ("dat.csv", "Did you mean 'data.csv'?"),
        (".", "it is a folder"),
        ("pipe", "it is a pipe"),
        ("/dev/null", "it is a device"),
        ("data.csv/more", "not a directory"),
        ("'a\0b'", "null"),
    ],
)
def test_what_is_no_plain_file_is_not_handed_over(desk: Desk, tmp_path: Path, typed: str, says: str) -> None:
    (tmp_path / "data.csv").write_text("x")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileNotHandedOver) as caught:
        desk.run(f"read {typed}")
    assert says in str(caught.value)
    assert desk.runner.worker is None


def test_a_file_over_the_limit_is_not_handed_over(make_desk: MakeDesk, tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate((2 << 20) + 1)
    with pytest.raises(FileNotHandedOver, match="limit read-mb is 1"):
        make_desk(replace(Limits(), read_mb=1)).run("read large")


def test_a_reader_that_a_plugin_keeps_reads_nothing_after_the_call(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "first").write_text("1")
    (tmp_path / "second").write_text("2")
    desk.run("read first")
    with pytest.raises(PluginFailed, match="handed over for one call"):
        desk.run("again")
    with pytest.raises(PluginFailed, match="handed over for one call"):
        desk.run("again_while second")


def test_what_was_written_is_a_file_after_the_call(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sub").mkdir()
    assert desk.run("write sub/out.txt --text 'grüße\n'") == "out.txt"
    assert (tmp_path / "sub" / "out.txt").read_text(encoding="utf-8") == "grüße\n"
    assert capsys.readouterr().out == "Wrote out.txt (8 bytes).\n"
    assert left(tmp_path / "sub") == ["out.txt"]
    desk.run("write_rows df[['a', 'b']] rows.csv")
    assert (tmp_path / "rows.csv").read_bytes() == b"a,b\r\n1,x\r\n2,y\r\n3,z\r\n"
    desk.run("write_json made.json")
    assert (tmp_path / "made.json").read_text() == '{"a": [1, 2]}'
    umask = os.umask(0o022)
    os.umask(umask)
    assert (tmp_path / "made.json").stat().st_mode & 0o777 == 0o666 & ~umask


def test_a_file_that_is_there_is_replaced_only_when_the_user_says_so(desk: Desk, tmp_path: Path) -> None:
    out = tmp_path / "out.txt"
    out.write_text("mine")
    out.chmod(0o640)
    with pytest.raises(FileNotHandedOver, match="--overwrite"):
        desk.run("write out.txt")
    assert out.read_text() == "mine"
    desk.run("write out.txt --overwrite")
    assert out.read_text() == "hello\n"
    assert out.stat().st_mode & 0o777 == 0o640


def test_of_a_failed_call_nothing_is_left(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "old").write_text("old")
    with pytest.raises(PluginFailed):
        desk.run("write_and_fail new")
    with pytest.raises(PluginFailed):
        desk.run("write_and_fail old --overwrite")
    assert left(tmp_path) == ["old"]
    assert (tmp_path / "old").read_text() == "old"


def test_a_result_that_cannot_be_kept_writes_no_file_either(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(NothingToKeep):
        desk.run("write_empty out --into x")
    assert left(tmp_path) == []


def test_nothing_written_makes_no_file_and_nothing_but_an_empty_text_an_empty_one(desk: Desk, tmp_path: Path) -> None:
    desk.run("write_none none")
    assert left(tmp_path) == []
    desk.run("write_empty empty")
    assert (tmp_path / "empty").read_bytes() == b""


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("nowhere/out", "no such folder"),
        ("sub", "it is a folder"),
        ("link", "it is a link"),
        ("pipe", "it is a pipe"),
        ("/dev/full", "it is a device"),
    ],
)
def test_what_is_no_place_for_a_file_is_refused_before_the_call(
    desk: Desk, tmp_path: Path, typed: str, says: str
) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "link").symlink_to("mine")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileNotHandedOver, match=says):
        desk.run(f"write {typed} --overwrite")
    assert desk.runner.worker is None
    assert (tmp_path / "mine").read_text() == "mine"


def test_two_outputs_of_one_name_are_refused_and_two_are_written_together_or_not_at_all(
    desk: Desk, tmp_path: Path
) -> None:
    with pytest.raises(FileNotHandedOver, match="named twice"):
        desk.run("write_two a a")
    desk.run("write_two a b")
    assert left(tmp_path) == ["a", "b"]


def test_more_than_the_limit_is_no_file_even_where_the_plugin_goes_on(
    make_desk: MakeDesk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = make_desk(replace(Limits(), write_mb=2))
    with pytest.raises(FileNotHandedOver, match="more than 2 MiB, the limit write-mb"):
        desk.run("write_much out --mb 4")
    assert left(tmp_path) == []
    assert "capability-failed" in capsys.readouterr().out
    desk.run("write_much out --mb 2")
    assert (tmp_path / "out").stat().st_size == 2 << 20


def test_a_writer_that_a_plugin_keeps_writes_nothing_after_the_call(desk: Desk, tmp_path: Path) -> None:
    desk.run("write out")
    for late in ("write_late", "write_late_much"):
        with pytest.raises(PluginFailed, match="handed over for one call"):
            desk.run(late)
    with pytest.raises(PluginFailed, match="raised ValueError: no"):
        desk.run("write_and_fail other")
    assert left(tmp_path) == ["out"]
    assert (tmp_path / "out").read_text() == "hello\n"


def open_files() -> int:
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


def test_what_was_handed_over_is_closed_when_the_call_is_over(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "in").write_text("x")
    desk.run("read in")
    before = open_files()
    for _ in range(5):
        desk.run("read in")
        desk.run("write out --overwrite")
        with pytest.raises(PluginFailed):
            desk.run("write_and_fail out --overwrite")
    assert open_files() == before
