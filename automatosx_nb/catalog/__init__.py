"""The bundled plugins, as sources: ``<name>/<version>/`` is one plugin folder, as ``package.build`` takes it."""

from __future__ import annotations

from pathlib import Path

__all__ = ["ROOT", "folders"]

ROOT = Path(__file__).parent
"""The folder that holds ``<name>/<version>/plugin.toml``."""


def folders() -> tuple[Path, ...]:
    """Every bundled plugin folder, by name, then by version as text."""
    return tuple(sorted(manifest.parent for manifest in ROOT.glob("*/*/plugin.toml")))
