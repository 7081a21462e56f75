"""What a picture is, read from its first bytes and never from its name: PNG, JPEG and WebP, which run nothing.

PNG: https://www.w3.org/TR/png-3/ · JPEG: ITU-T T.81, annex B · WebP: https://www.rfc-editor.org/rfc/rfc9649
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PNG, JPEG, WEBP = "image/png", "image/jpeg", "image/webp"
SUFFIXES = {".png": PNG, ".jpg": JPEG, ".jpeg": JPEG, ".webp": WEBP}
"""What a file's name promises; a name with another suffix promises no picture."""
_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""JPEG's markers of a frame, which begins with its size."""
_ALONE = frozenset((0x01, *range(0xD0, 0xD9)))
"""JPEG's markers without a segment."""
_END, _SCAN = 0xD9, 0xDA
_VP8_START = b"\x9d\x01\x2a"
_MOVES = 0x02
"""WebP's flag of an animation."""


@dataclass(frozen=True, slots=True)
class Picture:
    """``width`` and ``height`` in pixels."""

    media_type: str
    width: int
    height: int
    moves: bool = False
    """Whether it is an animation."""


def look(data: bytes) -> Picture | None:
    """What ``data`` begins as; None: as none of the three, or it ends before it has a size."""
    for read in (_png, _jpeg, _webp):
        try:
            found = read(data)
        except (struct.error, IndexError):
            return None
        if found is not None:
            return found if found.width and found.height else None
    return None


def _png(data: bytes) -> Picture | None:
    if not data.startswith(_PNG_MAGIC) or data[12:16] != b"IHDR":
        return None
    width, height = struct.unpack_from(">II", data, 16)
    moves = any(kind == b"acTL" for kind in _png_chunks(data))
    return Picture(PNG, width, height, moves)


def _png_chunks(data: bytes) -> Iterator[bytes]:
    """The kinds of those before the picture itself."""
    at = len(_PNG_MAGIC)
    while at + 8 <= len(data):
        (length,), kind = struct.unpack_from(">I", data, at), data[at + 4 : at + 8]
        if kind == b"IDAT":
            return
        yield kind
        at += 12 + length


def _jpeg(data: bytes) -> Picture | None:
    if not data.startswith(b"\xff\xd8\xff"):
        return None
    at = 2
    while data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _ALONE:
            at += 2
        elif marker in (_END, _SCAN):
            return None
        elif marker in _FRAMES:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return Picture(JPEG, width, height)
        else:
            at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    return None


def _webp(data: bytes) -> Picture | None:
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        return None
    kind = data[12:16]
    if kind == b"VP8X":
        width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
        return Picture(WEBP, width, height, bool(data[20] & _MOVES)) if len(data) >= 30 else None
    if kind == b"VP8L" and data[20] == 0x2F:
        (bits,) = struct.unpack_from("<I", data, 21)
        return Picture(WEBP, (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if kind == b"VP8 " and data[23:26] == _VP8_START:
        width, height = struct.unpack_from("<HH", data, 26)
        return Picture(WEBP, width & 0x3FFF, height & 0x3FFF)
    return None
