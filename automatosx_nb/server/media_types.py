"""What a file of a release is told to be: only what a browser can show without running anything of it."""

from __future__ import annotations

from pathlib import PurePosixPath

from automatosx_nb.model import pictures

GIF = "image/gif"
TYPES = {
    **pictures.SUFFIXES,
    ".gif": GIF,
    ".svg": "image/svg+xml",
    ".ipynb": "application/x-ipynb+json",
    ".json": "application/json",
}
TEXT = "text/plain; charset=utf-8"
"""The type of every other file: a browser shows it, and runs nothing of it."""


def of(path: str, data: bytes) -> str:
    """By the name, and of a picture by its first bytes, too: what only calls itself one is shown as the text it is."""
    named = TYPES.get(PurePosixPath(path).suffix.lower(), TEXT)
    if named == GIF:
        return GIF if data.startswith((b"GIF87a", b"GIF89a")) else TEXT
    if named in pictures.SUFFIXES.values():
        found = pictures.look(data)
        return TEXT if found is None else found.media_type
    return named
