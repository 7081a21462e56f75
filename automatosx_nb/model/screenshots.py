"""The pictures with which a plugin shows what it does: what a manifest says of them, and what one may be at most."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from automatosx_nb.model.pictures import SUFFIXES, look
from automatosx_nb.model.reader import Spot, line, matching, tuple_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOST = 6
"""Of one release."""
MAX_KB = 512
"""One file, KiB."""
MIN_PIXELS, MAX_PIXELS = 64, 4096
"""Of each side."""
ALT_LENGTH = 200
FILE_PATTERN = r"docs/(?:[A-Za-z0-9_-][A-Za-z0-9_. -]*/)*[A-Za-z0-9_-][A-Za-z0-9_. -]*\.(?:png|jpe?g|webp)"
_FILE = matching(
    re.compile(FILE_PATTERN),
    "the path of a PNG, JPEG or WebP under docs/, as in 'docs/report.png'",
)
_EACH = "a table, as in {file = 'docs/report.png', alt = 'A report of a table with 17 columns'}"
_LIST = f"a list of tables, as in [{_EACH.removeprefix('a table, as in ')}]"


@dataclass(frozen=True, slots=True)
class Screenshot:
    """As a manifest names it. ``alt`` says what is seen, to whoever does not see it."""

    file: str
    alt: str


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """A release's screenshot as people are shown it; ``width`` and ``height`` in pixels."""

    file: str
    """Its path in the artifact."""
    alt: str
    media_type: str
    width: int
    height: int


def screenshots(spot: Spot) -> tuple[Screenshot, ...] | None:
    """A reader of a manifest's list, in the order in which they are shown."""
    found = tuple_of(_screenshot, _LIST, most=MOST)(spot)
    if found is not None and len({one.file for one in found}) < len(found):
        spot.refuse("each file once", found="a file twice")
    return found


def _screenshot(spot: Spot) -> Screenshot | None:
    table = spot.table(_EACH)
    if table is None:
        return None
    file = table.need("file", _FILE, "the path of a picture under docs/")
    alt = table.need("alt", line(ALT_LENGTH), "what is seen in it, for whoever does not see it")
    table.finish()
    return None if file is None or alt is None else Screenshot(file, alt)


def shown(named: tuple[Screenshot, ...], files: Mapping[str, bytes]) -> tuple[ShownPicture, ...]:
    """Those of ``named`` that nothing speaks against."""
    found = []
    for one in named:
        picture = look(files.get(one.file, b""))
        if picture is not None and not any(faults(one.file, files[one.file])):
            found.append(ShownPicture(one.file, one.alt, picture.media_type, picture.width, picture.height))
    return tuple(found)


def faults(file: str, data: bytes) -> Iterator[str]:
    """What keeps ``data`` from being shown as the screenshot ``file``, each continuing the name of it."""
    if len(data) > MAX_KB << 10:
        yield f"has {len(data) / 1024:.0f} KiB, and {MAX_KB} are taken: make it smaller, or of fewer colours"
    picture = look(data)
    if picture is None:
        yield "is neither PNG, JPEG nor WebP, whatever it is called: export it as one of these"
        return
    promised = SUFFIXES.get(PurePosixPath(file).suffix.lower(), "")
    if picture.media_type != promised:
        yield f"is {picture.media_type}, and its name says {promised or 'nothing'}: rename it, or export it anew"
    if not (min(picture.width, picture.height) >= MIN_PIXELS and max(picture.width, picture.height) <= MAX_PIXELS):
        sides = f"{picture.width} × {picture.height}"
        yield f"has {sides} pixels: each side has {MIN_PIXELS} to {MAX_PIXELS}; crop or scale it"
    if picture.moves:
        yield "moves, and nobody can stop it: take a still picture"
