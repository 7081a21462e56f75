"""The file of a plugin's state: a SQLite database in which every entry, and all of them together, have a checksum.

SQLite does not notice a bit that flips inside a value or a key. So each row carries the CRC-32 of itself, and the one
row of ``head`` how many rows there are and the sum of their CRCs: what was changed, lost or brought back from an older
page by the disk is found when the file is opened, and a changed row also when it is read.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from json.encoder import c_make_encoder, encode_basestring_ascii  # type: ignore[attr-defined]
from pathlib import Path
from struct import Struct
from struct import error as StructError
from typing import Any, NamedTuple
from zlib import crc32

from automatosx_nb.errors import StateDamaged, StateTooNew
from automatosx_nb.profile.database import Connection, connect, database_errors

FORMAT = 1
NEVER = -1
"""In the column ``expires``, which is in milliseconds since the epoch."""

_ENTRIES = (
    "CREATE TABLE entries (key BLOB PRIMARY KEY, json INTEGER NOT NULL, revision INTEGER NOT NULL, "
    "expires INTEGER NOT NULL, crc INTEGER NOT NULL, value BLOB NOT NULL) WITHOUT ROWID"
)
_HEAD = (
    "CREATE TABLE head (format INTEGER NOT NULL, revision INTEGER NOT NULL, entries INTEGER NOT NULL, "
    "sum INTEGER NOT NULL, crc INTEGER NOT NULL)"
)
_EXPIRING = "CREATE INDEX expiring ON entries (expires) WHERE expires >= 0"
_PARTS = {"entries": _ENTRIES, "head": _HEAD, "expiring": _EXPIRING}
_WITHOUT_CHECKSUMS = (
    "CREATE TABLE entries (key BLOB PRIMARY KEY, value BLOB NOT NULL, json INTEGER NOT NULL) WITHOUT ROWID"
)
_NUMBERS = Struct("<H3q")
_TOTALS = Struct("<4q")
_scan: Callable[[str, int], tuple[Any, int]] = vars(json.JSONDecoder())["scan_once"]
_MAGIC = b"SQLite format 3\0"
_HEADER_BYTES = 100
ROW = "key, value, json, revision, expires, crc"
PUT = f"INSERT OR REPLACE INTO entries ({ROW}) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608 - ours

_WRITE = "UPDATE head SET revision = ?, entries = ?, sum = ?, crc = ?"
_REPLACE = f"{_WRITE} WHERE revision = ? AND entries = ? AND sum = ?"


class Head(NamedTuple):
    """The row about all rows: the newest ``revision``, how many ``entries``, and the ``sum`` of their CRCs."""

    revision: int = 0
    entries: int = 0
    sum: int = 0

    def crc(self) -> int:
        return crc32(_TOTALS.pack(FORMAT, self.revision, self.entries, self.sum))


def crc_of(key: bytes, value: bytes, is_json: int, revision: int, expires: int) -> int:
    return crc32(value, crc32(_NUMBERS.pack(len(key), is_json, revision, expires) + key))


def encode(value: Any) -> tuple[bytes, int]:
    return (value, 0) if isinstance(value, bytes) else (_text_of(value).encode(), 1)


def _dumps_with(encoder: Any) -> Callable[[Any], str]:
    """``json.dumps`` without making its encoder anew for each value; where that fails, it says why."""
    if encoder is None:
        return json.dumps
    parts = encoder(None, _JSON.default, encode_basestring_ascii, None, ": ", ", ", False, False, True)

    def dumps(value: Any) -> str:
        try:
            return "".join(parts(value, 0))
        except (RecursionError, TypeError, ValueError):
            return json.dumps(value)

    return dumps


_JSON = json.JSONEncoder()
_text_of = _dumps_with(c_make_encoder)


def decode(value: bytes, is_json: int) -> Any:
    """What :func:`encode` made, with its checksum looked at: so without what ``json.loads`` does for other texts."""
    return _scan(value.decode(), 0)[0] if is_json else value


def errors_of(path: Path) -> AbstractContextManager[None]:
    return database_errors(path, StateDamaged)


def open_sound(path: Path) -> Connection:
    """The database at ``path``, made where there is none, after everything in it was looked at.

    :raises StateDamaged: it is not what was written.
    :raises StateTooNew:
    """
    with errors_of(path):
        _check_header(path)
        connection = connect(path, "")
    try:
        with errors_of(path):
            _make_or_check_tables(path, connection)
            verify(path, connection)
    except BaseException:
        connection.close()
        raise
    return connection


def look_at(path: Path) -> None:
    """Look at everything in a file that is there, and change nothing. The caller holds the turn.

    :raises StateDamaged:
    """
    with errors_of(path):
        _check_header(path)
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            if _tables_of(connection) != _PARTS:
                raise StateDamaged(str(path), "its tables are not those that were made")
            verify(path, connection)


def _tables_of(connection: sqlite3.Connection) -> dict[str, str]:
    return dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"))


def head_of(path: Path, connection: sqlite3.Connection) -> Head:
    rows = connection.execute("SELECT revision, entries, sum, crc FROM head").fetchall()
    if len(rows) == 1:
        *numbers, crc = rows[0]
        with suppress(StructError):  # a column of another type is as wrong
            if (head := Head(*numbers)).crc() == crc:
                return head
    raise StateDamaged(str(path), "its head is not what was written")


def write_head(connection: sqlite3.Connection, head: Head) -> None:
    connection.execute(_WRITE, (*head, head.crc()))


def replace_head(connection: sqlite3.Connection, before: Head, head: Head) -> bool:
    """Write ``head`` where ``before`` is; whether it was."""
    return connection.execute(_REPLACE, (*head, head.crc(), *before)).rowcount == 1


def verify(path: Path, connection: sqlite3.Connection) -> None:
    """Look at every page and every row.

    :raises StateDamaged: with what was found first.
    """
    with errors_of(path), _one_view(connection):
        (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            raise StateDamaged(str(path), str(found).partition("\n")[0])
        head, seen, total = head_of(path, connection), 0, 0
        for row in connection.execute(f"SELECT {ROW} FROM entries"):  # noqa: S608 - ours
            require_sound(path, row)
            seen, total = seen + 1, total + row[-1]
        if (seen, total) != (head.entries, head.sum):
            raise StateDamaged(str(path), f"it has {seen} entries that are not the {head.entries} that were written")


def require_sound(path: Path, row: Any) -> None:
    """:raises StateDamaged: a row, as :data:`ROW` has it, is not what was written."""
    try:
        key, value, is_json, revision, expires, crc = row
        if crc_of(key, value, is_json, revision, expires) == crc:
            return
    except Exception as error:  # a column of another type or out of range: as wrong as a wrong CRC
        raise StateDamaged(str(path), "an entry is not what was written") from error
    raise StateDamaged(str(path), "an entry is not what was written")


@contextmanager
def _one_view(connection: sqlite3.Connection) -> Iterator[None]:
    """What others write meanwhile is not seen."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _check_header(path: Path) -> None:
    """What SQLite would take for a file that it may only read, or for a new one.

    :raises StateDamaged:
    """
    if not path.exists() or path.stat().st_size == 0:
        return
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    if len(header) < _HEADER_BYTES or not header.startswith(_MAGIC) or not {*header[18:20]} <= {1, 2}:
        raise StateDamaged(str(path), "it does not begin as a database does")


