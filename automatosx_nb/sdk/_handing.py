"""The worker's side of :mod:`.handed`: files that are the host's, by the numbers that it gave them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from automatosx_nb.sdk import _wire
from automatosx_nb.sdk.handed import InputFile, OutputFile


def file_to_read(number: int, name: str, size: int) -> InputFile:
    """The host's file ``number``."""
    made = InputFile(name, b"")
    made._size = size
    made._read = lambda offset, count: cast("bytes", _wire.ask("handed", "read", number, offset, count))
    return made


def file_to_write(number: int, name: str, _size: int) -> OutputFile:
    """As :func:`file_to_read`."""
    made = OutputFile(name)
    made._send = lambda data: _wire.ask("handed", "write", number, data)
    return made


def end_all(arguments: Iterable[object]) -> None:
    """Send what was gathered for the files among them, and let nothing more be; after the handler."""
    for each in arguments:
        if type(each) is OutputFile:
            each._send_waiting()
            each._over = True
