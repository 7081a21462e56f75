"""Plain files beneath the notebook's folder. Needs ``files:read:<glob>`` and ``files:write:<glob>``.

Paths are relative, with ``/``. Links are not followed; ``*`` and ``**`` match nothing that begins with a dot.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from automatosx_nb.sdk import _wire


def read_bytes(path: str) -> bytes:
    """All of a file."""
    return cast("bytes", _wire.ask("files", "read", _path(path)))


def read_text(path: str, encoding: str = "utf-8") -> str:
    """All of a file, as text.

    :raises UnicodeDecodeError: it is none in this encoding.
    """
    return read_bytes(path).decode(encoding)


def write_bytes(path: str, data: bytes) -> None:
    """Put ``data`` in place of the file: all of it, or nothing. Folders that are missing are made."""
    if not isinstance(data, bytes):
        raise TypeError(f"data is bytes, not {type(data).__name__}; write_text takes text")
    _wire.ask("files", "write", _path(path), data)


def write_text(path: str, text: str, encoding: str = "utf-8") -> None:
    """The same with text. Ends of lines are written as they are."""
    if not isinstance(text, str):
        raise TypeError(f"text is a str, not {type(text).__name__}; write_bytes takes bytes")
    write_bytes(path, text.encode(encoding))


def exists(path: str) -> bool:
    """Whether there is such a file, or folder; a link is none."""
    return bool(_wire.ask("files", "exists", _path(path)))


def list(glob: str) -> Sequence[str]:
    """The files that match, sorted: ``files.list("data/*.csv")``."""
    return cast("Sequence[str]", _wire.ask("files", "list", _path(glob)))


def _path(path: str) -> str:
    if not isinstance(path, str) or not path:
        raise TypeError(f"a path is a str such as 'data/trees.csv', not {path!r:.60}")
    return path
