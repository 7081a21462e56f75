"""Files that a user named: what was checked is what is read, and what is written goes nowhere else."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest

from automatosx_nb.errors import FileNotHandedOver
from automatosx_nb.host.handed_files import FileToRead, FileToWrite, path_of, shown_name


def to_read(path: Path) -> FileToRead:
    return FileToRead(path.name, path, 10)


def to_write(path: Path, *, overwrite: bool = False) -> FileToWrite:
    return FileToWrite(path.name, path, 10, overwrite=overwrite)


def placed(file: FileToWrite, data: bytes) -> None:
    file.write(data)
    assert file.stage()
    file.place()
    file.close()


def test_a_name_that_leads_elsewhere_after_it_was_opened_changes_nothing(tmp_path: Path) -> None:
    mine, theirs = tmp_path / "mine", tmp_path / "theirs"
    mine.write_text("mine")
    theirs.write_text("private")
    file = to_read(mine)
    mine.unlink()
    mine.symlink_to(theirs)
    assert file.read(0, 100) == b"mine"
    file.close()


def test_a_pipe_put_in_place_between_the_check_and_the_opening_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "data"
    path.write_text("x")
    real = os.open

    def swapped(name: Any, flags: int, *rest: Any) -> int:
        path.unlink()
        os.mkfifo(path)
        return real(name, flags, *rest)

    monkeypatch.setattr(os, "open", swapped)
    with pytest.raises(FileNotHandedOver, match="it is a pipe"):
        to_read(path)


def test_what_grows_after_it_was_handed_over_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("before")
    file = to_read(path)
    with path.open("a") as more:
        more.write(" after")
    assert file.read(0, 100) == b"before"
    assert file.read(6, 100) == file.read(10**15, 1) == b""
    file.close()


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_link_put_in_place_while_the_call_runs_is_never_written_through(tmp_path: Path, overwrite: bool) -> None:
    out, theirs = tmp_path / "out", tmp_path / "theirs"
    theirs.write_text("private")
    file = to_write(out, overwrite=overwrite)
    file.write(b"new")
    out.symlink_to(theirs)
    assert file.stage()
    if overwrite:
        file.place()
        assert out.read_text() == "new"
        assert not out.is_symlink()
    else:
        with pytest.raises(FileNotHandedOver, match="there is one already"):
            file.place()
    file.close()
    assert theirs.read_text() == "private"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "theirs"]


def test_a_file_that_came_while_the_call_ran_is_left_as_it_is(tmp_path: Path) -> None:
    file = to_write(tmp_path / "out")
    file.write(b"new")
    (tmp_path / "out").write_text("theirs")
    assert file.stage()
    with pytest.raises(FileNotHandedOver, match="--overwrite"):
        file.place()
    file.close()
    assert (tmp_path / "out").read_text() == "theirs"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_full_disk_leaves_what_was_there_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    out.write_text("old")

    def full(_fd: int) -> None:
        raise OSError(errno.ENOSPC, "no space")

    file = to_write(out, overwrite=True)
    file.write(b"new")
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(FileNotHandedOver, match="no space left"):
            file.stage()
    file.close()
    assert out.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_disk_that_is_full_while_it_is_gathered_fails_at_the_end_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> Any:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(tempfile, "SpooledTemporaryFile", full)
    file = to_write(tmp_path / "out")
    for attempt in (lambda: file.write(b"x"), lambda: file.write(b"y"), file.stage):
        with pytest.raises(FileNotHandedOver):
            attempt()
    assert list(tmp_path.iterdir()) == []


def test_a_replacing_that_fails_leaves_no_empty_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any) -> None:
        raise PermissionError(errno.EACCES, "no")

    file = to_write(tmp_path / "out")
    file.write(b"new")
    assert file.stage()
    monkeypatch.setattr(os, "replace", refused)
    with pytest.raises(FileNotHandedOver):
        file.place()
    file.close()
    assert list(tmp_path.iterdir()) == []


def test_a_placed_file_that_was_not_there_can_be_taken_back(tmp_path: Path) -> None:
    file = to_write(tmp_path / "new")
    placed(file, b"x")
    file.take_back()
    (tmp_path / "old").write_text("old")
    replaced = to_write(tmp_path / "old", overwrite=True)
    placed(replaced, b"y")
    replaced.take_back()
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


def test_a_path_is_the_users_and_a_plugin_sees_its_last_name_only(tmp_path: Path) -> None:
    assert path_of("a/b", tmp_path) == tmp_path / "a/b"
    assert path_of("/x/y", tmp_path) == Path("/x/y")
    assert path_of("~/x", tmp_path) == Path.home() / "x"
    assert shown_name(Path("/home/me/notes/data.csv")) == "data.csv"
    assert shown_name(Path(os.fsdecode(b"/tmp/\xff.csv"))) == "�.csv"
