"""Artifacts: build, read safely, digest."""

from __future__ import annotations

from automatosx_nb.package.artifact import SUFFIX, Package, digest, file_name
from automatosx_nb.package.building import build
from automatosx_nb.package.caps import CAPS, Caps
from automatosx_nb.package.reading import read

__all__ = ["CAPS", "SUFFIX", "Caps", "Package", "build", "digest", "file_name", "read"]