def _make_or_check_tables(path: Path, connection: Connection) -> None:
    """Under the writer's lock, since two may make a new file at once."""
    with connection.turns.taken():
        found = _tables_of(connection)
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if not found and version == 0:
            make_tables(connection)
        elif found == {"entries": _WITHOUT_CHECKSUMS} and version == 0:
            _convert(connection)
        elif found != _PARTS or version != FORMAT:
            _refuse_newer(path, connection, version, found)
            raise StateDamaged(str(path), "its tables are not those that were made")


def make_tables(connection: sqlite3.Connection) -> None:
    """Those of a new, empty file."""
    head = Head()
    connection.execute("BEGIN IMMEDIATE")
    for sql in _PARTS.values():
        connection.execute(sql)
    connection.execute("INSERT INTO head VALUES (?, 0, 0, 0, ?)", (FORMAT, head.crc()))
    connection.execute(f"PRAGMA user_version = {FORMAT}")
    connection.execute("COMMIT")


def _convert(connection: Connection) -> None:
    """A file from before there were checksums."""
    connection.execute("BEGIN IMMEDIATE")
    rows = connection.execute("SELECT key, value, json FROM entries").fetchall()
    connection.execute("DROP TABLE entries")
    for sql in _PARTS.values():
        connection.execute(sql)
    made = [(key, value, js, 1, NEVER, crc_of(key, value, js, 1, NEVER)) for key, value, js in rows]
    connection.executemany(PUT, made)
    head = Head(1, len(made), sum(row[-1] for row in made))
    connection.execute("INSERT INTO head VALUES (?, ?, ?, ?, ?)", (FORMAT, 1, head.entries, head.sum, head.crc()))
    connection.execute(f"PRAGMA user_version = {FORMAT}")
    connection.execute("COMMIT")


def _refuse_newer(path: Path, connection: Connection, version: int, found: dict[str, str]) -> None:
    """A later format writes its number into ``head``, too: one flipped bit is damage, and not a newer program.

    :raises StateTooNew:
    """
    if version > FORMAT and "head" in found:
        row = connection.execute("SELECT format FROM head").fetchone()
        if row is not None and row[0] == version:
            raise StateTooNew(str(path), version, FORMAT)
