"""Artifacts: build, read safely, digest."""

from __future__ import annotations

from automatosx_nb.package.artifact import SUFFIX, Contents, Package, digest, file_name
from automatosx_nb.package.building import Collected, build, collect
from automatosx_nb.package.caps import CAPS, Caps
from automatosx_nb.package.reading import Examined, examine, read

__all__ = [
    "CAPS",
    "SUFFIX",
    "Caps",
    "Collected",
    "Contents",
    "Examined",
    "Package",
    "build",
    "collect",
    "digest",
    "examine",
    "file_name",
    "read",
]
