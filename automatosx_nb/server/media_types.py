"""What a file of a release is told to be: only what a browser can show without running anything of it."""

from __future__ import annotations

from pathlib import PurePosixPath

TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".svg": "image/svg+xml",
    ".ipynb": "application/x-ipynb+json",
    ".json": "application/json",
}
TEXT = "text/plain; charset=utf-8"
"""The type of every other file: a browser shows it, and runs nothing of it."""


def of(path: str) -> str:
    return TYPES.get(PurePosixPath(path).suffix.lower(), TEXT)
