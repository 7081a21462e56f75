"""Files beneath one folder, opened a step at a time so that no link and no race leads out of it.

Each folder on the way is opened by its name in the one before, as a descriptor and never through a link
(``O_NOFOLLOW``), so whoever swaps a folder for a link meanwhile changes nothing: what ``openat2`` promises with
``RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS``, on every system that can open relative to a descriptor.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from automatosx_nb.errors import FileRefused, ProfileReadOnly, StorageFailed, StorageFull, TransferTooLarge
from automatosx_nb.files import write_atomic
from automatosx_nb.model.permissions.files import MAX_SEGMENTS, glob_covers, is_plain_name

_SUPPORTED = {os.open, os.stat, os.mkdir, os.rename, os.unlink} <= os.supports_dir_fd and os.scandir in os.supports_fd
_FOLDER = getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | os.O_RDONLY
_FILE = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | os.O_RDONLY
_PIECE = 1 << 20
MAX_LISTED = 10_000
"""Most names that one listing gives."""
MAX_VISITED = 100_000
"""Most names that one listing looks at."""


class Beneath:
    """The files beneath ``root``, which is opened at the first use and stays the same folder if it is renamed.

    ``closed`` are folders that are not entered, wherever they lie and also if they come only later; ``closed_names``
    those of any folder, in lower case, that is not entered.
    """

    def __init__(self, root: Path, closed: Collection[Path] = (), closed_names: Collection[str] = ()) -> None:
        self._root = root
        self._closed_paths = closed
        self._closed_names = closed_names
        self._closed: frozenset[tuple[int, int]] = frozenset()
        self._closed_when_made: tuple[Path, ...] = ()
        self._descriptor: int | None = None

    def read(self, path: Sequence[str], most_bytes: int) -> bytes:
        """All of a plain file.

        :raises FileRefused:
        :raises TransferTooLarge:
        """
        shown = "/".join(path)
        with self._errors(path), self._folder(path[:-1]) as folder:
            descriptor = os.open(path[-1], _FILE, dir_fd=folder)
            try:
                status = os.fstat(descriptor)
                if not stat.S_ISREG(status.st_mode):
                    raise FileRefused(shown, "it is no plain file")
                if status.st_size > most_bytes:
                    raise TransferTooLarge(f"the file {shown!r}", f"{most_bytes / 2**20:g} MiB")
                return _read_all(descriptor, most_bytes, shown)
            finally:
                os.close(descriptor)

    def write(self, path: Sequence[str], data: bytes) -> None:
        """Put a file in place of what was there, whole or not at all, with its folders where they are missing.

        :raises FileRefused: what is there is no plain file, a folder on the way is a link, or the disk is full.
        """
        with self._errors(path), self._folder(path[:-1], make=True) as folder:
            mode = 0o666
            with suppress(FileNotFoundError):
                status = os.stat(path[-1], dir_fd=folder, follow_symlinks=False)
                if not stat.S_ISREG(status.st_mode):
                    raise FileRefused("/".join(path), "what is there is no plain file")
                mode = stat.S_IMODE(status.st_mode) & 0o777
            write_atomic(Path(path[-1]), data, mode=mode, folder=folder)

    def exists(self, path: Sequence[str]) -> bool:
        """Whether there is a plain file, or a folder."""
        try:
            with self._folder(path[:-1]) as folder:
                found = os.stat(path[-1], dir_fd=folder, follow_symlinks=False).st_mode
                return stat.S_ISREG(found) or stat.S_ISDIR(found)
        except (OSError, FileRefused):
            return False

    def glob(self, pattern: Sequence[str]) -> list[str]:
        """The plain files that match, sorted. Links are left out, and so is what cannot be read.

        :raises TransferTooLarge: they are more than :data:`MAX_LISTED`, or lie among more than :data:`MAX_VISITED`.
        """
        found: list[str] = []
        visited = 0
        todo: list[tuple[str, ...]] = [()]
        while todo:
            at = todo.pop()
            for name, folder in self._entries(at):
                visited += 1
                if len(found) >= MAX_LISTED or visited > MAX_VISITED:
                    raise TransferTooLarge("the listing", f"{MAX_LISTED} files, or {MAX_VISITED} names to look at")
                path = (*at, name)
                if not is_plain_name(name):
                    continue
                if folder and len(path) < MAX_SEGMENTS and _may_lead_to(pattern, path):
                    todo.append(path)
                elif not folder and glob_covers(pattern, path):
                    found.append("/".join(path))
        return sorted(found)

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _entries(self, at: Sequence[str]) -> list[tuple[str, bool]]:
        """Name and whether it is a folder, of plain files and folders."""
        try:
            with self._folder(at) as folder, os.scandir(folder) as entries:
                return [
                    (each.name, each.is_dir(follow_symlinks=False))
                    for each in entries
                    if each.is_dir(follow_symlinks=False) or each.is_file(follow_symlinks=False)
                ]
        except (OSError, FileRefused):
            return []

    @contextmanager
    def _folder(self, path: Sequence[str], *, make: bool = False) -> Iterator[int]:
        """A descriptor of the folder ``path``, reached without a link."""
        here = os.dup(self._opened())
        try:
            self._check_open(here, path)
            for name in path:
                if name.casefold() in self._closed_names:
                    raise _closed(path)
                if make:
                    with suppress(FileExistsError):
                        os.mkdir(name, dir_fd=here)
                there = os.open(name, _FOLDER, dir_fd=here)
                os.close(here)
                here = there
                self._check_open(here, path)
            yield here
        finally:
            os.close(here)

    def _check_open(self, folder: int, path: Sequence[str]) -> None:
        identity = _identity(os.fstat(folder))
        if identity in self._closed or identity in _identities(self._closed_when_made):
            raise _closed(path)

    def _opened(self) -> int:
        if self._descriptor is None:
            if not _SUPPORTED:
                raise FileRefused(".", "this system cannot open files safely beneath a folder")
            self._descriptor = os.open(self._root, _FOLDER & ~getattr(os, "O_NOFOLLOW", 0))
            self._closed = frozenset(_identities(self._closed_paths))
            self._closed_when_made = tuple(
                path
                for path in self._closed_paths
                if not any(_identities([path])) and _real(path).is_relative_to(_real(self._root))
            )
        return self._descriptor

    @contextmanager
    def _errors(self, path: Sequence[str]) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = _REASONS.get(error.errno or 0) or os.strerror(error.errno or 0)
            raise FileRefused("/".join(path), reason) from error
        except (StorageFull, StorageFailed, ProfileReadOnly) as error:
            raise FileRefused("/".join(path), error.reason) from error


_REASONS = {
    errno.ENOENT: "it is not there",
    errno.ELOOP: "it is a link, or lies behind one",
    errno.ENOTDIR: "a folder on the way is a link or a file",
    errno.EISDIR: "it is a folder",
    errno.ENXIO: "it is no plain file",
}


def _read_all(descriptor: int, most_bytes: int, shown: str) -> bytes:
    """A file may grow while it is read."""
    found = bytearray()
    while piece := os.read(descriptor, _PIECE):
        found += piece
        if len(found) > most_bytes:
            raise TransferTooLarge(f"the file {shown!r}", f"{most_bytes / 2**20:g} MiB")
    return bytes(found)


def _may_lead_to(pattern: Sequence[str], folder: Sequence[str]) -> bool:
    """Whether anything in ``folder`` could match."""
    for index, name in enumerate(folder):
        if index >= len(pattern):
            return False
        if pattern[index] == "**":
            rest = set(pattern[index:])
            return all(not each.startswith(".") or each in rest for each in folder[index:])
        if not glob_covers(pattern[index : index + 1], (name,)):
            return False
    return len(folder) < len(pattern)


def _closed(path: Sequence[str]) -> FileRefused:
    return FileRefused("/".join(path), "the marketplace keeps its own files there, or Jupyter what it runs")


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _identities(paths: Collection[Path]) -> Iterator[tuple[int, int]]:
    """Of the folders that are there."""
    for path in paths:
        with suppress(OSError):
            yield _identity(path.stat())


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino
