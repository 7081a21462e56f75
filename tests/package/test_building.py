from __future__ import annotations

import io
import os
import socket
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from automatosx_nb import package
from automatosx_nb.errors import InvalidArtifact, InvalidManifest
from automatosx_nb.package import Caps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    WriteFolder = Callable[[Path, Mapping[str, bytes]], None]

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX files")


def refusal(folder: Path, caps: Caps | None = None) -> InvalidArtifact:
    with pytest.raises(InvalidArtifact) as caught:
        package.build(folder, caps=caps or Caps())
    return caught.value


def test_what_was_built_is_read_back(plugin_folder: Path, plugin_files: dict[str, bytes]) -> None:
    assert dict(package.read(package.build(plugin_folder)).files) == plugin_files


def test_an_artifact_that_was_packed_into_the_folder_is_no_part_of_the_next_one(plugin_folder: Path) -> None:
    first = package.build(plugin_folder)
    (plugin_folder / "acme.demo-1.0.0.axp").write_bytes(first)
    assert package.build(plugin_folder) == first


@pytest.fixture
def narrow_umask() -> Iterator[None]:
    old = os.umask(0o077)
    yield
    os.umask(old)


@pytest.mark.usefixtures("narrow_umask")
def test_the_same_files_give_the_same_bytes_wherever_and_whenever_they_were_made(
    plugin_folder: Path, plugin_files: dict[str, bytes], tmp_path: Path, write_folder: WriteFolder
) -> None:
    twin = tmp_path / "elsewhere" / "another name"
    write_folder(twin, dict(reversed(plugin_files.items())))
    for days, file in enumerate(sorted(twin.rglob("*"))):
        os.utime(file, (86400 * days, 86400 * days))
    (twin / "src/hello/say.py").chmod(0o700)
    assert package.build(twin) == package.build(plugin_folder)


def test_other_content_gives_another_digest(plugin_folder: Path) -> None:
    before = package.digest(package.build(plugin_folder))
    (plugin_folder / "README.md").write_text("# Other\n")
    assert package.digest(package.build(plugin_folder)) != before


def test_members_have_nothing_of_the_machine_that_built_them(plugin_folder: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(package.build(plugin_folder))) as archive:
        entries = archive.infolist()
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.external_attr for entry in entries} == {0o100644 << 16}
    assert {(entry.create_system, entry.extra, entry.compress_type) for entry in entries} == {(3, b"", 8)}


def test_hidden_files_caches_and_tests_are_left_out(
    plugin_folder: Path, plugin_files: dict[str, bytes], write_folder: WriteFolder
) -> None:
    litter = (
        ".git/config",
        ".DS_Store",
        "src/hello/__pycache__/say.pyc",
        "docs/.ipynb_checkpoints/a.ipynb",
        "src/.env",
        "tests/test_hello.py",
        "tests/data/birds.bin",
    )
    write_folder(plugin_folder, dict.fromkeys(litter, b"x"))
    assert dict(package.read(package.build(plugin_folder)).files) == plugin_files


@posix
@pytest.mark.parametrize("target", ["/etc/passwd", "README.md", "nowhere", "docs"])
def test_a_link_is_refused_wherever_it_leads(plugin_folder: Path, target: str) -> None:
    (plugin_folder / "src/hello/link.py").symlink_to(target)
    error = refusal(plugin_folder)
    assert (error.reason, error.member) == ("links do not belong in an artifact", "src/hello/link.py")


@posix
def test_a_linked_folder_is_refused(plugin_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "private").mkdir()
    (plugin_folder / "docs/more").symlink_to(tmp_path / "private")
    assert refusal(plugin_folder).member == "docs/more"


@posix
def test_a_pipe_is_refused(plugin_folder: Path) -> None:
    os.mkfifo(plugin_folder / "docs/pipe")
    error = refusal(plugin_folder)
    assert (error.reason, error.member) == ("special files do not belong in an artifact", "docs/pipe")


@posix
def test_a_socket_is_refused(plugin_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(plugin_folder)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("docs/s")
        assert refusal(plugin_folder).reason == "special files do not belong in an artifact"


@pytest.mark.parametrize("path", ["setup.py", "src/hello/fast.so", "src/tests/fast.so", "LICENSE/MIT"])
def test_a_file_without_a_place_in_a_plugin_is_refused(
    plugin_folder: Path, path: str, write_folder: WriteFolder
) -> None:
    if path == "LICENSE/MIT":
        (plugin_folder / "LICENSE").unlink()
    write_folder(plugin_folder, {path: b"x"})
    error = refusal(plugin_folder)
    assert error.reason.startswith("only these belong in an artifact")
    assert error.member == path


@posix
def test_all_that_is_at_fault_in_a_folder_is_found_at_once_and_the_rest_is_still_an_artifact(
    plugin_folder: Path, write_folder: WriteFolder
) -> None:
    whole = package.build(plugin_folder)
    write_folder(plugin_folder, {"setup.py": b"x", "src/hello/fast.so": b"x"})
    (plugin_folder / "docs" / "link.md").symlink_to("../README.md")
    os.mkfifo(plugin_folder / "docs" / "pipe")
    data, faults = package.collect(plugin_folder)
    assert [fault.member for fault in faults] == ["docs/link.md", "docs/pipe", "setup.py", "src/hello/fast.so"]
    assert data == whole
    assert refusal(plugin_folder).faults == faults


def test_a_folder_without_a_manifest_is_no_plugin(tmp_path: Path) -> None:
    assert refusal(tmp_path).reason == "it has no plugin.toml"
    assert refusal(tmp_path / "nowhere").reason == "it has no plugin.toml"


def test_a_broken_manifest_builds_nothing(plugin_folder: Path) -> None:
    (plugin_folder / "plugin.toml").write_text("schema = 1\n")
    with pytest.raises(InvalidManifest):
        package.build(plugin_folder)


def test_what_could_not_be_read_again_is_not_built(plugin_folder: Path) -> None:
    (plugin_folder / "docs/zeros.bin").write_bytes(bytes(3 << 20))
    error = refusal(plugin_folder)
    assert (error.reason, error.member) == (
        "a file is compressed more than 200 times, as a bomb is",
        "docs/zeros.bin",
    )


def test_caps_hold_while_building(plugin_folder: Path) -> None:
    (plugin_folder / "docs/large.bin").write_bytes(os.urandom((1 << 20) + 1))
    assert refusal(plugin_folder, Caps(file_mb=1)).member == "docs/large.bin"
    assert refusal(plugin_folder, Caps(members=3)).reason == "it has more than 3 files"


def test_a_folder_too_deep_is_refused(plugin_folder: Path, write_folder: WriteFolder) -> None:
    write_folder(plugin_folder, {"docs/" + "a/" * 12 + "b.md": b"x"})
    assert refusal(plugin_folder).reason == "a path is deeper than 12 folders"


def test_an_artifact_is_named_by_id_and_version() -> None:
    assert package.file_name("acme.hello", "1.0.0-rc.1") == "acme.hello-1.0.0-rc.1.axp"
