"""Writing an artifact's files to disk, so that they are there after a power cut."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from automatosx_nb.package.reading import read

if TYPE_CHECKING:
    from pathlib import Path

    from automatosx_nb.package.artifact import Package


def unpack(package: Package | bytes, folder: Path) -> None:
    """Writes every file of ``package`` under ``folder``, which has to be empty or missing.

    Each file is created anew, and no link is followed. Files are flushed to the disk before the folders that name
    them, and those before ``folder`` itself, so that a rename of ``folder`` afterwards is what makes all of it real.

    :raises InvalidArtifact: where bytes are given, as :func:`read` does.
    :raises InvalidManifest: likewise.
    :raises OSError: ``folder`` is not empty, is a link, or cannot be written; what was written until then stays.
    """
    wanted = read(package) if isinstance(package, bytes) else package
    folder.mkdir(parents=True, exist_ok=True)
    if folder.is_symlink():
        raise NotADirectoryError(errno.ENOTDIR, "is a link", str(folder))
    if any(folder.iterdir()):
        raise FileExistsError(errno.EEXIST, "is not empty", str(folder))
    parents = {parent for path in wanted.files for parent in (folder / path).parents if folder in parent.parents}
    for parent in sorted(parents):
        parent.mkdir()
    for path, content in wanted.files.items():
        _write(folder / path, content)
    for parent in (*sorted(parents, reverse=True), folder):
        _flush(parent)


def altered(package: Package, folder: Path) -> tuple[str, ...]:
    """The paths under ``folder`` that are missing, additional, links, or other than in ``package``, sorted.

    :raises OSError: something there cannot be read.
    """
    found: set[str] = set()
    wrong: set[str] = set()
    for file in folder.rglob("*"):
        path = file.relative_to(folder).as_posix()
        if file.is_dir() and not file.is_symlink():
            continue
        found.add(path)
        if path not in package.files or file.is_symlink() or file.read_bytes() != package.files[path]:
            wrong.add(path)
    return tuple(sorted(wrong | (package.files.keys() - found)))


def _write(file: Path, content: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(file, flags, 0o644), "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())


def _flush(folder: Path) -> None:
    """Makes the names in ``folder`` durable; Windows opens no folders, and keeps names in its journal."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
