from __future__ import annotations

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from automatosx_nb.errors import RegistryDamaged, StorageFull
from automatosx_nb.registry.blobs import BlobStore, DigestDiffers


def test_what_was_put_is_read_back_from_a_file_named_by_its_digest(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path)
    digest = blobs.put(b"content")
    assert digest == sha256(b"content").hexdigest()
    assert blobs.read(digest) == b"content"
    assert [p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()] == [
        f"sha256/{digest[:2]}/{digest}"
    ]


def test_a_blob_that_was_altered_is_not_given(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path)
    digest = blobs.put(b"content")
    (tmp_path / "sha256" / digest[:2] / digest).write_bytes(b"other")
    with pytest.raises(DigestDiffers) as caught:
        blobs.read(digest)
    assert (caught.value.expected, caught.value.actual) == (digest, sha256(b"other").hexdigest())


def test_putting_it_again_repairs_an_altered_blob(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path)
    digest = blobs.put(b"content")
    (tmp_path / "sha256" / digest[:2] / digest).write_bytes(b"other")
    blobs.put(b"content")
    assert blobs.read(digest) == b"content"


def test_a_missing_blob_names_its_file(tmp_path: Path) -> None:
    with pytest.raises(RegistryDamaged, match="missing"):
        BlobStore(tmp_path).read("0" * 64)


@pytest.mark.parametrize("name", ["../../etc/passwd", "A" * 64, "ab", ""])
def test_only_a_digest_names_a_blob(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        BlobStore(tmp_path).read(name)


PUT = """
import pathlib, resource, sys
from automatosx_nb.registry.blobs import BlobStore
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
try:
    BlobStore(pathlib.Path(sys.argv[1])).put(b"x" * 10000)
except Exception as error:
    print(type(error).__name__)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="RLIMIT_FSIZE is POSIX")
def test_a_full_disk_is_said_and_leaves_no_file(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", PUT, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == StorageFull.__name__, done.stderr
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
