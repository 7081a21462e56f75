"""What releases show of themselves, read from their artifacts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automatosx_nb.model import manifest, screenshots
from automatosx_nb.package.paths import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from automatosx_nb.model.screenshots import ShownPicture

_MOST_KEPT = 512


class Pictures:
    """By an artifact's digest, under which there are never others. From any thread."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[ShownPicture, ...]] = {}

    def of(self, sha256: str, files: Callable[[], Mapping[str, bytes]]) -> tuple[ShownPicture, ...]:
        """:param files: what is in it, where nobody asked for it before."""
        found = self._kept.get(sha256)
        if found is None:
            found = in_files(files())
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[sha256] = found
        return found


def in_files(files: Mapping[str, bytes]) -> tuple[ShownPicture, ...]:
    """:param files: of an artifact that was read, and so has a manifest without a problem."""
    described = manifest.parse(files[MANIFEST].decode())
    return screenshots.shown(described.screenshots, files)


def is_what_was_shown(data: bytes, shown: ShownPicture) -> bool:
    """Whether ``data`` is a picture of that type and size, and none that could not be shown."""
    return screenshots.shown((screenshots.Screenshot(shown.file, shown.alt),), {shown.file: data}) == (shown,)
