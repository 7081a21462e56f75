"""Atomic writes, and the system's errors as ours."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from automatosx_nb.errors import ProfileReadOnly, StorageFailed, StorageFull
from automatosx_nb.files import is_there, paths_in, read_if_there, storage_errors, write_atomic


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.ENOSPC, StorageFull),
        (errno.EDQUOT, StorageFull),
        (errno.EFBIG, StorageFull),
        (errno.EROFS, ProfileReadOnly),
        (errno.EACCES, ProfileReadOnly),
        (errno.EPERM, ProfileReadOnly),
        (errno.EIO, StorageFailed),
    ],
)
def test_each_error_of_the_system_has_one_of_ours_with_its_path(number: int, expected: type[Exception]) -> None:
    with pytest.raises(expected) as caught, storage_errors(Path("/somewhere/else")):
        raise OSError(number, os.strerror(number), "/the/file")
    assert "/the/file" in str(caught.value)


def test_a_write_replaces_all_of_the_old_content_and_leaves_no_other_file(tmp_path: Path) -> None:
    target = tmp_path / "file"
    write_atomic(target, b"old and longer")
    write_atomic(target, b"new")
    assert target.read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


_TOO_LARGE = """
import resource, sys
from pathlib import Path
from automatosx_nb.errors import StorageFull
from automatosx_nb.files import write_atomic
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    write_atomic(Path(sys.argv[1]), b"x" * 10000)
except StorageFull as error:
    print("StorageFull:", error.reason)
"""


def test_a_write_that_does_not_fit_leaves_the_old_file_and_no_rest(tmp_path: Path) -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    target = tmp_path / "file"
    target.write_bytes(b"old")
    done = subprocess.run([sys.executable, "-c", _TOO_LARGE, str(target)], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("StorageFull:"), done.stderr
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_what_is_missing_is_empty(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    assert (read_if_there(missing), is_there(missing), paths_in(missing)) == (None, False, [])
    (tmp_path / "b").write_bytes(b"2")
    (tmp_path / ".a").mkdir()
    assert (read_if_there(tmp_path / "b"), is_there(tmp_path / "b")) == (b"2", True)
    assert paths_in(tmp_path) == [tmp_path / ".a", tmp_path / "b"]
    assert paths_in(tmp_path / "b") == []


def test_what_may_not_be_looked_at_is_not_taken_for_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_arguments: object, **_options: object) -> None:
        raise PermissionError(errno.EACCES, "may not", str(tmp_path))

    for name in ("stat", "listdir", "scandir", "open"):
        monkeypatch.setattr(os, name, forbidden)
    for look in (is_there, paths_in):
        with pytest.raises(ProfileReadOnly):
            look(tmp_path)
