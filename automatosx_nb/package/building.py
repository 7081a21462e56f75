"""Building an artifact: the same files give the same bytes, on any day, from any folder."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from typing import TYPE_CHECKING, NamedTuple

from automatosx_nb.errors import ArtifactFault
from automatosx_nb.package import paths
from automatosx_nb.package.artifact import SUFFIX
from automatosx_nb.package.caps import CAPS, Caps
from automatosx_nb.package.reading import as_error, read

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can hold."""
_LEVEL = 9
_UNIX = 3
_SKIPPED = "__pycache__"
_TESTS = "tests"
_SPECIAL = "special files do not belong in an artifact"


class Collected(NamedTuple):
    """The artifact of a folder, without what is at fault in it; empty: nothing can be made of it."""

    data: bytes
    faults: tuple[ArtifactFault, ...]

    def sound(self, name: str) -> bytes:
        """:raises InvalidArtifact: named ``name``, for its faults."""
        for error in as_error(name, self.faults):
            raise error
        return self.data


def build(folder: Path, *, caps: Caps = CAPS) -> bytes:
    """The artifact of the plugin in ``folder``. Left out are hidden files, ``__pycache__``, and the
    folder ``tests`` and artifacts that lie at its top.

    Bytes are equal for equal files as long as the zlib is the same.

    :raises InvalidArtifact: the folder holds a link, a special file, or one that has no place in a plugin.
    :raises InvalidManifest: its plugin.toml has problems.
    """
    data = collect(folder, caps=caps).sound(str(folder))
    read(data, name=str(folder), caps=caps)
    return data


def collect(folder: Path, *, caps: Caps = CAPS) -> Collected:
    """As :func:`build`, with all that is at fault in the folder, and nothing raised."""
    if not (folder / paths.MANIFEST).is_file():
        return Collected(b"", (ArtifactFault(f"it has no {paths.MANIFEST}"),))
    faults: list[ArtifactFault] = []
    files: dict[str, bytes] = {}
    room = caps.total_mb << 20
    try:
        for path, file in _walk(folder, "", faults, caps):
            content = _content(file, min(room, caps.file_mb << 20))
            if isinstance(content, str):
                faults.append(ArtifactFault(content, path))
                continue
            files[path] = content
            room -= len(content)
            if len(files) > caps.members:
                return Collected(b"", (*faults, ArtifactFault(f"it has more than {caps.members} files")))
    except OSError as error:
        return Collected(b"", (*faults, ArtifactFault(f"its folder cannot be read: {error.strerror or error}")))
    return Collected(_zip(files), tuple(faults))


def _walk(folder: Path, prefix: str, faults: list[ArtifactFault], caps: Caps) -> Iterator[tuple[str, Path]]:
    """Paths in the artifact, and the files that they come from; what cannot be in one is put among ``faults``."""
    with os.scandir(folder) as entries:
        listed = sorted(entries, key=lambda entry: entry.name)
    for entry in listed:
        path = prefix + entry.name
        if entry.name.startswith(".") or entry.name == _SKIPPED:
            continue
        if not prefix and (entry.name == _TESTS or entry.name.endswith(SUFFIX)):
            continue
        reason = _unfit(entry, path, caps)
        if reason:
            faults.append(ArtifactFault(reason, path))
        elif entry.is_dir(follow_symlinks=False):
            yield from _walk(folder / entry.name, path + "/", faults, caps)
        else:
            yield path, folder / entry.name


def _unfit(entry: os.DirEntry[str], path: str, caps: Caps) -> str | None:
    """Why what lies at ``path`` belongs in no artifact."""
    if entry.is_symlink() or _is_junction(entry):
        return "links do not belong in an artifact"
    if entry.is_dir(follow_symlinks=False):
        deep = path.count("/") >= caps.path_depth
        return f"a path is deeper than {caps.path_depth} folders" if deep else None
    if not entry.is_file(follow_symlinks=False):
        return _SPECIAL
    return paths.unsafe(path, caps) or paths.foreign(path)


def _is_junction(entry: os.DirEntry[str]) -> bool:
    """Windows' other kind of link."""
    attributes = getattr(entry.stat(follow_symlinks=False), "st_file_attributes", 0)
    return bool(attributes & stat.FILE_ATTRIBUTE_REPARSE_POINT)


def _content(file: Path, most: int) -> bytes | str:
    """What is in ``file``, opened so that a link put there meanwhile is not followed; or why that cannot be taken.

    :param most: bytes.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(file, flags), "rb") as opened:
        if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
            return _SPECIAL
        content = opened.read(most + 1)
    return content if len(content) <= most else f"with this file it is larger than the {most} bytes left for it"


def _zip(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, _TIME)
            entry.create_system = _UNIX
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(entry, files[path], zipfile.ZIP_DEFLATED, _LEVEL)
    return buffer.getvalue()
