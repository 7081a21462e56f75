"""A plugin's durable state: a key-value store in one SQLite file, copied when an update starts a new line of it."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import AbstractContextManager, closing, suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

from automatosx_nb.errors import QuotaExceeded, StateDamaged
from automatosx_nb.files import make_folder, storage_errors, sync_folder
from automatosx_nb.profile.database import Connection, connect, database_errors, transaction, used_bytes

MAX_KEY_BYTES = 512
MAX_TOTAL_BYTES = 64 * 1024 * 1024

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (key BLOB PRIMARY KEY, value BLOB NOT NULL, json INTEGER NOT NULL) WITHOUT ROWID;
"""


def state_path(root: Path, plugin: str, name: str) -> Path:
    """Where the state called ``name`` of ``plugin`` lies; nothing is made."""
    return root / "state" / plugin / f"{name}.sqlite3"


def copy_state(root: Path, plugin: str, old: str, new: str) -> None:
    """Start the state ``new`` as a copy of ``old``; without an ``old`` on disk there is nothing to copy.

    SQLite's own backup is used, so writers may be at work meanwhile.
    """
    source, target = state_path(root, plugin, old), state_path(root, plugin, new)
    if not source.exists():
        return
    with storage_errors(target):
        _drop(target)  # of a writer who died
    try:
        with _errors(target), closing(_connect(source)) as reader, closing(sqlite3.connect(target)) as writer:
            reader.backup(writer)
        with storage_errors(target):
            sync_folder(target.parent)
    except BaseException:
        with suppress(OSError):
            _drop(target)
        raise


def _drop(path: Path) -> None:
    """Remove a database that nobody has open, with the journal that a dead writer may have left to it."""
    for suffix in ("-journal", "-wal", "-shm", ""):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def new_state_name(plugin: str, version: str, generation: int) -> str:
    """A name no other generation uses for this plugin."""
    return f"{generation:06d}-{blake2b(f'{plugin} {version}'.encode(), digest_size=4).hexdigest()}"


class KeyValueState:
    """Keys are text; values are JSON values or bytes. A write that returned is on disk (WAL, synchronous FULL).

    Safe to use from several threads and from several kernels at once.
    """

    def __init__(self, path: Path) -> None:
        make_folder(path.parent)
        self._path = path
        self._lock = threading.Lock()
        with _errors(path):
            self._connection = _connect(path)

    def get(self, key: str) -> tuple[bool, Any]:
        """Whether the key is there, and its value."""
        with self._lock, _errors(self._path):
            row = self._connection.execute("SELECT value, json FROM entries WHERE key = ?", (key.encode(),)).fetchone()
        return (False, None) if row is None else (True, _decode(*row))

    def put(self, key: str, value: Any, *, most_bytes: int = MAX_TOTAL_BYTES) -> int:
        """The bytes that key and value take.

        :raises QuotaExceeded: the key is too long, or all would be more than ``most_bytes``; nothing is written.
        """
        size = len(key.encode())
        if not key or size > MAX_KEY_BYTES:
            raise QuotaExceeded("a key", f"1 to {MAX_KEY_BYTES} bytes", f"{size} bytes")
        encoded, is_json = (value, 0) if isinstance(value, bytes) else (json.dumps(value).encode(), 1)
        with self._lock, _errors(self._path), transaction(self._connection):
            self._check_quota(key, size + len(encoded), most_bytes)
            self._connection.execute(
                "INSERT OR REPLACE INTO entries VALUES (?, ?, ?)", (key.encode(), encoded, is_json)
            )
        return size + len(encoded)

    def delete(self, key: str) -> bool:
        """Whether there was such a key."""
        with self._lock, _errors(self._path), transaction(self._connection):
            return self._connection.execute("DELETE FROM entries WHERE key = ?", (key.encode(),)).rowcount > 0

    def keys(self, prefix: str = "", *, most_bytes: int = MAX_TOTAL_BYTES) -> list[str]:
        """Every key that starts with ``prefix``, in order; no value is read.

        :raises QuotaExceeded: they have more than ``most_bytes`` together; none is read.
        """
        with self._lock, _errors(self._path):
            ((size,),) = self._select("coalesce(sum(length(key)), 0)", prefix)
            if size > most_bytes:
                allowed = f"{most_bytes / 2**20:g} MiB: take a longer prefix"
                raise QuotaExceeded(f"all keys under {prefix!r} together", allowed, f"{size / 2**20:.1f} MiB")
            return [key.decode() for (key,) in self._select("key", prefix, "ORDER BY key")]

    def items(self, prefix: str = "", *, most_bytes: int = MAX_TOTAL_BYTES) -> list[tuple[str, Any]]:
        """Every entry whose key starts with ``prefix``, in the order of the keys.

        :raises QuotaExceeded: their values have more than ``most_bytes``; none is read.
        """
        with self._lock, _errors(self._path):
            ((size,),) = self._select("coalesce(sum(length(value)), 0)", prefix)
            if size > most_bytes:
                allowed = f"{most_bytes / 2**20:g} MiB: take fewer at once, or keys and then get"
                raise QuotaExceeded(f"all items under {prefix!r} together", allowed, f"{size / 2**20:.1f} MiB")
            rows = self._select("key, value, json", prefix, "ORDER BY key")
        return [(key.decode(), _decode(value, is_json)) for key, value, is_json in rows]

    def _select(self, columns: str, prefix: str, order: str = "") -> list[Any]:
        start = prefix.encode()
        return self._connection.execute(
            f"SELECT {columns} FROM entries WHERE key >= ? AND substr(key, 1, ?) = ? {order}",  # noqa: S608 - ours
            (start, len(start), start),
        ).fetchall()

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def used_bytes(self) -> int:
        """What is in use of the file, in whole pages."""
        with self._lock, _errors(self._path):
            return used_bytes(self._connection)

    def _check_quota(self, key: str, new: int, most_bytes: int) -> None:
        found = used_bytes(self._connection) + new
        if found > most_bytes:
            allowed = f"{most_bytes / 2**20:.3g} MiB"
            raise QuotaExceeded(f"the state of this plugin (key {key!r})", allowed, f"{found / 2**20:.1f} MiB")


def _decode(value: bytes, is_json: int) -> Any:
    return json.loads(value) if is_json else value


def _connect(path: Path) -> Connection:
    return connect(path, _SCHEMA)


def _errors(path: Path) -> AbstractContextManager[None]:
    return database_errors(path, StateDamaged)
