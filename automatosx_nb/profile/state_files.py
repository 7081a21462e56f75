"""A plugin's saved state as a file to carry away: JSON lines, whole or refused.

The first line says what it is, then there is a line for each entry, and the last has their number and the SHA-256 of
all lines before it. docs/state.md shows one.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from automatosx_nb.errors import InvalidStateFile
from automatosx_nb.files import storage_errors, write_atomic
from automatosx_nb.model.state import MAX_KEY_BYTES, Entry
from automatosx_nb.model.strict_json import read_json
from automatosx_nb.sandbox.codec import find_flaw
from automatosx_nb.sandbox.limits import Limits

FORMAT = "automatosx-state"
FORMAT_VERSION = 1
_END_OF_TIME_S = 253_402_300_800
"""The year 10000."""


@dataclass(frozen=True, slots=True)
class Header:
    """Whose state it is; ``state_version`` is that of the manifest, ``exported`` RFC 3339 in UTC."""

    plugin: str
    plugin_version: str
    state_version: int
    exported: str


def write_state_file(path: Path, header: Header, entries: Iterable[Entry]) -> int:
    """How many entries there are."""
    lines = [_line({"format": FORMAT, "version": FORMAT_VERSION, **asdict(header)}), *map(_entry_line, entries)]
    body = "".join(lines).encode()
    end = _line({"entries": len(lines) - 1, "sha256": sha256(body).hexdigest()})
    write_atomic(path, body + end.encode())
    return len(lines) - 1


def read_state_file(path: Path) -> tuple[Header, list[Entry]]:
    """:raises InvalidStateFile: it is not, as a whole, what :func:`write_state_file` wrote."""
    with storage_errors(path):
        data = path.read_bytes()
    lines = data.splitlines(keepends=True)
    read = _Reader(str(path), lines)
    if len(lines) < 2:
        raise read.refused(0, "it is no state that was exported: it has no first and last line")
    header = read.header()
    end = read.object(len(lines))
    if set(end) != {"entries", "sha256"}:
        raise read.refused(len(lines), "it was cut off: the last line has no 'entries' and 'sha256'")
    if end != {"entries": len(lines) - 2, "sha256": sha256(b"".join(lines[:-1])).hexdigest()}:
        raise read.refused(0, "it was changed since it was exported: its SHA-256 is another one")
    entries = list(read.entries())
    if len({entry.key for entry in entries}) < len(entries):
        raise read.refused(0, "it has a key twice")
    return header, entries


class _Reader:
    def __init__(self, path: str, lines: list[bytes]) -> None:
        self._path = path
        self._lines = lines

    def refused(self, line: int, reason: str) -> InvalidStateFile:
        return InvalidStateFile(self._path, line, reason)

    def object(self, line: int) -> dict[str, Any]:
        """:raises InvalidStateFile:"""
        try:
            found = read_json(self._lines[line - 1])
        except ValueError as error:
            raise self.refused(line, "it is no JSON") from error
        if not isinstance(found, dict):
            raise self.refused(line, "it is no JSON object")
        return found

    def header(self) -> Header:
        """:raises InvalidStateFile:"""
        match self.object(1):
            case {"format": "automatosx-state", "version": int(version)} if version > FORMAT_VERSION:
                raise self.refused(1, f"it has format {version}, and this automatosx_nb knows {FORMAT_VERSION}")
            case {
                "format": "automatosx-state",
                "version": 1,
                "plugin": str(plugin),
                "plugin_version": str(release),
                "state_version": int(version),
                "exported": str(exported),
            }:
                return Header(plugin, release, version, exported)
        raise self.refused(1, "it is no state that was exported")

    def entries(self) -> Iterator[Entry]:
        """:raises InvalidStateFile:"""
        for number in range(2, len(self._lines)):
            match self.object(number):
                case {"key": str(key), "value": value, **more}:
                    yield self._entry(number, key, value, more)
                case {"key": str(key), "bytes": str(text), **more}:
                    yield self._entry(number, key, self._bytes(number, text), more)
                case _:
                    raise self.refused(number, "it is no entry: it has no 'key' with a 'value' or 'bytes'")

    def _entry(self, number: int, key: str, value: Any, more: dict[str, Any]) -> Entry:
        expires = more.pop("expires", None)
        if more or not (expires is None or (type(expires) in (int, float) and 0 <= expires < _END_OF_TIME_S)):
            raise self.refused(number, "an entry has 'key', 'value' or 'bytes', and 'expires' in seconds since 1970")
        if not isinstance(value, bytes) and not _could_be_kept(value):
            raise self.refused(
                number, "its value is none that a plugin can read: it is too deep, or holds half a character"
            )
        if not 0 < len(key.encode("utf-8", "surrogatepass")) <= MAX_KEY_BYTES or (not key.isascii() and _broken(key)):
            raise self.refused(number, f"a key has 1 to {MAX_KEY_BYTES} bytes of UTF-8")
        return Entry(key, value, 0, expires)

    def _bytes(self, number: int, text: str) -> bytes:
        try:
            return b64decode(text, validate=True)
        except ValueError as error:
            raise self.refused(number, "'bytes' are no base64") from error


def _could_be_kept(value: Any) -> bool:
    """Whether it is something that crosses to a worker."""
    if find_flaw(value, max_depth=Limits().frame_depth) is not None:
        return False
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _broken(key: str) -> bool:
    """Whether half a surrogate pair is in it, which JSON can write and UTF-8 cannot."""
    return any("\ud800" <= mark <= "\udfff" for mark in key)


def _entry_line(entry: Entry) -> str:
    is_bytes = isinstance(entry.value, bytes)
    value = {"bytes": b64encode(entry.value).decode()} if is_bytes else {"value": entry.value}
    return _line({"key": entry.key, **value} | ({} if entry.expires is None else {"expires": entry.expires}))


def _line(record: dict[str, Any]) -> str:
    return json.dumps(record, separators=(",", ":")) + "\n"
