"""Building an artifact: the same files give the same bytes, on any day, from any folder."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from typing import TYPE_CHECKING

from automatosx_nb.errors import InvalidArtifact
from automatosx_nb.package import paths
from automatosx_nb.package.artifact import SUFFIX
from automatosx_nb.package.caps import CAPS, Caps
from automatosx_nb.package.reading import read

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can hold."""
_LEVEL = 9
_UNIX = 3
_SKIPPED = "__pycache__"
_TESTS = "tests"


def build(folder: Path, *, caps: Caps = CAPS) -> bytes:
    """The artifact of the plugin in ``folder``. Left out are hidden files, ``__pycache__``, and the
    folder ``tests`` and artifacts that lie at its top.

    Bytes are equal for equal files as long as the zlib is the same.

    :raises InvalidArtifact: the folder holds a link, a special file, or one that has no place in a plugin.
    :raises InvalidManifest: its plugin.toml has problems.
    """
    name = str(folder)
    files: dict[str, bytes] = {}
    room = caps.total_mb << 20
    if not (folder / paths.MANIFEST).is_file():
        raise InvalidArtifact(name, f"it has no {paths.MANIFEST}")
    try:
        for path, file in _walk(folder, "", name, caps):
            files[path] = _content(file, path, name, min(room, caps.file_mb << 20))
            room -= len(files[path])
            if len(files) > caps.members:
                raise InvalidArtifact(name, f"it has more than {caps.members} files")
    except OSError as error:
        raise InvalidArtifact(name, f"its folder cannot be read: {error.strerror or error}") from error
    data = _zip(files)
    read(data, name=name, caps=caps)
    return data


def _walk(folder: Path, prefix: str, name: str, caps: Caps) -> Iterator[tuple[str, Path]]:
    """Paths in the artifact, and the files that they come from."""
    with os.scandir(folder) as entries:
        listed = sorted(entries, key=lambda entry: entry.name)
    for entry in listed:
        path = prefix + entry.name
        if entry.name.startswith(".") or entry.name == _SKIPPED:
            continue
        if not prefix and (entry.name == _TESTS or entry.name.endswith(SUFFIX)):
            continue
        if entry.is_symlink() or _is_junction(entry):
            raise InvalidArtifact(name, "links do not belong in an artifact", path)
        if entry.is_dir(follow_symlinks=False):
            if path.count("/") >= caps.path_depth:
                raise InvalidArtifact(name, f"a path is deeper than {caps.path_depth} folders", path)
            yield from _walk(folder / entry.name, path + "/", name, caps)
            continue
        if not entry.is_file(follow_symlinks=False):
            raise InvalidArtifact(name, "special files do not belong in an artifact", path)
        reason = paths.unsafe(path, caps) or paths.foreign(path)
        if reason:
            raise InvalidArtifact(name, reason, path)
        yield path, folder / entry.name


def _is_junction(entry: os.DirEntry[str]) -> bool:
    """Windows' other kind of link."""
    attributes = getattr(entry.stat(follow_symlinks=False), "st_file_attributes", 0)
    return bool(attributes & stat.FILE_ATTRIBUTE_REPARSE_POINT)


def _content(file: Path, path: str, name: str, most: int) -> bytes:
    """What is in ``file``, at most ``most`` bytes; opened so that a link put there meanwhile is not followed."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(file, flags), "rb") as opened:
        if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
            raise InvalidArtifact(name, "special files do not belong in an artifact", path)
        content = opened.read(most + 1)
    if len(content) > most:
        raise InvalidArtifact(name, f"with this file it is larger than the {most} bytes left for it", path)
    return content


def _zip(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, _TIME)
            entry.create_system = _UNIX
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(entry, files[path], zipfile.ZIP_DEFLATED, _LEVEL)
    return buffer.getvalue()
