"""The files of a mirror, from a folder, a bundle or a web server: no more than there may be, and none is believed."""

from __future__ import annotations

import hashlib
import zipfile
from contextlib import closing
from typing import TYPE_CHECKING, Protocol

from automatosx_nb.errors import MirrorDamaged, NotAMirror
from automatosx_nb.files import storage_errors
from automatosx_nb.registry.client.addresses import ROOT
from automatosx_nb.registry.mirroring.layout import path_of

if TYPE_CHECKING:
    from pathlib import Path

    from automatosx_nb.registry.client.transport import Transport
    from automatosx_nb.registry.mirroring.layout import Blob

MAX_ROOT_MB = 64
"""``mirror.json``, MiB: some 600,000 plugins."""


class MirrorFiles(Protocol):
    location: str
    """For a person."""

    def read(self, path: str, most: int) -> bytes | None:
        """At most ``most + 1`` bytes; None: there is no such file.

        :raises MirrorDamaged:
        """

    def close(self) -> None: ...


class FolderFiles:
    def __init__(self, folder: Path) -> None:
        self.location = str(folder)
        self._folder = folder

    def read(self, path: str, most: int) -> bytes | None:
        file = self._folder / path
        with storage_errors(file):
            try:
                with file.open("rb") as opened:
                    return opened.read(most + 1)
            except (FileNotFoundError, NotADirectoryError):
                return None

    def close(self) -> None:
        """Nothing is held."""


class BundleFiles:
    def __init__(self, path: Path) -> None:
        """:raises NotAMirror: it is no zip archive."""
        self.location = str(path)
        with storage_errors(path):
            try:
                self._archive = zipfile.ZipFile(path)
            except zipfile.BadZipFile as error:
                raise NotAMirror(self.location, "it is no bundle, or was cut off") from error

    def read(self, path: str, most: int) -> bytes | None:
        try:
            with self._archive.open(path) as opened:
                return opened.read(most + 1)
        except KeyError:
            return None
        except Exception as error:
            # zipfile raises what it likes on a damaged archive: BadZipFile, zlib.error, EOFError, struct.error, …
            raise MirrorDamaged(self.location, path, "it cannot be read") from error

    def close(self) -> None:
        self._archive.close()


class WebFiles:
    """A mirror's folder behind any server that hands out files. What it raises besides, :class:`Transport` says."""

    def __init__(self, transport: Transport) -> None:
        self.location = transport.address
        self._transport = transport

    def read(self, path: str, most: int) -> bytes:
        found = bytearray()
        with closing(self._transport.artifact(path)) as pieces:
            for piece in pieces:
                found += piece
                if len(found) > most:
                    break
        return bytes(found[: most + 1])

    def close(self) -> None:
        self._transport.close()


def open_files(path: Path) -> MirrorFiles:
    """:raises NotAMirror: there is nothing, or something else."""
    if path.is_dir():
        return FolderFiles(path)
    if path.is_file():
        return BundleFiles(path)
    raise NotAMirror(str(path), "there is nothing")


def read_root(files: MirrorFiles, pin: str) -> bytes:
    """:param pin: its SHA-256; empty: any will do.

    :raises NotAMirror:
    :raises MirrorDamaged: it has another digest.
    """
    data = files.read(ROOT, MAX_ROOT_MB << 20)
    if data is None:
        raise NotAMirror(files.location, f"it has no {ROOT}")
    if pin and hashlib.sha256(data).hexdigest() != pin:
        raise MirrorDamaged(files.location, ROOT, "it is not the one that the address names by its SHA-256")
    return data


def verified(files: MirrorFiles, blob: Blob) -> bytes:
    """The file with that digest.

    :raises MirrorDamaged: it is missing, or something else.
    """
    path = path_of(blob.sha256)
    data = files.read(path, blob.size)
    if data is None:
        raise MirrorDamaged(files.location, path, "it is missing")
    if len(data) != blob.size or hashlib.sha256(data).hexdigest() != blob.sha256:
        raise MirrorDamaged(files.location, path, "it is not what its name says")
    return data
