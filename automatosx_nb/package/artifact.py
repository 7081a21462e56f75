"""What an artifact is once it was read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automatosx_nb.model.manifest import Manifest

SUFFIX = ".axp"
_SOURCES = "src/"


@dataclass(frozen=True, slots=True)
class Contents:
    """An artifact's files, unpacked in memory. ``readme`` and ``changelog`` are empty where they cannot be read."""

    files: Mapping[str, bytes]
    """Path → content, sorted by path; paths are relative, with ``/``."""
    readme: str
    """README.md, or empty."""
    changelog: str
    """CHANGELOG.md, or empty."""
    sha256: str
    """Of the artifact, in hexadecimal."""
    size: int
    """Bytes of the artifact."""


@dataclass(frozen=True, slots=True)
class Package(Contents):
    """A plugin's files, all of them checked and in memory."""

    manifest: Manifest

    @property
    def sources(self) -> dict[str, bytes]:
        """The Python modules, by their path relative to ``src/``."""
        return {
            path.removeprefix(_SOURCES): content
            for path, content in self.files.items()
            if path.startswith(_SOURCES) and path.endswith(".py")
        }

    @property
    def file_name(self) -> str:
        return file_name(self.manifest.id, str(self.manifest.version))


def file_name(plugin: str, version: str) -> str:
    """What an artifact is called on disk: ``publisher.name-version.axp``."""
    return f"{plugin}-{version}{SUFFIX}"


def digest(data: bytes) -> str:
    """SHA-256 in hexadecimal, by which artifacts are named in the store and compared."""
    return hashlib.sha256(data).hexdigest()
