"""Files of artifacts that were looked into last: kept within bounds, and only what was published."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from automatosx_nb import package
from automatosx_nb.errors import UnknownPlugin
from automatosx_nb.model.identity import owner
from automatosx_nb.registry.blobs import BlobStore, DigestDiffers
from automatosx_nb.registry.objects.folder import Folder
from automatosx_nb.registry.service import EmbeddedRegistry
from automatosx_nb.registry.unpacked import Unpacked, _size

Build = Callable[..., bytes]


class Counted(BlobStore):
    """Says what was read of it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(Folder(folder))
        self.asked: list[str] = []

    def read(self, sha256: str) -> bytes:
        self.asked.append(sha256)
        return super().read(sha256)


def test_an_artifact_is_unpacked_once_and_the_one_looked_into_longest_ago_goes(tmp_path: Path, build: Build) -> None:
    blobs = Counted(tmp_path / "blobs")
    a, b, c = (blobs.put(build(f"acme.{name}")) for name in "abc")
    room = _size(package.read(blobs.read(a)).files)
    blobs.asked.clear()
    unpacked = Unpacked(most_mb=2.5 * room / 2**20)
    for sha256 in (a, b, a, c, a, b):
        assert b"plugin" in unpacked.files(sha256, "acme", partial(blobs.read, sha256))["plugin.toml"]
    assert blobs.asked == [a, b, c, b]


def test_one_that_is_larger_than_all_that_is_kept_takes_nothings_place(tmp_path: Path, build: Build) -> None:
    blobs = Counted(tmp_path / "blobs")
    sha256 = blobs.put(build("acme.large"))
    blobs.asked.clear()
    unpacked = Unpacked(most_mb=0.0001)
    for _ in range(2):
        unpacked.files(sha256, "acme.large", lambda: blobs.read(sha256))
    assert (blobs.asked, len(unpacked._kept), unpacked._bytes) == ([sha256] * 2, 0, 0)


def test_nobody_changes_for_others_what_is_kept(tmp_path: Path, build: Build) -> None:
    blobs = Counted(tmp_path / "blobs")
    sha256 = blobs.put(build("acme.a"))
    files = Unpacked().files(sha256, "acme.a", lambda: blobs.read(sha256))
    with pytest.raises(TypeError):
        files["plugin.toml"] = b""  # type: ignore[index]


def test_what_is_damaged_is_not_kept(tmp_path: Path, build: Build) -> None:
    blobs = Counted(tmp_path / "blobs")
    data = build("acme.a")
    sha256 = blobs.put(data)
    blobs.objects.put(f"sha256/{sha256[:2]}/{sha256}", data + b"x")
    unpacked = Unpacked()
    with pytest.raises(DigestDiffers):
        unpacked.files(sha256, "acme.a", lambda: blobs.read(sha256))
    blobs.put(data)
    assert unpacked.files(sha256, "acme.a", lambda: blobs.read(sha256))


def test_what_is_kept_is_shown_of_no_release_that_is_gone(registry: EmbeddedRegistry, build: Build) -> None:
    registry.publish(build("acme.gone"))
    assert registry.contents("acme.gone", "1.0.0")
    registry.moderation.quarantine(owner(), "acme.gone", "1.0.0", "It phones home.")
    with pytest.raises(UnknownPlugin):
        registry.contents("acme.gone", "1.0.0")
