from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from automatosx_nb import package
from automatosx_nb.errors import InvalidArtifact

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX links")


@pytest.fixture
def artifact(plugin_folder: Path) -> bytes:
    return package.build(plugin_folder)


def tree(folder: Path) -> dict[str, bytes]:
    files = (file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def test_an_unpacked_artifact_has_every_file(artifact: bytes, plugin_files: dict[str, bytes], tmp_path: Path) -> None:
    package.unpack(artifact, tmp_path / "store" / "new")
    assert tree(tmp_path / "store" / "new") == plugin_files


def test_a_package_is_unpacked_as_its_bytes_are(artifact: bytes, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    package.unpack(package.read(artifact), tmp_path / "a")
    package.unpack(artifact, tmp_path / "b")
    assert tree(tmp_path / "a") == tree(tmp_path / "b")


def test_building_what_was_unpacked_gives_the_same_artifact(artifact: bytes, tmp_path: Path) -> None:
    package.unpack(artifact, tmp_path / "a")
    assert package.build(tmp_path / "a") == artifact


def test_a_folder_that_is_not_empty_is_left_alone(artifact: bytes, tmp_path: Path) -> None:
    folder = tmp_path / "full"
    folder.mkdir()
    (folder / "mine").write_text("mine")
    with pytest.raises(FileExistsError):
        package.unpack(artifact, folder)
    assert tree(folder) == {"mine": b"mine"}


def test_an_unsafe_artifact_makes_no_folder(tmp_path: Path) -> None:
    with pytest.raises(InvalidArtifact):
        package.unpack(b"not a zip", tmp_path / "new")
    assert not (tmp_path / "new").exists()


@posix
def test_a_link_in_place_of_the_folder_is_not_followed(artifact: bytes, tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with pytest.raises(NotADirectoryError):
        package.unpack(artifact, tmp_path / "link")
    assert tree(tmp_path / "target") == {}


@posix
def test_every_file_is_flushed_before_the_folders_that_name_it(
    artifact: bytes, plugin_files: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[str] = []
    real = os.fsync

    def record(descriptor: int) -> None:
        flushed.append(Path(f"/proc/self/fd/{descriptor}").resolve().relative_to(folder).as_posix())
        real(descriptor)

    if not Path("/proc/self/fd").exists():
        pytest.skip("needs /proc to name a descriptor")
    folder = tmp_path.resolve() / "new"
    monkeypatch.setattr(os, "fsync", record)
    package.unpack(artifact, folder)
    assert flushed[: len(plugin_files)] == sorted(plugin_files)
    assert flushed[len(plugin_files) :] == ["src/hello", "src", "docs/guide", "docs", "."]


def test_a_write_that_fails_is_told(artifact: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        package.unpack(artifact, tmp_path / "new")


def test_an_unaltered_folder_has_nothing_to_tell(artifact: bytes, tmp_path: Path) -> None:
    package.unpack(artifact, tmp_path / "a")
    assert package.altered(package.read(artifact), tmp_path / "a") == ()


def test_what_was_altered_is_named(artifact: bytes, tmp_path: Path) -> None:
    folder = tmp_path / "a"
    package.unpack(artifact, folder)
    (folder / "README.md").write_text("other")
    (folder / "LICENSE").unlink()
    (folder / "src/extra.py").write_text("")
    assert package.altered(package.read(artifact), folder) == ("LICENSE", "README.md", "src/extra.py")


@posix
def test_a_link_to_the_very_content_counts_as_altered(artifact: bytes, tmp_path: Path) -> None:
    folder = tmp_path / "a"
    package.unpack(artifact, folder)
    (folder / "LICENSE").rename(tmp_path / "outside")
    (folder / "LICENSE").symlink_to(tmp_path / "outside")
    assert package.altered(package.read(artifact), folder) == ("LICENSE",)
