"""Where a mirror is written: a folder, or one file that is made of one. What is there already, and whole, stays."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from automatosx_nb.files import paths_in, read_if_there, storage_errors, write_atomic
from automatosx_nb.registry.client.addresses import BUNDLE_SUFFIX, ROOT
from automatosx_nb.registry.mirroring.layout import Root, path_of

if TYPE_CHECKING:
    from collections.abc import Collection

_TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can hold: the same files are the same bytes."""
_UNIX = 3
_MODE = 0o666
"""A web server reads it, too; less what the umask takes away."""


class Target(Protocol):
    """Content first, then :meth:`commit`: until then whoever reads finds the old mirror whole."""

    @property
    def known(self) -> tuple[str, ...]:
        """The ids of the plugins in the mirror that is there already; what cannot be read is none."""

    def has(self, sha256: str) -> bool:
        """Whether it is there, and is what its name says."""

    def put(self, data: bytes) -> None: ...

    def commit(self, root: bytes, keep: Collection[str]) -> int:
        """Make ``root`` the mirror's, take away what is not in ``keep`` (digests), and say how much that was."""


class FolderTarget:
    """A folder, as a web server or ``file://`` hands it out."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def known(self) -> tuple[str, ...]:
        return _plugins(read_if_there(self.folder / ROOT))

    def has(self, sha256: str) -> bool:
        data = read_if_there(self.folder / path_of(sha256))
        return data is not None and hashlib.sha256(data).hexdigest() == sha256

    def put(self, data: bytes) -> None:
        path = self.folder / path_of(hashlib.sha256(data).hexdigest())
        with storage_errors(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, data, mode=_MODE)

    def commit(self, root: bytes, keep: Collection[str]) -> int:
        with storage_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        write_atomic(self.folder / ROOT, root, mode=_MODE)
        gone = [path for path in self.files() if path.name not in keep]
        for path in gone:
            with storage_errors(path):
                path.unlink(missing_ok=True)
            with suppress(OSError):  # another one lies there
                path.parent.rmdir()
        return len(gone)

    def files(self) -> list[Path]:
        """All that is named by a digest, sorted."""
        return [path for folder in paths_in(self.folder / "sha256") for path in paths_in(folder)]


class BundleTarget:
    """One zip. It is gathered in a folder beside it, so that what was killed goes on, and put in place as a whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._gathered = FolderTarget(path.with_name(f".{path.name}.partial"))
        self._old = _old_bundle(path)

    @property
    def known(self) -> tuple[str, ...]:
        return () if self._old is None else _plugins(self._old.read(ROOT))

    def has(self, sha256: str) -> bool:
        if self._gathered.has(sha256):
            return True
        data = None if self._old is None else self._old.get(sha256)
        if data is None:
            return False
        self._gathered.put(data)
        return True

    def put(self, data: bytes) -> None:
        self._gathered.put(data)

    def commit(self, root: bytes, keep: Collection[str]) -> int:
        before = set() if self._old is None else self._old.digests
        if self._old is not None:
            self._old.close()
        self._gathered.commit(root, keep)
        temporary = self.path.with_name(f".{self.path.name}.new")
        with storage_errors(self.path):
            _write_zip(temporary, root, self._gathered.files())
            temporary.replace(self.path)
            shutil.rmtree(self._gathered.folder)
        return len(before - set(keep))


class _OldBundle:
    """What a bundle that is there already has of files; it need not be whole."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.digests = {name.rpartition("/")[2] for name in archive.namelist() if name.startswith("sha256/")}

    def get(self, sha256: str) -> bytes | None:
        data = self.read(path_of(sha256)) if sha256 in self.digests else None
        return data if data is not None and hashlib.sha256(data).hexdigest() == sha256 else None

    def read(self, name: str) -> bytes | None:
        try:
            return self._archive.read(name)
        except (OSError, KeyError, ValueError, NotImplementedError, zipfile.BadZipFile, zlib.error):
            return None

    def close(self) -> None:
        self._archive.close()


def _old_bundle(path: Path) -> _OldBundle | None:
    try:
        return _OldBundle(zipfile.ZipFile(path))
    except (OSError, zipfile.BadZipFile):
        return None


def _plugins(root: bytes | None) -> tuple[str, ...]:
    try:
        return () if root is None else tuple(msgspec.json.decode(root, type=Root).plugins)
    except msgspec.MsgspecError:
        return ()


def target_of(path: Path, *, bundle: bool) -> Target:
    return BundleTarget(path) if bundle or path.suffix == BUNDLE_SUFFIX else FolderTarget(path)


def _write_zip(path: Path, root: bytes, files: Collection[Path]) -> None:
    """The root first, then all files in the order of their names. Artifacts are compressed already."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(_entry(ROOT, zipfile.ZIP_DEFLATED), root)
        for file in files:
            data = file.read_bytes()
            method = zipfile.ZIP_STORED if data[:2] == b"PK" else zipfile.ZIP_DEFLATED
            archive.writestr(_entry(path_of(file.name), method), data)


def _entry(name: str, method: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _TIME)
    entry.create_system, entry.external_attr, entry.compress_type = _UNIX, 0o100644 << 16, method
    return entry
