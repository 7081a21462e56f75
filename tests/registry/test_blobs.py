from __future__ import annotations

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from automatosx_nb.errors import RegistryDamaged, StorageFull
from automatosx_nb.registry.blobs import BlobStore, DigestDiffers
from automatosx_nb.registry.objects import Folder


def test_what_was_put_is_read_back_from_a_file_named_by_its_digest(tmp_path: Path) -> None:
    blobs = BlobStore(Folder(tmp_path))
    digest = blobs.put(b"content")
    assert digest == sha256(b"content").hexdigest()
    assert blobs.read(digest) == b"content"
    assert [p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()] == [
        f"sha256/{digest[:2]}/{digest}"
    ]


def test_a_blob_that_was_altered_is_not_given(tmp_path: Path) -> None:
    blobs = BlobStore(Folder(tmp_path))
    digest = blobs.put(b"content")
    (tmp_path / "sha256" / digest[:2] / digest).write_bytes(b"other")
    with pytest.raises(DigestDiffers) as caught:
        blobs.read(digest)
    assert (caught.value.expected, caught.value.actual) == (digest, sha256(b"other").hexdigest())


def test_putting_it_again_repairs_an_altered_blob(tmp_path: Path) -> None:
    blobs = BlobStore(Folder(tmp_path))
    digest = blobs.put(b"content")
    (tmp_path / "sha256" / digest[:2] / digest).write_bytes(b"other")
    blobs.put(b"content")
    assert blobs.read(digest) == b"content"


def test_a_missing_blob_names_its_file(tmp_path: Path) -> None:
    with pytest.raises(RegistryDamaged, match="missing"):
        BlobStore(Folder(tmp_path)).read("0" * 64)


@pytest.mark.parametrize("name", ["../../etc/passwd", "A" * 64, "ab", ""])
def test_only_a_digest_names_a_blob(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        BlobStore(Folder(tmp_path)).read(name)


PUT = """
import pathlib, resource, sys
from automatosx_nb.registry.blobs import BlobStore
from automatosx_nb.registry.objects import Folder
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
try:
    BlobStore(Folder(pathlib.Path(sys.argv[1]))).put(b"x" * 10000)
except Exception as error:
    print(type(error).__name__)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="RLIMIT_FSIZE is POSIX")
def test_a_full_disk_is_said_and_leaves_no_file(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", PUT, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == StorageFull.__name__, done.stderr
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_what_is_kept_is_written_only_where_it_is_not_there_whole(tmp_path: Path) -> None:
    blobs = BlobStore(Folder(tmp_path))
    digest = blobs.keep(b"content")
    path = tmp_path / "sha256" / digest[:2] / digest
    before = path.stat().st_ino
    assert blobs.keep(b"content") == digest
    assert path.stat().st_ino == before
    path.write_bytes(b"cut")
    blobs.keep(b"content")
    assert blobs.read(digest) == b"content"


def test_a_blob_is_given_from_any_byte_on(tmp_path: Path) -> None:
    blobs = BlobStore(Folder(tmp_path))
    digest = blobs.put(b"content")
    assert [blobs.tail(digest, start) for start in (0, 3, 7)] == [b"content", b"tent", b""]


def test_what_is_listed_is_a_blob_only_where_its_name_says_so(tmp_path: Path) -> None:
    blobs = BlobStore(Folder(tmp_path))
    digest = blobs.put(b"content")
    for name in (f"sha256/zz/{digest}", "sha256/notes", f"sha256/{digest[:2]}/{digest}.bak"):
        blobs.objects.put(name, b"x")
    found = sorted((key or "", each.name) for key, each in blobs.list())
    assert [key for key, _ in found] == ["", "", "", digest]
    blobs.delete([digest])
    assert [key for key, _ in blobs.list()] == [None, None, None]
