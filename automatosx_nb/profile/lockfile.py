"""Lockfiles on disk: what is installed as a lock, read and written whole."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from automatosx_nb.errors import (
    InvalidLockfile,
    LockfileConflict,
    LockfileNotFound,
    ManifestProblem,
    NotALockfile,
)
from automatosx_nb.files import storage_errors, write_atomic
from automatosx_nb.model.lockfile import LockedPlugin, Lockfile, parse, render
from automatosx_nb.model.lockfile.reading import MAX_TEXT_KB
from automatosx_nb.model.lockfile.record import MAX_NOTE
from automatosx_nb.model.printable import one_line

if TYPE_CHECKING:
    from automatosx_nb.model.generation import InstalledPlugin
    from automatosx_nb.package import Package
    from automatosx_nb.profile.index import ReadPackage

_MARK = re.compile(rb"^lock-version\s*=", re.MULTILINE)
"""What tells a lock, of any version and in any state, from a file that is something else."""


def lock_of(installed: Iterable[InstalledPlugin], package: ReadPackage, *, registry: str, created_by: str) -> Lockfile:
    """What is installed, as a lock; every artifact is read, and so verified, for what its manifest requires.

    :raises ProfileDamaged: an artifact is missing, or not what was installed.
    """
    entries = sorted(installed, key=lambda entry: entry.id)
    return Lockfile(
        created_by=created_by,
        registry=registry,
        wishes={entry.id: entry.wish for entry in entries if entry.wish is not None},
        plugins={entry.id: _locked(entry, package(entry)) for entry in entries},
    )


def read_lock(path: Path) -> Lockfile:
    """:raises LockfileNotFound:
    :raises InvalidLockfile:
    :raises LockfileConflict:
    :raises LockfileTooNew:
    """
    with storage_errors(path):
        try:
            data = _begin_of(path)
        except FileNotFoundError:
            raise LockfileNotFound(str(path)) from None
    return parse(_decode(data, path), source=str(path))


def write_lock(path: Path, lock: Lockfile) -> bytes:
    """Write ``lock``, whole or not at all; what the file has then.

    A file that says the same already is left as it is, also where another version of the tool wrote it.

    :raises NotALockfile: the file is something else.
    :raises LockfileTooNew:
    """
    if path.exists():
        data = _read(path)
        if _says(data, path, lock):
            return data
    data = render(lock).encode()
    write_atomic(path, data, mode=0o666)
    return data


def says_already(path: Path, lock: Lockfile) -> bool:
    """Whether the file says ``lock``, whichever version of the tool wrote it. Raises as :func:`write_lock` does."""
    return _says(_read(path), path, lock)


def _says(data: bytes, path: Path, lock: Lockfile) -> bool:
    if data.strip() and not _MARK.search(data):
        raise NotALockfile(str(path))
    try:
        text = _decode(data, path)
        before = parse(text, source=str(path))
    except (InvalidLockfile, LockfileConflict):
        return False  # writing it again is what mends it
    return text.replace("\r\n", "\n") == render(replace(lock, created_by=before.created_by))


def _read(path: Path) -> bytes:
    with storage_errors(path):
        return _begin_of(path)


def _begin_of(path: Path) -> bytes:
    """The whole file, or enough of it to be refused for its size: somebody may have cloned gigabytes."""
    with path.open("rb") as file:
        return file.read((MAX_TEXT_KB << 10) + 1)


def _decode(data: bytes, path: Path) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        problem = ManifestProblem("", f"a byte that is not UTF-8, at {error.start}", "UTF-8")
        raise InvalidLockfile(str(path), (problem,)) from error


def _locked(entry: InstalledPlugin, package: Package) -> LockedPlugin:
    requires = package.manifest.requires
    return LockedPlugin(
        version=entry.version,
        sha256=entry.sha256,
        size=package.size,
        grants=tuple(sorted(entry.grants)),
        dependencies={plugin: str(wanted) for plugin, wanted in requires.plugins.items()},
        optional_dependencies={plugin: str(wanted) for plugin, wanted in requires.optional_plugins.items()},
        channel=entry.channel,
        pin=None if entry.pin is None else _fit(entry.pin.note),
    )


def _fit(note: str) -> str:
    """As a lock can have it: a line that is not too long."""
    return one_line(note)[:MAX_NOTE].strip()
