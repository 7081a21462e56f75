"""``sdk.files``: plain files beneath the notebook's folder, as far as a glob of them was granted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from automatosx_nb.errors import FileRefused, InvalidRequest, TransferTooLarge
from automatosx_nb.model.permissions import Permission
from automatosx_nb.model.permissions.files import glob_segments, path_segments

if TYPE_CHECKING:
    from automatosx_nb.host.beneath import Beneath
    from automatosx_nb.host.metering import Meter

MAX_FILE_MB = 15
"""What crosses the wire at once has at most 16 MiB."""
_VALID = "read, exists and list with a path, and write with a path and bytes"


class FilesCapability:
    def __init__(self, folder: Beneath, meter: Meter, max_file_mb: int = MAX_FILE_MB) -> None:
        self._folder = folder
        self._meter = meter
        self._max_file_mb = max_file_mb

    def needs(self, method: str, args: Sequence[object]) -> Permission:
        match method, list(args):
            case (("read" | "exists"), [str(path)]):
                return Permission("files", f"read:{'/'.join(_path(path))}")
            case "list", [str(glob)]:
                return Permission("files", f"read:{'/'.join(_glob(glob))}")
            case "write", [str(path), bytes()]:
                return Permission("files", f"write:{'/'.join(_path(path))}")
        raise InvalidRequest("files", method, _VALID)

    def ask(self, method: str, args: Sequence[object]) -> object:
        """:raises FileRefused:
        :raises TransferTooLarge:
        """
        match method, list(args):
            case "read", [str(path)]:
                data = self._folder.read(_path(path), self._max_file_mb << 20)
                self._meter.count(len(data))
                return data
            case "write", [str(path), bytes(data)]:
                if len(data) > self._max_file_mb << 20:
                    raise TransferTooLarge(f"the file {path!r}", f"{self._max_file_mb} MiB")
                self._folder.write(_path(path), data)
                self._meter.count(len(data))
                return None
            case "exists", [str(path)]:
                return self._folder.exists(_path(path))
            case "list", [str(glob)]:
                return self._folder.glob(_glob(glob))
        raise InvalidRequest("files", method, _VALID)

    def close(self) -> None:
        self._folder.close()


def _path(text: str) -> tuple[str, ...]:
    """:raises FileRefused:"""
    try:
        segments = path_segments(text)
    except ValueError as error:
        raise FileRefused(text[:200], str(error)) from error
    if "*" in text:
        raise FileRefused(text[:200], "a path names one file: list() takes a '*'")
    return segments


def _glob(text: str) -> tuple[str, ...]:
    """:raises FileRefused:"""
    try:
        return glob_segments(text)
    except ValueError as error:
        raise FileRefused(text[:200], str(error)) from error
