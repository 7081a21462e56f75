"""Which paths an artifact may hold: safe on every system, and part of a plugin's layout."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automatosx_nb.package.caps import Caps

MANIFEST = "plugin.toml"
LAYOUT = (
    "plugin.toml, README.md, CHANGELOG.md, LICENSE*, icon.svg or icon.png, docs/**, and under src/ files that end in "
    ".py, .json, .csv, .txt, .svg or .md"
)
_AT_ROOT = re.compile(r"plugin\.toml|README\.md|CHANGELOG\.md|LICEN[SC]E[A-Za-z0-9._-]*|icon\.(?:svg|png)")
_UNDER_SRC = frozenset((".py", ".json", ".csv", ".txt", ".svg", ".md"))
_DRIVE = re.compile(r"[A-Za-z]:")
_FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f\x7f]')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?", re.IGNORECASE)


def unsafe(path: str, caps: Caps) -> str | None:
    """Why ``path`` must not be unpacked; None: it is safe everywhere.

    Windows' rules hold on every system (https://learn.microsoft.com/windows/win32/fileio/naming-a-file), so that what
    one reader accepts is accepted by all.
    """
    if not path:
        return "a member has no name"
    if "\x00" in path:
        return "a name holds a NUL character"
    if "\\" in path:
        return "a name holds a backslash"
    if path.startswith("/"):
        return "a path is absolute"
    if _DRIVE.match(path):
        return "a path names a drive"
    if len(path.encode("utf-8", "surrogatepass")) > caps.path_bytes:
        return f"a path is longer than {caps.path_bytes} bytes"
    parts = path.split("/")
    if ".." in parts:
        return "a path leaves the archive with '..'"
    if len(parts) > caps.path_depth:
        return f"a path is deeper than {caps.path_depth} folders"
    return next((reason for part in parts if (reason := _unsafe_part(part))), None)


def foreign(path: str) -> str | None:
    """Why a safe ``path`` has no place in a plugin; None: it has one."""
    parts = PurePosixPath(path).parts
    if any(part.startswith(".") for part in parts):
        return "hidden files do not belong in an artifact"
    if len(parts) == 1:
        fits = _AT_ROOT.fullmatch(path) is not None
    else:
        fits = parts[0] == "docs" or (parts[0] == "src" and PurePosixPath(path).suffix in _UNDER_SRC)
    return None if fits else f"only these belong in an artifact: {LAYOUT}"


def folded(path: str) -> str:
    """The form under which two paths are one on a file system that folds case or normalises Unicode."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", path).casefold())


def _unsafe_part(part: str) -> str | None:
    if part in ("", "."):
        return "a path has an empty part"
    if _FORBIDDEN.search(part):
        return "a name holds a character that not every system allows"
    if part[-1] in " .":
        return "a name ends in a space or a dot, which not every system keeps"
    if _RESERVED.fullmatch(part):
        return "a name is a device's on Windows"
    return None
