"""Files beneath a folder: no link, no race and no odd file leads out of it."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from automatosx_nb.errors import FileRefused, TransferTooLarge
from automatosx_nb.host import beneath
from automatosx_nb.host.beneath import Beneath
from automatosx_nb.model.permissions.files import glob_segments

MOST = 1 << 20


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "work"
    (root / "data" / "deep").mkdir(parents=True)
    (root / "data" / "a.csv").write_bytes(b"a")
    (root / "data" / "deep" / "b.csv").write_bytes(b"b")
    (root / "data" / ".hidden").write_bytes(b"h")
    (root / ".git").mkdir()
    (root / ".git" / "config").write_bytes(b"g")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_bytes(b"secret")
    return root


@pytest.fixture
def folder(root: Path) -> Iterator[Beneath]:
    folder = Beneath(root)
    yield folder
    folder.close()


def read(folder: Beneath, path: str) -> bytes:
    return folder.read(path.split("/"), MOST)


def test_a_file_is_read_and_one_is_written_with_its_folders(folder: Beneath, root: Path) -> None:
    assert read(folder, "data/a.csv") == b"a"
    folder.write(["out", "new", "c.bin"], b"c")
    assert (root / "out" / "new" / "c.bin").read_bytes() == b"c"
    assert sorted(each.name for each in (root / "out" / "new").iterdir()) == ["c.bin"]


def test_a_file_that_is_replaced_keeps_its_mode_and_is_whole(folder: Beneath, root: Path) -> None:
    (root / "data" / "a.csv").chmod(0o640)
    folder.write(["data", "a.csv"], b"longer than before")
    assert (root / "data" / "a.csv").read_bytes() == b"longer than before"
    assert stat.S_IMODE((root / "data" / "a.csv").stat().st_mode) == 0o640


def test_a_link_is_followed_neither_at_the_end_nor_on_the_way(folder: Beneath, root: Path) -> None:
    outside = root.parent / "outside"
    (root / "link").symlink_to(outside / "secret")
    (root / "folder").symlink_to(outside)
    (root / "inner").symlink_to("data")
    for path in ("link", "folder/secret", "inner/a.csv"):
        with pytest.raises(FileRefused, match="link"):
            read(folder, path)
        assert not folder.exists(path.split("/"))
    with pytest.raises(FileRefused):
        folder.write(["folder", "new"], b"x")
    with pytest.raises(FileRefused, match="no plain file"):
        folder.write(["link"], b"x")
    assert [each.name for each in outside.iterdir()] == ["secret"]
    assert (outside / "secret").read_bytes() == b"secret"
    assert folder.glob(glob_segments("**")) == ["data/a.csv", "data/deep/b.csv"]


def test_only_plain_files_are_opened(folder: Beneath, root: Path) -> None:
    os.mkfifo(root / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        here = Path.cwd()
        os.chdir(root)  # the name of a socket is short
        try:
            listener.bind("sock")
        finally:
            os.chdir(here)
        for path in ("pipe", "sock", "data"):
            with pytest.raises(FileRefused):
                read(folder, path)
            with pytest.raises(FileRefused):
                folder.write([path], b"x")
    assert folder.exists(["data"])
    assert not folder.exists(["pipe"])


def test_a_file_is_no_larger_than_it_may_be(folder: Beneath, root: Path) -> None:
    (root / "large").write_bytes(b"x" * 2000)
    with pytest.raises(TransferTooLarge):
        folder.read(["large"], 1999)
    assert len(folder.read(["large"], 2000)) == 2000


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs a file that lies about its size")
def test_a_file_that_is_larger_than_it_says_is_bounded_all_the_same() -> None:
    folder = Beneath(Path("/proc/self"))
    with pytest.raises(TransferTooLarge):
        folder.read(["status"], 10)
    folder.close()


def test_what_is_not_there_and_where_nothing_may_be_written_says_so(folder: Beneath, root: Path) -> None:
    with pytest.raises(FileRefused, match="it is not there"):
        read(folder, "none.csv")
    with pytest.raises(FileRefused, match="it is not there"):
        read(folder, "none/none.csv")
    with pytest.raises(FileRefused, match="a folder on the way is a link or a file"):
        read(folder, "data/a.csv/x")
    with pytest.raises(FileRefused):
        Beneath(root / "none").read(["x"], MOST)


def test_a_listing_shows_what_its_glob_says_and_hidden_names_only_where_they_are_named(folder: Beneath) -> None:
    assert folder.glob(glob_segments("data/*.csv")) == ["data/a.csv"]
    assert folder.glob(glob_segments("**/*.csv")) == ["data/a.csv", "data/deep/b.csv"]
    assert folder.glob(glob_segments("**")) == ["data/a.csv", "data/deep/b.csv"]
    assert folder.glob(glob_segments("data/.hidden")) == ["data/.hidden"]
    assert folder.glob(glob_segments(".git/*")) == [".git/config"]
    assert folder.glob(glob_segments("**/.git/config")) == [".git/config"]
    assert folder.glob(glob_segments("none/*")) == []


def test_a_listing_has_its_bounds(folder: Beneath, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beneath, "MAX_LISTED", 1)
    with pytest.raises(TransferTooLarge):
        folder.glob(glob_segments("**"))
    monkeypatch.setattr(beneath, "MAX_LISTED", 10)
    monkeypatch.setattr(beneath, "MAX_VISITED", 1)
    with pytest.raises(TransferTooLarge):
        folder.glob(glob_segments("none/**"))


def test_names_that_no_path_can_say_are_left_out(folder: Beneath, root: Path) -> None:
    for name in (b"new\nline", b"\xff\xfe", b"a*b", b"back\\slash", "\u200c.git".encode()):
        Path(os.fsdecode(os.fsencode(root) + b"/" + name)).write_bytes(b"")
    assert folder.glob(glob_segments("*")) == []


def test_the_marketplaces_own_files_are_out_of_reach_also_beneath_the_folder(root: Path) -> None:
    home = root / "data" / "deep"
    folder = Beneath(root, closed=[home])
    for path in ("data/deep/b.csv", "data/deep/new/x"):
        with pytest.raises(FileRefused, match="the marketplace keeps"):
            read(folder, path)
        with pytest.raises(FileRefused, match="the marketplace keeps"):
            folder.write(path.split("/"), b"x")
    assert folder.glob(glob_segments("**")) == ["data/a.csv"]
    folder.close()
    inside = Beneath(home, closed=[home])
    with pytest.raises(FileRefused, match="the marketplace keeps"):
        inside.read(["b.csv"], MOST)
    inside.close()


def test_a_closed_folder_that_comes_only_later_is_closed_too(root: Path) -> None:
    config = root / "conf" / "jupyter"
    folder = Beneath(root, closed=[config])
    folder.write(["conf", "mine.txt"], b"x")
    with pytest.raises(FileRefused, match="Jupyter what it runs"):
        folder.write(["conf", "jupyter", "automatosx_config.py"], b"x")
    config.mkdir(exist_ok=True)
    (config / "automatosx_config.py").write_bytes(b"the user's")
    with pytest.raises(FileRefused, match="Jupyter what it runs"):
        read(folder, "conf/jupyter/automatosx_config.py")
    assert folder.glob(glob_segments("**")) == ["conf/mine.txt", "data/a.csv", "data/deep/b.csv"]
    folder.close()


@pytest.mark.parametrize("path", [".automatosx/config.toml", "data/.automatosx/config.toml", ".AutomatosX/new/x"])
def test_a_closed_name_is_closed_in_every_folder_and_not_made(root: Path, path: str) -> None:
    folder = Beneath(root, closed_names={".automatosx"})
    with pytest.raises(FileRefused, match="the marketplace keeps"):
        folder.write(path.split("/"), b"x")
    assert not folder.exists(path.split("/")[:-1])
    (root / "data" / ".automatosx").mkdir()
    (root / "data" / ".automatosx" / "config.toml").write_bytes(b"x")
    with pytest.raises(FileRefused, match="the marketplace keeps"):
        read(folder, "data/.automatosx/config.toml")
    folder.close()


def test_the_folder_is_the_one_that_it_was_when_it_was_opened(folder: Beneath, root: Path) -> None:
    assert read(folder, "data/a.csv") == b"a"
    root.rename(root.parent / "moved")
    root.symlink_to(root.parent / "outside")
    assert read(folder, "data/a.csv") == b"a"
    with pytest.raises(FileRefused):
        read(folder, "secret")


ROUNDS = 400


def swapping(path: Path, target: Path) -> Iterator[None]:
    """Each step makes the folder a link to ``target``, or the folder again, also where somebody made it in between."""
    aside = path.with_name("aside")
    while True:
        path.rename(aside)
        _insist(path, lambda: path.symlink_to(target))
        yield
        path.unlink()
        _insist(path, lambda: aside.rename(path))
        yield


def _insist(path: Path, step: Callable[[], object]) -> None:
    while True:
        try:
            step()
            return
        except OSError:
            shutil.rmtree(path, ignore_errors=True)


def test_whoever_swaps_folders_for_links_meanwhile_gains_nothing(folder: Beneath, root: Path) -> None:
    """A thread swaps ``data`` for a link to the outside as fast as it can, while the same names are used."""
    outside = root.parent / "outside"
    (outside / "a.csv").write_bytes(b"STOLEN")
    (outside / "deep").mkdir()
    stop = threading.Event()
    swaps = [0]

    def swap() -> None:
        for _ in swapping(root / "data", outside):
            swaps[0] += 1
            if stop.is_set() and swaps[0] % 2 == 0:
                return

    thread = threading.Thread(target=swap)
    thread.start()
    seen: set[bytes] = set()
    refused = rounds = 0
    try:
        while rounds < ROUNDS or not seen or not refused:
            rounds += 1
            for use in (
                lambda: seen.add(read(folder, "data/a.csv")),
                lambda: folder.write(["data", "deep", "new"], b"mine"),
                lambda: folder.glob(glob_segments("data/**")),
            ):
                try:
                    use()
                except FileRefused:
                    refused += 1
    finally:
        stop.set()
        thread.join()
    assert swaps[0] > 10
    assert seen == {b"a"}
    assert not (outside / "deep" / "new").exists()
    assert (outside / "a.csv").read_bytes() == b"STOLEN"
